//! Services and the calls between them: span metrics and the service graph as Tempo's metrics
//! generator writes them (`modules/generator/processor`).
//!
//! Rates are taken over two minutes: the generator writes every 15 s (`collection_interval`), so
//! that is eight samples, and a pod that was gone for half a minute is not seen for five.

use fleetscope_model::{Direction, EntityKind, SignalRole, Subject};

use super::{Draft, about};

pub(super) fn watches() -> Vec<Draft> {
    vec![
        latency(),
        error_ratio(),
        request_rate(),
        call_time(),
        call_failures(),
    ]
}

/// Spans that answer somebody, as opposed to those that ask.
const ANSWERING: &str = r#"span_kind=~"SPAN_KIND_SERVER|SPAN_KIND_CONSUMER""#;

fn service() -> Subject {
    about(EntityKind::Service, None, &["service"])
}

fn callee() -> Subject {
    about(EntityKind::Service, None, &["server"])
}

fn latency() -> Draft {
    let query = format!(
        "histogram_quantile(0.95, sum by (service, le) \
         (rate(traces_spanmetrics_latency_bucket{{{ANSWERING}}}[2m])))"
    );
    Draft::new("service-latency-p95", "request latency p95", query)
        .unit("seconds")
        .about(service())
        .role(SignalRole::Latency)
        // People notice a delay from 100 ms on (Miller 1968; Nielsen 1993); a request passes
        // through two services or more.
        .matters_from(0.05)
        .symptom()
}

/// A service that never failed has no error series: that is a ratio of 0, not of nothing.
fn error_ratio() -> Draft {
    let all = format!("sum by (service) (rate(traces_spanmetrics_calls_total{{{ANSWERING}}}[2m]))");
    let failed = format!(
        "sum by (service) (rate(traces_spanmetrics_calls_total\
         {{{ANSWERING},status_code=\"STATUS_CODE_ERROR\"}}[2m]))"
    );
    let query = format!("({failed} or 0 * {all}) / ({all} > 0)");
    Draft::new("service-error-ratio", "request error ratio", query)
        .about(service())
        .role(SignalRole::Errors)
        .matters_from(PAGE_FROM)
        .symptom()
}

/// The fast burn rate of the SRE workbook (chapter 5): 14.4 times the budget of a 99.9 % objective
/// spends two hundredths of a month's budget in an hour, and pages somebody.
const PAGE_FROM: f64 = 0.0144;

fn request_rate() -> Draft {
    let query =
        format!("sum by (service) (rate(traces_spanmetrics_calls_total{{{ANSWERING}}}[2m]))");
    Draft::new("service-request-rate", "request rate", query)
        .unit("1/s")
        .about(service())
        .role(SignalRole::Traffic)
        .direction(Direction::Both)
        // Below one request a second a rate over two minutes is mostly chance (120 requests have a
        // Poisson spread of 9 %, 12 one of 29 %).
        .matters_from(1.0)
}

/// The mean and not a quantile: the service graph's lowest bucket is 0.1 s, which hides a database
/// that went from 3 ms to 60 ms.
fn call_time() -> Draft {
    let query = "sum by (client, server) (rate(traces_service_graph_request_server_seconds_sum[2m])) \
                 / (sum by (client, server) \
                 (rate(traces_service_graph_request_server_seconds_count[2m])) > 0)";
    Draft::new("call-mean-time", "mean time of calls", query)
        .unit("seconds")
        .about(callee())
        .role(SignalRole::Latency)
        // A request makes several calls: a fifth of what people notice (see the request latency).
        .matters_from(0.02)
}

fn call_failures() -> Draft {
    let all = "sum by (client, server) (rate(traces_service_graph_request_total[2m]))";
    let failed = "sum by (client, server) (rate(traces_service_graph_request_failed_total[2m]))";
    let query = format!("({failed} or 0 * {all}) / ({all} > 0)");
    Draft::new("call-failure-ratio", "failure ratio of calls", query)
        .about(callee())
        .role(SignalRole::Errors)
        .matters_from(PAGE_FROM)
}
