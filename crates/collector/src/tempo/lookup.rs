//! One trace by its id, joined from every cluster that has a part of it.

use std::collections::BTreeMap;

use fleetscope_model::{
    Aspect, Caller, Collection, Gap, GapKind, Selection, Sight, Source, Span, SpanId, SpanKind,
    TraceAnswer, TraceId,
};
use fleetscope_outbound::failure::printable;
use fleetscope_outbound::{Answer, Failure, Upstream};
use fleetscope_ports::{Error, Result};
use serde::Deserialize;
use serde_json::Value;

use super::otlp::{self, Batch, Spans};
use super::tree;
use super::value::text;
use crate::Collector;
use crate::federation::Asking;
use crate::site::Site;

/// A span, and whether it says itself that it is of the cluster it was read from. Several clusters
/// may share a Tempo.
struct Read {
    span: Span,
    at_home: bool,
}

/// The trace as far as it may be seen. Where no cluster has a span of it and all with a Tempo
/// could be asked, there is no such trace (`NotFound`).
pub(super) async fn trace(
    collector: &Collector,
    caller: &Caller,
    clusters: &Selection,
    id: TraceId,
) -> Result<TraceAnswer> {
    let asking = Asking::of(caller, clusters, Source::Tempo, &[Aspect::Logs]);
    let found = collector
        .fan_out(asking, |site| async move {
            let read = match site.upstream(Source::Tempo) {
                Ok(upstream) => read(&upstream, id).await,
                Err(failure) => Err(failure),
            };
            match read {
                Ok(part) => visible(&site, part),
                Err(failure) => Collection::gap(site.gap(Source::Tempo, failure)),
            }
        })
        .await?;
    let answered = |gap: &Gap| gap.kind == GapKind::NotConfigured;
    if found.items.is_empty() && found.gaps.iter().all(answered) {
        return Err(Error::not_found("trace", &id));
    }
    Ok(TraceAnswer {
        trace: tree::build(id, once(found.items)),
        gaps: found.gaps,
    })
}

/// What one Tempo has of a trace.
pub(super) struct Part {
    pub(super) spans: Spans,
    /// What is missing, in its own words.
    pub(super) partial: Option<String>,
    place: String,
}

#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    trace: Option<Batches>,
    #[serde(default)]
    status: Value,
    #[serde(default)]
    message: String,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Batches {
    #[serde(alias = "batches")]
    resource_spans: Vec<Batch>,
}

/// By the second version of the lookup, which tells partial answers; by the first where a Tempo
/// does not know it yet (before 2.7).
pub(super) async fn read(upstream: &Upstream, id: TraceId) -> Result<Part, Failure> {
    let answer = upstream.get(&format!("/api/v2/traces/{id}"), &[]).await?;
    if answer.status.as_u16() != 404 {
        let answer = answer.success()?;
        let body: Body = answer.json()?;
        let is_partial = body.status == "PARTIAL" || body.status == 1;
        let batches = body.trace.unwrap_or_default().resource_spans;
        return Ok(Part {
            spans: otlp::spans(batches, upstream.cluster()),
            partial: is_partial.then(|| printable(&body.message)),
            place: answer.place,
        });
    }
    let answer = upstream.get(&format!("/api/traces/{id}"), &[]).await?;
    // A trace that is not there is an empty 404; a path that is not there says so.
    let batches = if answer.status.as_u16() == 404 && answer.body.is_empty() {
        Vec::new()
    } else {
        first_version(answer.clone())?
    };
    Ok(Part {
        spans: otlp::spans(batches, upstream.cluster()),
        partial: None,
        place: answer.place,
    })
}

fn first_version(answer: Answer) -> Result<Vec<Batch>, Failure> {
    let batches: Batches = answer.success()?.json()?;
    Ok(batches.resource_spans)
}

/// The spans that the caller may see. That there are others is told only beside some that are
/// seen: a trace of which none is seen is one that is not there.
fn visible(site: &Site, part: Part) -> Collection<Read> {
    let sight = site.sight(Aspect::Logs);
    let before = part.spans.spans.len();
    let spans = part.spans.spans.into_iter();
    let seen = spans.filter(|span| sight.reaches(span.namespace.as_deref()));
    let read = |span: Span| Read {
        at_home: text(&span.resource, "k8s.cluster.name") == Some(site.name()),
        span,
    };
    let items: Vec<Read> = seen.map(read).collect();
    let mut gaps = Vec::new();
    let mut told = |kind, detail: String| {
        gaps.push(site.gap(Source::Tempo, Failure::new(kind, detail)));
    };
    if *sight != Sight::Whole && items.is_empty() {
        return Collection { items, gaps };
    }
    if items.len() < before {
        let detail = "spans of namespaces that you may not see are left out; those below them \
                      stand as orphans: ask for the right in the cluster itself";
        told(GapKind::Forbidden, detail.to_owned());
    }
    let place = &part.place;
    if let Some(said) = part.partial {
        let said = if said.is_empty() {
            said
        } else {
            format!(" ({said})")
        };
        told(
            GapKind::Truncated,
            format!(
                "{place} gave a part of the trace only{said}: see its limit max_bytes_per_trace"
            ),
        );
    }
    if part.spans.unreadable > 0 {
        let count = part.spans.unreadable;
        let detail =
            format!("{place} gave {count} spans whose id or time can't be read: they are left out");
        told(GapKind::BadAnswer, detail);
    }
    Collection { items, gaps }
}

/// Each span once: that of the cluster it says it is of, else the first cluster's.
fn once(read: Vec<Read>) -> Vec<Span> {
    let mut spans: BTreeMap<(SpanId, SpanKind), Read> = BTreeMap::new();
    for read in read {
        let key = (read.span.id, read.span.kind);
        let better = spans
            .get(&key)
            .is_none_or(|known| read.at_home && !known.at_home);
        if better {
            spans.insert(key, read);
        }
    }
    spans.into_values().map(|read| read.span).collect()
}
