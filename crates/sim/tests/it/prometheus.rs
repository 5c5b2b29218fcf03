//! The simulated Prometheus against a real one that holds the same samples.
//!
//! The peer is Debian's `prometheus` 2.42. Where it is missing these tests fail: `./dev test`
//! installs it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't go on has to fail"
)]
#![expect(clippy::print_stdout, reason = "how much was compared is worth a line")]

mod compare;
mod generated;
mod http;
mod peer;
mod queries;
mod remote_write;
mod requests;
mod samples;
mod shapes;
mod staleness;

use compare::Differences;
use http::Sim;
use peer::Peer;
use samples::{END_MS, START_MS};

/// How many random queries are compared, each at one time and over a range.
const GENERATED: usize = 300;

/// Serves itself, raises one alert of each state, and records; none of it is at the times of the
/// samples. The evaluation interval stays at its default, which is the step of subqueries.
const CONFIG: &str = "
rule_files: [rules.yml]
scrape_configs:
- job_name: self
  scrape_interval: 1s
  scrape_timeout: 1s
  static_configs: [{targets: ['ADDRESS']}]
";

const RULES: &str = "
groups:
- name: always
  interval: 1s
  rules:
  - alert: Firing
    expr: vector(1)
    labels: {severity: page}
    annotations: {summary: It fires.}
  - alert: Pending
    expr: vector(2)
    for: 1h
  - record: one
    expr: vector(1)
    labels: {a: b}
";

#[tokio::test]
async fn the_simulation_answers_as_a_real_prometheus_with_the_same_samples_does() {
    let db = samples::database();
    let peer = Peer::with_blocks(&db.openmetrics(), CONFIG, RULES);
    let sim = Sim::new(db, END_MS + 86_400_000);
    let mut differences = Differences::default();
    for query in queries::SOUND {
        for time in [START_MS + 3_600_000, START_MS + 7_234_567, END_MS] {
            differences.add(compare::answers(&peer, &sim, &http::instant(query, time)).await);
        }
        for (start, end, step) in [
            (START_MS - 600_000, END_MS + 600_000, "60"),
            (START_MS + 3_601_234, START_MS + 5_400_000, "17.5"),
        ] {
            let path = http::range(query, (start, end), step);
            differences.add(compare::answers(&peer, &sim, &path).await);
        }
    }
    for query in queries::FAILING {
        let range = http::range(query, (START_MS, END_MS), "60");
        for path in [http::instant(query, END_MS), range] {
            differences.add(compare::errors(&peer, &sim, &path).await);
        }
    }
    for query in generated::queries(GENERATED) {
        let range = http::range(&query, (START_MS + 1_800_000, END_MS), "97");
        for path in [http::instant(&query, START_MS + 7_234_567), range] {
            differences.add(compare::generated(&peer, &sim, &path).await);
        }
    }
    for path in requests::all() {
        differences.add(compare::answers(&peer, &sim, &path).await);
    }
    differences.add_all(shapes::compare(&peer, &sim).await);
    differences.report();
}

#[tokio::test]
async fn stale_markers_end_series_as_they_do_in_a_real_prometheus() {
    let peer = Peer::empty();
    let (db, written) = staleness::database();
    remote_write::send(&peer, &written);
    let sim = Sim::new(db, staleness::END_MS);
    let mut differences = Differences::default();
    for query in staleness::QUERIES {
        let range = http::range(query, (staleness::START_MS, staleness::END_MS), "15");
        for path in [http::instant(query, staleness::MARKED_MS), range] {
            differences.add(compare::answers(&peer, &sim, &path).await);
        }
    }
    differences.report();
}
