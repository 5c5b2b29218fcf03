//! What is not yours takes the way of what is not there: the hub is asked as often, and it takes
//! as long.

use std::time::{Duration, Instant};

use fleetscope_client::wire::{AnomalyRequest, InvestigationRequest, NewReport, ReportFormat};
use fleetscope_client::{Client, Paging};
use fleetscope_sim::hub::Terms;
use fleetscope_testkit::Shape;
use reqwest::{Method, StatusCode};
use serde_json::Value;
use uuid::Uuid;

use super::clusters::by_id;
use super::stage::{Stage, ask};

type Question = (Method, String, Option<Value>);

const NEVER: Uuid = Uuid::from_u128(0x0197_0000_0000_7000_8000_0000_0000_0001);

async fn refused(client: &Client, (method, path, body): &Question) {
    let answer = ask(client, method.clone(), path, body.as_ref()).await;
    assert_eq!(answer.status(), StatusCode::NOT_FOUND, "{method} {path}");
}

#[tokio::test(flavor = "multi_thread")]
async fn not_yours_costs_the_hub_as_many_questions_as_not_there() {
    let stage = Stage::set(Shape::One).await;
    let theirs = stage.cluster("theirs").await;
    let alice = stage.person("alice", &["owners"]);
    for (hidden, absent) in by_id(theirs.id).iter().zip(&by_id(NEVER)) {
        let mut counts = [0, 0];
        for (question, count) in [hidden, absent].into_iter().zip(&mut counts) {
            // Nothing is remembered.
            stage.app.clock.advance(Duration::from_mins(1));
            let before = stage.hub.access().reviews();
            refused(&alice, question).await;
            *count = stage.hub.access().reviews() - before;
        }
        let (method, path, _) = hidden;
        assert_eq!(counts, [1, 1], "{method} {path}");
    }
    stage.app.stop().await;
}

/// Questions by the id of what is derived, each about something of others and about nothing.
async fn derived(stage: &Stage) -> Vec<[Question; 2]> {
    let admin = &stage.app.admin;
    let analysis = admin
        .analyse_anomalies(&AnomalyRequest::default())
        .await
        .unwrap();
    let found = admin
        .investigate(&InvestigationRequest::default())
        .await
        .unwrap();
    stage.app.roles.activate("work").await.unwrap();
    let done = admin.investigation(found.id).await.unwrap();
    assert_ne!(format!("{:?}", done.status), "Pending");
    let report = NewReport {
        investigation: found.id,
        title: None,
        format: ReportFormat::Markdown,
    };
    let report = admin.create_report(&report).await.unwrap();
    assert_eq!(
        admin.reports(&Paging::default()).await.unwrap().items.len(),
        1
    );
    let about = |method: Method, path: &str, id: Uuid| {
        let of = |id: Uuid| (method.clone(), path.replace("{id}", &id.to_string()), None);
        [of(id), of(NEVER)]
    };
    vec![
        about(Method::GET, "/api/v1/analysis/anomaly/{id}", analysis.id),
        about(Method::GET, "/api/v1/analysis/rca/{id}", found.id),
        about(Method::GET, "/api/v1/analysis/rca/{id}/replay", found.id),
        about(Method::GET, "/api/v1/reports/{id}", report.id),
        about(Method::GET, "/api/v1/reports/{id}/download", report.id),
        about(Method::DELETE, "/api/v1/reports/{id}", report.id),
    ]
}

/// Medians of the times of both, asked in turn.
async fn medians(
    stage: &Stage,
    client: &Client,
    pair: &[Question; 2],
    rounds: u32,
    cold: bool,
) -> [f64; 2] {
    let mut times = [Vec::new(), Vec::new()];
    for round in 0..rounds {
        // Whichever comes second finds warmer caches of the machine.
        let order = if round % 2 == 0 { [0, 1] } else { [1, 0] };
        for which in order {
            if cold {
                // A no is forgotten; who it is, is not, most of the times.
                stage.app.clock.advance(Duration::from_secs(2));
            }
            let begun = Instant::now();
            refused(client, &pair[which]).await;
            times[which].push(begun.elapsed());
        }
    }
    times.map(|mut times| {
        times.sort();
        times[times.len() / 2].as_secs_f64() * 1e6
    })
}

#[expect(
    clippy::disallowed_methods,
    reason = "./dev soak says how long it is to last"
)]
fn rounds() -> u32 {
    let rounds = std::env::var("FLEETSCOPE_TIMING_ROUNDS");
    rounds.map_or(400, |rounds| rounds.parse().unwrap())
}

#[expect(clippy::print_stdout, reason = "a soak shows its figures")]
fn print(line: &str) {
    println!("{line}");
}

/// Standard S9. It prints its figures: `./dev soak timing`.
#[tokio::test(flavor = "multi_thread")]
#[ignore = "a soak that measures: ./dev soak timing"]
async fn not_yours_takes_as_long_as_not_there_on_every_route() {
    let rounds = rounds();
    let stage = Stage::set(Shape::One).await;
    let theirs = stage.cluster("theirs").await;
    stage.person("alice", &["owners"]);
    // Much time is let pass.
    let days = Terms {
        life: Duration::from_hours(1_000),
        ..Terms::default()
    };
    let alice = stage.bearer(&stage.hub.token("alice", &days));
    let mut pairs = derived(&stage).await;
    let clusters = by_id(theirs.id).into_iter().zip(by_id(NEVER));
    pairs.extend(clusters.map(|(hidden, absent)| [hidden, absent]));
    let mut wrong = Vec::new();
    for cold in [false, true] {
        for pair in &pairs {
            let (method, path, _) = &pair[0];
            // The first ones open connections.
            medians(&stage, &alice, pair, 5, cold).await;
            let [hidden, absent] = medians(&stage, &alice, pair, rounds, cold).await;
            let ratio = hidden / absent;
            let path = path.split('?').next().unwrap_or_default();
            let is_id = |part: &&str| Uuid::try_parse(part).is_ok();
            let id = path.split('/').find(is_id).unwrap_or_default();
            let path = if id.is_empty() {
                path.to_owned()
            } else {
                path.replace(id, "{id}")
            };
            let way = if cold { "cold" } else { "warm" };
            let line = format!(
                "{way} {method:6} {path}: {hidden:.0} us, {absent:.0} us, ratio {ratio:.3}"
            );
            print(&line);
            if !(0.9..=1.1).contains(&ratio) {
                wrong.push(line);
            }
        }
    }
    stage.app.stop().await;
    assert!(wrong.is_empty(), "{wrong:#?}");
}
