//! Which services were traced, and what they do.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{
    Aspect, AttributeValue, Caller, Collection, GapKind, Selection, Sight, Source, SpanFilter,
    TimeRange, TraceSearch, TracedService, Wanted,
};
use fleetscope_outbound::{Failure, Upstream};
use fleetscope_ports::Result;
use serde::Deserialize;

use super::search::{ask, decode};
use super::value::cut;
use super::{fields, seconds};
use crate::Collector;
use crate::federation::Asking;
use crate::quote::quoted;
use crate::range;
use crate::site::Site;

/// Names of one list.
const MOST: usize = 2_000;
/// Traces that a reader of some namespaces is shown the services of, and spans of each.
const SAMPLE: u32 = 200;
const SPANS: &str = "100";

/// Services by name. Whoever sees some namespaces is shown those of a sample of traces: older
/// versions of Tempo read the filter of a list of values as a wish and give all of them.
pub(super) async fn services(
    collector: &Collector,
    caller: &Caller,
    clusters: &Selection,
    range: TimeRange,
    service: Option<&str>,
) -> Result<Collection<TracedService>> {
    range::check(range)?;
    // Refuses a name that can be no condition, before anything is sent.
    fields::build(&of(service))?;
    let asking = Asking::of(caller, clusters, Source::Tempo, &[Aspect::Logs]);
    collector
        .fan_out(asking, |site| async move {
            let read = match site.sight(Aspect::Logs) {
                Sight::Whole => listed(&site, range, service).await,
                sight @ Sight::Namespaces(_) => sampled(&site, sight, range, service).await,
            };
            let (mut found, more) = match read {
                Ok(read) => read,
                Err(failure) => return Collection::gap(site.gap(Source::Tempo, failure)),
            };
            found.sort();
            let more = more.then(|| site.gap(Source::Tempo, too_many()));
            Collection {
                items: found,
                gaps: more.into_iter().collect(),
            }
        })
        .await
}

fn of(service: Option<&str>) -> SpanFilter {
    SpanFilter {
        service: service.map(str::to_owned),
        ..SpanFilter::default()
    }
}

fn too_many() -> Failure {
    Failure::new(
        GapKind::Truncated,
        format!("there are more than {MOST} names, or the sample was cut: ask for a shorter range"),
    )
}

type Found = (Vec<TracedService>, bool);

async fn listed(site: &Site, range: TimeRange, service: Option<&str>) -> Result<Found, Failure> {
    let upstream = site.upstream(Source::Tempo)?;
    let Some(service) = service else {
        let (names, more) = values(&upstream, "resource.service.name", range, None).await?;
        let one = |service| TracedService {
            cluster: site.cluster(),
            service,
            operations: Vec::new(),
            sampled: false,
        };
        return Ok((names.into_iter().map(one).collect(), more));
    };
    let filter = format!("{{ resource.service.name = {} }}", quoted(service));
    let (names, more) = values(&upstream, "name", range, Some(&filter)).await?;
    if names.is_empty() {
        return Ok((Vec::new(), more));
    }
    let one = TracedService {
        cluster: site.cluster(),
        service: service.to_owned(),
        operations: names.into_iter().collect(),
        sampled: false,
    };
    Ok((vec![one], more))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Body {
    #[serde(default)]
    tag_values: Vec<Value>,
}

#[derive(Deserialize)]
struct Value {
    #[serde(default)]
    value: String,
}

/// The values of a field, and whether there are more.
async fn values(
    upstream: &Upstream,
    field: &str,
    range: TimeRange,
    filter: Option<&str>,
) -> Result<(BTreeSet<String>, bool), Failure> {
    let (start, end) = seconds(range);
    let mut parameters = vec![("start", start.as_str()), ("end", &end)];
    parameters.extend(filter.map(|filter| ("q", filter)));
    let path = format!("/api/v2/search/tag/{field}/values");
    let body: Body = upstream.get(&path, &parameters).await?.success()?.json()?;
    let more = body.tag_values.len() > MOST;
    let values = body.tag_values.into_iter().map(|value| cut(&value.value));
    Ok((
        values.filter(|name| !name.is_empty()).take(MOST).collect(),
        more,
    ))
}

async fn sampled(
    site: &Site,
    sight: &Sight,
    range: TimeRange,
    service: Option<&str>,
) -> Result<Found, Failure> {
    let upstream = site.upstream(Source::Tempo)?;
    let search = TraceSearch {
        clusters: Selection::All,
        wanted: Wanted::Fields(of(service)),
        range,
        limit: SAMPLE,
    };
    let built = fields::build(&of(service));
    let built = built.map_err(|error| Failure::new(GapKind::Refused, error.to_string()))?;
    let shown = "select(name, resource.service.name, resource.k8s.namespace.name)";
    let text = format!("{} | {shown}", built.seen_by(sight));
    let answer = ask(&upstream, &text, &search, SPANS).await?.success()?;
    let traces = decode(&answer, &upstream)?;
    let cut_off = traces.len() as u32 >= SAMPLE
        || traces
            .iter()
            .any(|trace| (trace.spans.len() as u32) < trace.summary.matched_spans);
    let mut all: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for span in traces.into_iter().flat_map(|trace| trace.spans) {
        let said = |name: &str| match span.attributes.get(name) {
            Some(AttributeValue::Text(text)) => Some(text.as_str()),
            _ => None,
        };
        if sight.reaches(said("k8s.namespace.name"))
            && let Some(of) = said("service.name")
        {
            let names = all.entry(of.to_owned()).or_default();
            if service.is_some() {
                names.insert(span.name.clone());
            }
        }
    }
    let one = |(service, operations): (String, BTreeSet<String>)| TracedService {
        cluster: site.cluster(),
        service,
        operations: operations.into_iter().collect(),
        sampled: true,
    };
    Ok((all.into_iter().map(one).collect(), cut_off))
}
