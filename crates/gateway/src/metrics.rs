//! What the doors count.

use std::time::Duration;

use prometheus_client::encoding::EncodeLabelSet;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::Registry;

/// Upper bounds in seconds, those that OpenTelemetry's HTTP semantic conventions ask for.
const BUCKETS: [f64; 14] = [
    0.005, 0.01, 0.025, 0.05, 0.075, 0.1, 0.25, 0.5, 0.75, 1.0, 2.5, 5.0, 7.5, 10.0,
];

/// The metrics of this process's doors. Cheap to clone; all clones count together.
#[derive(Debug, Clone)]
pub struct EdgeMetrics {
    requests: Family<RequestLabels, Histogram, fn() -> Histogram>,
    streams: Gauge,
}

/// Names as OpenTelemetry's HTTP semantic conventions have them. Every value comes from a small
/// fixed set, so that no caller can make series.
#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
pub(crate) struct RequestLabels {
    /// `public` or `inner`.
    pub(crate) door: &'static str,
    /// Upper-case method, or `_OTHER`.
    pub(crate) http_request_method: &'static str,
    /// Path template, or nothing where no route matched.
    pub(crate) http_route: &'static str,
    /// HTTP status.
    pub(crate) http_response_status_code: u32,
}

impl EdgeMetrics {
    /// Metrics that are shown through `registry`: `http_server_request_duration_seconds` (a
    /// histogram by `door`, `http_request_method`, `http_route` and `http_response_status_code`;
    /// of a stream, the time to its start) and `fleetscope_http_streams` (open event streams).
    pub fn register(registry: &mut Registry) -> Self {
        let metrics = Self {
            requests: Family::new_with_constructor(|| Histogram::new(BUCKETS)),
            streams: Gauge::default(),
        };
        registry.register(
            "http_server_request_duration_seconds",
            "Time from the request's head to the answer's",
            metrics.requests.clone(),
        );
        registry.register(
            "fleetscope_http_streams",
            "Event streams that are open",
            metrics.streams.clone(),
        );
        metrics
    }

    pub(crate) fn request(&self, labels: &RequestLabels, took: Duration) {
        self.requests
            .get_or_create(labels)
            .observe(took.as_secs_f64());
    }

    /// Counts a stream as open until the guard is dropped.
    pub(crate) fn stream(&self) -> OpenStream {
        self.streams.inc();
        OpenStream(self.streams.clone())
    }
}

/// One open stream in the gauge.
#[derive(Debug)]
pub(crate) struct OpenStream(Gauge);

impl Drop for OpenStream {
    fn drop(&mut self) {
        self.0.dec();
    }
}
