//! Many clusters answer as one Prometheus would that held the series of all: generated queries, put
//! to both (standard R14).

mod data;
mod generate;
mod text;

use std::collections::BTreeMap;
use std::ops::Range;

use fleetscope_client::wire::{Endpoint, Endpoints, NewCluster};
use fleetscope_testkit::{Prometheus, Shape, TestApp, a_time};
use reqwest::Method;
use serde_json::Value;

pub(crate) use generate::Dice;
use generate::{Question, question};
use text::Asked;

/// The clusters.
const CLUSTERS: [&str; 3] = ["east", "north", "west"];

/// How many queries, where nobody says.
const USUAL: u64 = 500;

/// How far a value may be off, in proportion to the largest number that may have gone into it.
/// Numbers are added in another order, nothing else.
const TOLERANCE: f64 = 1e-9;

/// A fleet, and a server that holds all of it.
pub(crate) struct Fleet {
    pub(crate) app: TestApp,
    pub(crate) union: Prometheus,
    _parts: Vec<Prometheus>,
}

impl Fleet {
    pub(crate) async fn start() -> Self {
        // The clock stands still: what may be asked at once is all that may be asked.
        let app = TestApp::start_with(Shape::One, a_time(), |config| {
            config.limits.per_second = 1_000_000;
            config.limits.burst = 1_000_000;
        })
        .await;
        let mut parts = Vec::new();
        for name in CLUSTERS {
            let part = Prometheus::over(&data::samples(&[name], false), None).await;
            app.admin
                .create_cluster(&described(name, &part))
                .await
                .unwrap();
            parts.push(part);
        }
        let union = Prometheus::over(&data::samples(&CLUSTERS, true), None).await;
        Self {
            app,
            union,
            _parts: parts,
        }
    }

    /// What the fleet says, or why it says nothing.
    pub(crate) async fn ask(&self, path: &str, form: &[(&str, String)]) -> (u16, Value) {
        let path = format!("/prometheus/fleet/api/v1/{path}");
        let request = self.app.viewer.raw(Method::POST, &path).unwrap();
        let response = request.form(form).send().await.unwrap();
        let status = response.status().as_u16();
        (status, response.json().await.unwrap())
    }

    async fn ask_union(&self, path: &str, form: &[(&str, String)]) -> (u16, Value) {
        let url = self.union.base.join(&format!("api/v1/{path}")).unwrap();
        post(&url, form).await
    }
}

pub(crate) fn described(name: &str, prometheus: &Prometheus) -> NewCluster {
    NewCluster {
        name: name.to_owned(),
        endpoints: Endpoints {
            prometheus: Some(Endpoint {
                url: prometheus.base.to_string(),
                ..Endpoint::default()
            }),
            ..Endpoints::default()
        },
        ..NewCluster::default()
    }
}

#[expect(clippy::disallowed_methods, reason = "a test asks its own server")]
pub(crate) async fn post(url: &url::Url, form: &[(&str, String)]) -> (u16, Value) {
    let request = reqwest::Client::new().post(url.clone()).form(form);
    let response = request.send().await.unwrap();
    let status = response.status().as_u16();
    (status, response.json().await.unwrap())
}

/// Series by their labels: pairs of milliseconds and values.
type Known = BTreeMap<String, Vec<(i64, f64)>>;

fn known(answer: &Value) -> Known {
    let data = &answer["data"];
    let pair = |pair: &Value| {
        let at = (pair[0].as_f64().unwrap() * 1000.0).round() as i64;
        (at, pair[1].as_str().unwrap().parse().unwrap())
    };
    if data["resultType"] == "scalar" {
        return Known::from([("scalar".to_owned(), vec![pair(&data["result"])])]);
    }
    let series = data["result"].as_array().unwrap().iter().map(|series| {
        let labels: BTreeMap<String, String> =
            serde_json::from_value(series["metric"].clone()).unwrap();
        let points = match series.get("value") {
            Some(value) => vec![pair(value)],
            None => series["values"]
                .as_array()
                .unwrap()
                .iter()
                .map(pair)
                .collect(),
        };
        (format!("{labels:?}"), points)
    });
    let series: Vec<_> = series.collect();
    let count = series.len();
    let known: Known = series.into_iter().collect();
    assert_eq!(known.len(), count, "the same series twice in {answer}");
    known
}

