//! The query language of the simulated Prometheus, where no real server is needed to judge it.

#![expect(
    clippy::unwrap_used,
    clippy::panic,
    reason = "a test that can't go on has to fail"
)]

use std::fmt::Write;
use std::time::{Duration, Instant};

use fleetscope_sim::promql::{Error, Query, Value};
use fleetscope_sim::tsdb::{SeriesId, Tsdb};
use proptest::prelude::*;

const MINUTE: i64 = 60_000;

fn gauge(db: &mut Tsdb, name: &str) -> SeriesId {
    db.series(&[("__name__", name), ("job", "test")])
}

fn instant(db: &Tsdb, query: &str, t_ms: i64) -> Vec<f64> {
    match Query::parse(query).unwrap().instant(db, t_ms).unwrap() {
        Value::Vector(samples) => samples.iter().map(|sample| sample.value).collect(),
        other => panic!("{query} gives {other:?}"),
    }
}

#[test]
fn a_series_vanishes_at_its_stale_marker_and_returns_with_the_next_sample() {
    let mut db = Tsdb::new(86_400_000);
    let id = gauge(&mut db, "pods");
    db.append(id, 0, 1.0);
    db.append(id, MINUTE, 2.0);
    db.mark_stale(id, 2 * MINUTE);
    assert_eq!(instant(&db, "pods", 2 * MINUTE - 1), [2.0]);
    assert!(instant(&db, "pods", 2 * MINUTE).is_empty());
    assert!(instant(&db, "pods", 3 * MINUTE).is_empty());
    db.append(id, 4 * MINUTE, 5.0);
    assert_eq!(instant(&db, "pods", 4 * MINUTE), [5.0]);
}

#[test]
fn a_stale_marker_is_no_sample_of_a_range() {
    let mut db = Tsdb::new(86_400_000);
    let id = gauge(&mut db, "pods");
    db.append(id, 0, 1.0);
    db.append(id, MINUTE, 4.0);
    db.mark_stale(id, 2 * MINUTE);
    assert_eq!(instant(&db, "count_over_time(pods[5m])", 3 * MINUTE), [2.0]);
    assert_eq!(instant(&db, "last_over_time(pods[5m])", 3 * MINUTE), [4.0]);
    assert_eq!(instant(&db, "absent(pods)", 3 * MINUTE), [1.0]);
}

#[test]
fn a_series_without_a_marker_is_held_for_exactly_five_minutes() {
    let mut db = Tsdb::new(86_400_000);
    let id = gauge(&mut db, "up");
    db.append(id, 0, 1.0);
    assert_eq!(instant(&db, "up", 5 * MINUTE), [1.0]);
    assert!(instant(&db, "up", 5 * MINUTE + 1).is_empty());
}

#[test]
fn the_refusal_of_an_unsupported_construct_names_it() {
    for (query, named) in [
        ("histogram_avg(up)", "histogram_avg"),
        ("histogram_fraction(0, 1, up)", "histogram_fraction"),
        ("first_over_time(up[5m])", "first_over_time"),
        ("mad_over_time(up[5m])", "mad_over_time"),
        ("sort_by_label(up, \"a\")", "sort_by_label"),
        ("info(up)", "info"),
        ("holt_winters(up[5m], 0.5, 0.5)", "holt_winters"),
        ("limitk(2, up)", "limitk"),
        ("limit_ratio(0.5, up)", "limit_ratio"),
        ("up + fill(0) up", "fill"),
        ("{\"up\"}", "quoted name"),
        ("up{a=\"1\" or b=\"2\"}", "\"or\" between matchers"),
        ("+up", "unary plus"),
        ("timestamp(up @ 1 offset 1m)", "timestamp"),
        ("predict_linear(up[5m] @ 1, 60)", "predict_linear"),
        (
            "quantile_over_time(time(), up[5m] @ 1)",
            "quantile_over_time",
        ),
    ] {
        match Query::parse(query) {
            Err(Error::BadData(message)) => {
                assert!(message.contains(named), "{query}: {message}");
            }
            Err(other) => panic!("{query}: {other:?}"),
            Ok(_) => panic!("{query} is taken"),
        }
    }
}

#[test]
fn a_query_that_would_take_up_too_much_memory_is_refused_before_it_does() {
    let db = Tsdb::new(86_400_000);
    for query in [
        "sum_over_time(vector(1)[100000d:1ms])",
        "max_over_time(max_over_time(vector(1)[10h:1ms])[1h:1m])",
    ] {
        let refused = Query::parse(query).unwrap().instant(&db, 0);
        let Err(Error::Execution(message)) = refused else {
            panic!("{query} gives {refused:?}");
        };
        assert!(message.contains("too many samples"), "{message}");
    }
}

