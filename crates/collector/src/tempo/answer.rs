//! Answers of Tempo's search.

use fleetscope_model::{ClusterId, GapKind, TraceSummary};
use fleetscope_outbound::{Answer, Failure};
use jiff::Timestamp;
use serde::Deserialize;

/// The traces of an answer, in its order.
pub(crate) fn decode(answer: &Answer, cluster: ClusterId) -> Result<Vec<TraceSummary>, Failure> {
    let body: Body = answer.json()?;
    let traces: Option<Vec<TraceSummary>> = body
        .traces
        .into_iter()
        .map(|trace| trace.summary(cluster))
        .collect();
    traces.ok_or_else(|| {
        Failure::new(
            GapKind::BadAnswer,
            format!(
                "{} answered with traces whose id or time can't be read: check that the URL is \
                 that of a Tempo",
                answer.place
            ),
        )
    })
}

/// `traces` is absent where nothing was found.
#[derive(Deserialize)]
struct Body {
    #[serde(default)]
    traces: Vec<Trace>,
}

/// What is zero or empty is absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Trace {
    #[serde(rename = "traceID")]
    id: String,
    #[serde(default)]
    root_service_name: String,
    #[serde(default)]
    root_trace_name: String,
    #[serde(default)]
    start_time_unix_nano: String,
    #[serde(default)]
    duration_ms: f64,
    #[serde(default)]
    span_sets: Vec<SpanSet>,
    span_set: Option<SpanSet>,
}

#[derive(Deserialize)]
struct SpanSet {
    #[serde(default)]
    matched: u32,
}

impl Trace {
    fn summary(self, cluster: ClusterId) -> Option<TraceSummary> {
        let nanoseconds: i128 = self.start_time_unix_nano.parse().ok()?;
        let sets = self.span_sets.iter().map(|set| set.matched).sum();
        // `spanSet` repeats the first of `spanSets`; old versions have only it.
        let matched_spans = if self.span_sets.is_empty() {
            self.span_set.map_or(0, |set| set.matched)
        } else {
            sets
        };
        Some(TraceSummary {
            cluster,
            trace_id: whole_id(&self.id)?,
            root_service: self.root_service_name,
            root_name: self.root_trace_name,
            started_at: Timestamp::from_nanosecond(nanoseconds).ok()?,
            duration_ms: self.duration_ms,
            matched_spans,
        })
    }
}

/// Searches leave out leading zeros.
fn whole_id(id: &str) -> Option<String> {
    let fits = (1..=32).contains(&id.len()) && id.bytes().all(|b| b.is_ascii_hexdigit());
    fits.then(|| format!("{:0>32}", id.to_ascii_lowercase()))
}
