//! Series that end by a stale marker and come back, which only a remote write can bring into a
//! real Prometheus.

use fleetscope_sim::tsdb::{STALE_NAN_BITS, Tsdb};

use super::remote_write::Written;

/// 2023-11-15 00:00 UTC.
pub(super) const START_MS: i64 = 1_700_006_400_000;
/// Half an hour later: all of it fits into the head block of the real server.
pub(super) const END_MS: i64 = START_MS + 1_800_000;
/// Just after the marker of the series that ends.
pub(super) const MARKED_MS: i64 = START_MS + 600_001;

pub(super) const QUERIES: &[&str] = &[
    "pods",
    "count(pods)",
    "timestamp(pods)",
    "pods offset 5m",
    "pods @ 1700007000",
    "rate(pods[5m])",
    "increase(pods[20m])",
    "changes(pods[30m])",
    "count_over_time(pods[3m])",
    "last_over_time(pods[10m])",
    "absent(pods{pod=\"ends\"})",
    "absent_over_time(pods{pod=\"ends\"}[5m])",
    "sum_over_time(pods[10m:1m])",
    "max_over_time(pods[10m:15s] offset 5m)",
    "pods unless pods offset 1m",
    "pods + pods offset 2m",
];

/// A series that stays, one that ends, one that comes back, one that is marked twice and one with
/// nothing but a marker; the same samples for either side.
pub(super) fn database() -> (Tsdb, Vec<Written>) {
    let mut db = Tsdb::new(86_400_000);
    let mut written = Vec::new();
    let stale = f64::from_bits(STALE_NAN_BITS);
    for (pod, ends, returns) in [
        ("stays", 999, 999),
        ("ends", 40, 999),
        ("returns", 30, 45),
        ("flaps", 30, 32),
        ("never", 0, 999),
    ] {
        let labels = [("__name__", "pods"), ("pod", pod)];
        let id = db.series(&labels);
        let mut samples = Vec::new();
        for step in 0..=120 {
            let t = START_MS + step * 15_000;
            let value = match step {
                _ if step == ends || (pod == "flaps" && step == 34) => stale,
                _ if step > ends && step < returns => continue,
                _ => (step * step % 1000) as f64,
            };
            db.append(id, t, value);
            samples.push((t, value));
        }
        let labels = labels.map(|(n, v)| (n.to_owned(), v.to_owned())).to_vec();
        written.push(Written { labels, samples });
    }
    (db, written)
}