#[test]
fn the_longest_and_deepest_queries_are_evaluated_without_running_out_of_stack() {
    let mut db = Tsdb::new(86_400_000);
    let id = gauge(&mut db, "up");
    db.append(id, 0, 1.0);
    let minuses = format!("{}up", "-".repeat(1998));
    assert_eq!(instant(&db, &minuses, 0), [1.0]);
    let sum = vec!["up"; 1000].join(" + ");
    assert_eq!(instant(&db, &sum, 0), [1000.0]);
    let parentheses = format!("{}up{}", "(".repeat(100), ")".repeat(100));
    assert_eq!(instant(&db, &parentheses, 0), [1.0]);
    let mut nested = "up".to_owned();
    for _ in 0..60 {
        nested = format!("max_over_time({nested}[1m:1m])");
    }
    assert_eq!(instant(&db, &nested, 0), [1.0]);
}

/// Two thousand series for 26 hours: what a simulated cluster holds.
fn large() -> Tsdb {
    let mut db = Tsdb::new(26 * 60 * MINUTE);
    let ids: Vec<SeriesId> = (0..2000)
        .map(|number| {
            let (name, pod) = (
                format!("metric_{}", number / 100),
                format!("pod-{}", number % 100),
            );
            db.series(&[("__name__", &name), ("pod", &pod), ("namespace", "shop")])
        })
        .collect();
    for scrape in 0..26 * 120 {
        for (number, id) in ids.iter().enumerate() {
            db.append(
                *id,
                scrape * 30_000,
                (scrape * (number as i64 % 7 + 1)) as f64,
            );
        }
    }
    db
}

/// The bound is far above what it takes (a few milliseconds), so that a busy machine does not fail
/// the test, and the best of some attempts counts.
#[test]
fn a_range_query_does_not_read_a_series_again_for_each_step() {
    let db = large();
    for (query, series) in [
        ("rate(metric_3[5m])", 100),
        ("sum by (namespace) (rate(metric_3[1h]))", 1),
    ] {
        let query = Query::parse(query).unwrap();
        let best = (0..5).map(|_| time_of_six_hours(&db, &query, series)).min();
        let best = best.unwrap_or_default();
        println!("{best:?}");
        assert!(best < Duration::from_millis(500), "{best:?}");
    }
}

/// How long 360 steps take.
fn time_of_six_hours(db: &Tsdb, query: &Query, series: usize) -> Duration {
    let end = 26 * 60 * MINUTE;
    let started = Instant::now();
    let value = query.range(db, end - 359 * MINUTE, end, MINUTE).unwrap();
    let took = started.elapsed();
    let Value::Matrix(streams) = value else {
        panic!("{value:?}");
    };
    assert_eq!(streams.len(), series);
    assert!(streams.iter().all(|stream| stream.points.len() == 360));
    took
}

/// Words and signs that make up queries, right and wrong ones.
fn soup() -> impl Strategy<Value = String> {
    let piece = prop::sample::select(vec![
        "up",
        "1",
        "1e3",
        "NaN",
        "inf",
        "(",
        ")",
        "{",
        "}",
        "[",
        "]",
        "[5m]",
        "[5m:1m]",
        "[NaN]",
        "offset",
        "@",
        "5m",
        "-",
        "+",
        "*",
        "/",
        "^",
        "%",
        "==",
        "bool",
        "and",
        "or",
        "unless",
        "on",
        "ignoring",
        "group_left",
        "by",
        "without",
        "sum",
        "topk",
        "count_values",
        "rate",
        "histogram_quantile",
        "label_replace",
        "time()",
        "start()",
        "end()",
        ",",
        "\"a\"",
        "'",
        "`",
        "\"",
        "\\",
        "job",
        "=",
        "=~",
        "!~",
        "\"(\"",
        "#",
        "\n",
        ":",
        "é",
        "fill",
        "0x",
        "1y",
        "atan2",
    ]);
    prop::collection::vec(piece, 0..14).prop_map(|pieces| {
        pieces.iter().fold(String::new(), |mut text, piece| {
            let _ = write!(text, "{piece} ");
            text
        })
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn no_text_is_too_strange_to_get_an_answer_or_an_error(
        text in prop_oneof![9 => soup(), 1 => ".{0,40}"],
        spaces in any::<bool>(),
    ) {
        let mut db = Tsdb::new(86_400_000);
        let id = gauge(&mut db, "up");
        db.append(id, 0, 1.0);
        let text = if spaces { text } else { text.replace(' ', "") };
        if let Ok(query) = Query::parse(&text) {
            let _ = query.instant(&db, MINUTE);
            let _ = query.range(&db, 0, 10 * MINUTE, MINUTE);
        }
    }
}
