//! What Prometheus knows of the structure over a range.

use fleetscope_model::{Gap, Labels, Series, Source, TimeRange};
use fleetscope_outbound::Failure;
use jiff::Timestamp;

use crate::prometheus::{Prometheus, Readings};
use crate::site::Site;

/// The shortest stretch looked at, in seconds: `increase` needs two samples, and Tempo's generator
/// and slow scrapes write one a minute.
const SHORTEST: i64 = 600;
/// The longest, in seconds: structure is not sought further back than a day, however long the
/// range, so that the query stays cheap.
const LONGEST: i64 = 86_400;

/// Series whose labels tell of structure.
#[derive(Default)]
pub(crate) struct Window {
    /// How many of the queries were answered.
    pub(crate) answers: usize,
    /// `client`, `server`: calls that happened.
    pub(crate) calls: Vec<Series>,
    /// `Hostname`, `gpu`, and the pod that used it.
    pub(crate) gpus: Vec<Series>,
    /// `node`, `iface`: PTP clocks.
    pub(crate) clocks: Vec<Series>,
    /// `node`, `pciAddr`, `instance`, and the pod that held the virtual function.
    pub(crate) functions: Vec<Series>,
    /// `node` or `instance`, `pciAddr`, `pf`: the interface behind a virtual function.
    pub(crate) interfaces: Vec<Series>,
}

impl Window {
    /// Asks all queries at once. A metric that the cluster does not have is no series and no gap.
    pub(crate) async fn read(site: &Site, range: TimeRange) -> Result<(Self, Vec<Gap>), Failure> {
        let prometheus = site.prometheus()?;
        let stretch = range.length().as_secs().clamp(SHORTEST, LONGEST);
        let [calls, gpus, clocks, functions, interfaces] = queries(stretch);
        let ask = |query| ask(&prometheus, query, range.end);
        let (calls, gpus, clocks, functions, interfaces) = tokio::join!(
            ask(calls),
            ask(gpus),
            ask(clocks),
            ask(functions),
            ask(interfaces)
        );
        let (mut gaps, mut answers) = (Vec::new(), 0);
        let mut take = |answer: Result<Readings, Failure>| match answer {
            Ok(readings) => {
                answers += 1;
                gaps.extend(readings.warning.map(|w| site.gap(Source::Prometheus, w)));
                readings.series
            }
            Err(failure) => {
                gaps.push(site.gap(Source::Prometheus, failure));
                Vec::new()
            }
        };
        let mut window = Self {
            answers: 0,
            calls: take(calls),
            gpus: take(gpus),
            clocks: take(clocks),
            functions: take(functions),
            interfaces: take(interfaces),
        };
        window.answers = answers;
        Ok((window, gaps))
    }
}

async fn ask(prometheus: &Prometheus, query: String, at: Timestamp) -> Result<Readings, Failure> {
    prometheus.instant(&query, at).await
}

/// Where Prometheus does not honour an exporter's labels, the pod that uses a device is in
/// `exported_pod`, and `pod` is the exporter's own.
fn queries(stretch: i64) -> [String; 5] {
    const USER: &str = "namespace, pod, exported_namespace, exported_pod";
    let last = |metric: &str| format!("last_over_time({metric}[{stretch}s])");
    let seen = |by: &str, metric: &str| format!("max by ({by}) ({})", last(metric));
    [
        // Counters of edges stand still for a while after the last call: only growth is a call.
        // Tempo names callers without instrumentation `user`.
        format!(
            "sum by (client, server) \
             (increase(traces_service_graph_request_total{{client!=\"user\"}}[{stretch}s])) > 0"
        ),
        seen(&format!("Hostname, gpu, {USER}"), "DCGM_FI_DEV_GPU_TEMP"),
        format!(
            "{} or {}",
            seen("node, iface", "openshift_ptp_clock_state"),
            seen("node, iface", "openshift_ptp_offset_ns")
        ),
        seen(
            &format!("node, instance, pciAddr, {USER}"),
            "sriov_kubepoddevice",
        ),
        seen("node, instance, pciAddr, pf", "sriov_vf_rx_packets"),
    ]
}

/// A label's value, if it has one.
pub(crate) fn label<'l>(labels: &'l Labels, name: &str) -> Option<&'l str> {
    labels
        .get(name)
        .map(String::as_str)
        .filter(|value| !value.is_empty())
}

/// Namespace and name of the pod that a device series names.
pub(crate) fn user(labels: &Labels) -> Option<(&str, &str)> {
    let pair = |namespace, pod| Some((label(labels, namespace)?, label(labels, pod)?));
    pair("exported_namespace", "exported_pod").or_else(|| pair("namespace", "pod"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_query_is_promql() {
        for query in queries(600) {
            assert!(promql_parser::parser::parse(&query).is_ok(), "{query}");
        }
    }
}