/// The values at each instant, whosever they are: in nine digits, as they are added in any order.
fn values(known: &Known) -> BTreeMap<i64, Vec<String>> {
    let mut values: BTreeMap<i64, Vec<String>> = BTreeMap::new();
    for (at, value) in known.values().flatten() {
        values.entry(*at).or_default().push(format!("{value:.9e}"));
    }
    for all in values.values_mut() {
        all.sort();
    }
    values
}

/// Where two answers differ.
fn difference(ours: &Known, theirs: &Known, scale: f64) -> Option<String> {
    let (mine, other): (Vec<_>, Vec<_>) = (ours.keys().collect(), theirs.keys().collect());
    if mine != other {
        return Some(format!("series {mine:?} instead of {other:?}"));
    }
    for (labels, points) in ours {
        let expected = &theirs[labels];
        if points.len() != expected.len() {
            return Some(format!("{labels}: {points:?} instead of {expected:?}"));
        }
        for (&(at, one), &(when, other)) in points.iter().zip(expected) {
            let near = (one - other).abs() <= TOLERANCE * one.abs().max(scale);
            let same = one.to_bits() == other.to_bits() || one.is_nan() && other.is_nan();
            // Two infinities of one sign have the same bits.
            if at != when || !(same || near && one.is_finite()) {
                return Some(format!(
                    "{labels} at {at}: {one} instead of {other} at {when}"
                ));
            }
        }
    }
    None
}

fn form(query: &str, question: &Question) -> (&'static str, Vec<(&'static str, String)>) {
    let mut form = vec![("query", query.to_owned())];
    if let Some((start, end, step)) = question.range {
        form.push(("start", start.to_string()));
        form.push(("end", end.to_string()));
        form.push(("step", step.to_string()));
        return ("query_range", form);
    }
    form.push(("time", question.at.to_string()));
    ("query", form)
}

/// What came of a query.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Outcome {
    /// The fleet says why it gives nothing.
    Refused,
    /// The query is wrong in itself, everywhere or on some cluster.
    Wrong,
    /// Both gave nothing.
    Empty,
    /// Both gave the same.
    Same,
    /// It picks among equals outermost, and the same values were picked.
    Tie,
    /// It picks among equals inside. With all of these picked, both gave the same.
    TieInside,
}

/// The answers to a query: the fleet's and that of the one server; else why there are none.
async fn answers(
    fleet: &Fleet,
    question: &Question,
    asked: &Asked,
    what: &str,
) -> Result<(Known, Known), (Outcome, String)> {
    let (path, plain) = form(&asked.plain, question);
    let (status, ours) = fleet.ask(path, &plain).await;
    if status == 422 && ours["error"].as_str().is_some_and(is_ours) {
        let reason = ours["error"].as_str().unwrap_or_default();
        let reason = reason.chars().take(60).collect();
        return Err((Outcome::Refused, reason));
    }
    let (_, kept) = form(&asked.kept, question);
    let (expected, theirs) = fleet.ask_union(path, &kept).await;
    if expected != 200 {
        return Err((Outcome::Wrong, String::new()));
    }
    assert_eq!(status, 200, "{what}: {ours}");
    assert_eq!(ours.get("warnings"), None, "{what}: {ours}");
    Ok((known(&ours), known(&theirs)))
}

/// Whether the one server finds equals among which a query picks.
async fn equal(fleet: &Fleet, question: &Question, equals: &str, what: &str) -> bool {
    let (path, asked) = form(equals, question);
    let (status, found) = fleet.ask_union(path, &asked).await;
    assert_eq!(status, 200, "{what}: {equals}: {found}");
    !known(&found).is_empty()
}

/// Puts a query to both. What differs must be a pick among equals, of which nobody can say which
/// are picked: then what is sure of it must be the same.
async fn compared(fleet: &Fleet, question: &Question, what: &str) -> (Outcome, String) {
    let text = &question.text;
    let (ours, theirs) = match answers(fleet, question, &text.asked, what).await {
        Ok(answers) => answers,
        Err(outcome) => return outcome,
    };
    let Some(differs) = difference(&ours, &theirs, data::SCALE) else {
        let outcome = if theirs.is_empty() {
            Outcome::Empty
        } else {
            Outcome::Same
        };
        return (outcome, String::new());
    };
    let mut inside = false;
    for equals in &text.equals {
        inside |= equal(fleet, question, equals, what).await;
    }
    let outermost = match &question.picks {
        Some(equals) => equal(fleet, question, equals, what).await,
        None => false,
    };
    let meant = &text.asked.kept;
    assert!(inside || outermost, "{what}\nmeant: {meant}\n{differs}");
    let (ours, theirs) = if inside {
        let sure = answers(fleet, question, &text.sure, what).await;
        sure.unwrap_or_else(|why| panic!("{what}\nsure: {}\n{why:?}", text.sure.plain))
    } else {
        (ours, theirs)
    };
    let mut differs = difference(&ours, &theirs, data::SCALE);
    if outermost && values(&ours) == values(&theirs) {
        differs = None;
    }
    let (plain, kept) = (&text.sure.plain, &text.sure.kept);
    assert_eq!(differs, None, "{what}\nsure: {plain}\nmeant: {kept}");
    let outcome = if inside {
        Outcome::TieInside
    } else {
        Outcome::Tie
    };
    (outcome, String::new())
}

#[tokio::test(flavor = "multi_thread")]
async fn generated_queries_over_many_clusters_give_what_one_server_gives_or_say_why_not() {
    let seeds = wanted();
    let count = seeds.end - seeds.start;
    let fleet = Fleet::start().await;
    let mut outcomes: BTreeMap<Outcome, u64> = BTreeMap::new();
    let (mut reasons, mut combined): (BTreeMap<String, u64>, u64) = (BTreeMap::new(), 0);
    for seed in seeds {
        let question = question(&mut Dice::new(seed));
        let what = format!("seed {seed}: {}", question.text.asked.plain);
        let (outcome, reason) = compared(&fleet, &question, &what).await;
        *outcomes.entry(outcome).or_default() += 1;
        match outcome {
            Outcome::Refused => *reasons.entry(reason).or_default() += 1,
            Outcome::Wrong => {}
            _ => combined += u64::from(question.combined),
        }
    }
    println!("{count} queries: {outcomes:?}, {combined} put together; reasons: {reasons:#?}");
    // Of so many at most one is.
    for (outcome, of) in [
        (Outcome::Refused, 5),
        (Outcome::Wrong, 10),
        (Outcome::Empty, 4),
        (Outcome::Tie, 20),
        (Outcome::TieInside, 50),
    ] {
        let found = outcomes.get(&outcome).copied().unwrap_or_default();
        assert!(found * of <= count, "{found} of {count} are {outcome:?}");
    }
    assert!(
        combined * 6 >= count,
        "only {combined} of {count} need several clusters"
    );
    fleet.app.stop().await;
}

/// Which queries are put, by their seeds: so many (`500`), or these (`2800-2899`). `./dev soak promql`
/// asks for more than usual.
#[expect(
    clippy::disallowed_methods,
    reason = "a soak is the same test with another number"
)]
fn wanted() -> Range<u64> {
    let Ok(wanted) = std::env::var("FLEETSCOPE_QUERIES") else {
        return 0..USUAL;
    };
    match wanted.split_once('-') {
        Some((first, last)) => first.parse().unwrap()..last.parse::<u64>().unwrap() + 1,
        None => 0..wanted.parse().unwrap(),
    }
}

/// A reason of ours, not an error of one of the servers.
fn is_ours(error: &str) -> bool {
    error.contains("cluster") && !error.starts_with("east:")
}
