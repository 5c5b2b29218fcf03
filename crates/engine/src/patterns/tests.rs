use fleetscope_model::ClusterId;
use proptest::prelude::*;

use super::*;

fn cluster(number: u8) -> ClusterId {
    let id = format!("00000000-0000-0000-0000-0000000000{number:02}");
    id.parse().unwrap()
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(second).unwrap()
}

fn line(second: i64, text: &str) -> PatternLine {
    PatternLine {
        at: at(second),
        cluster: cluster(1),
        severity: None,
        text: text.to_owned(),
    }
}

fn hour() -> TimeRange {
    TimeRange::new(at(0), at(3_600)).unwrap()
}

fn found(lines: Vec<PatternLine>) -> Patterns {
    patterns(lines, hour(), SignedDuration::from_secs(60), 200)
}

fn of(lines: &[&str]) -> Vec<(u64, String)> {
    let lines = lines.iter().zip(0..).map(|(text, n)| line(n, text));
    let found = found(lines.collect()).patterns.into_iter();
    found.map(|one| (one.count, one.template)).collect()
}

#[test]
fn lines_that_differ_in_numbers_and_names_are_one_pattern() {
    let expected = [
        (
            2,
            "<*> ERROR timeout after <*> calling orders-db for user <*>".to_owned(),
        ),
        (1, "<*> WARN retrying request <*>".to_owned()),
    ];
    let found = of(&[
        "2026-11-22T13:00:00.123Z ERROR timeout after 5000ms calling orders-db for user alice",
        "2026-11-22T13:00:01.456Z ERROR timeout after 5001ms calling orders-db for user bob",
        "2026-11-22T13:00:02.789Z WARN retrying request 77",
    ]);
    assert_eq!(found, expected);
}

#[test]
fn of_a_json_line_its_message_counts_and_of_logfmt_its_keys_stay() {
    let found = of(&[
        r#"{"level":"error","ts":"2026-11-22","msg":"no connection","error":"dial 10.0.0.7:5432"}"#,
        r#"{"ts":1,"msg":"no connection","peer":"b","error":"dial 10.0.0.8:5432","x":[1]}"#,
        "level=info msg=\"order placed\" order=17 total=3.50",
        "level=info msg=\"order placed\" order=18 total=9.99",
    ]);
    assert_eq!(
        found,
        [
            (2, "no connection error=dial <*>".to_owned()),
            (
                2,
                "level=info msg=\"order placed\" order=<*> total=<*>".to_owned()
            ),
        ]
    );
}

#[test]
fn different_errors_stay_apart() {
    let found = of(&["error: disk full on a", "error: permission denied for b"]);
    assert_eq!(found.len(), 2);
}

#[test]
fn an_id_is_that_of_its_template_wherever_and_whenever() {
    let one = found(vec![line(3, "took 35ms"), line(4, "took 9ms")]);
    let other = found(vec![PatternLine {
        cluster: cluster(2),
        ..line(900, "took 1.5s")
    }]);
    assert_eq!(one.patterns[0].id, other.patterns[0].id);
    // What was stored with it must be found again: the value is part of the contract.
    assert_eq!(one.patterns[0].template, "took <*>");
    assert_eq!(one.patterns[0].id, id("took <*>"));
    assert_eq!(id(""), "cbf29ce484222325");
    assert_eq!(id("a"), "af63dc4c8601ec8c");
}

#[test]
fn lines_are_counted_by_window_and_cluster_and_the_worst_severity_is_kept() {
    let mut lines = vec![line(0, "x 1"), line(59, "x 2"), line(60, "x 3")];
    lines.push(PatternLine {
        cluster: cluster(2),
        severity: Some(LogSeverity::Error),
        ..line(3_599, "x 4")
    });
    lines[0].severity = Some(LogSeverity::Warn);
    let pattern = found(lines).patterns.remove(0);
    let counts: Vec<_> = pattern
        .counts
        .iter()
        .map(|(t, n)| (t.as_second(), *n))
        .collect();
    assert_eq!(counts, [(0, 2), (60, 1), (3_540, 1)]);
    assert_eq!(pattern.clusters[&cluster(1)], 3);
    assert_eq!(pattern.clusters[&cluster(2)], 1);
    assert_eq!(pattern.severity, Some(LogSeverity::Error));
    assert_eq!((pattern.first_at, pattern.last_at), (at(0), at(3_599)));
    assert_eq!(pattern.example, "x 1");
}

#[test]
fn windows_and_patterns_are_bounded() {
    let year = TimeRange::new(at(0), at(365 * 86_400)).unwrap();
    let lines: Vec<_> = (0..5_000)
        .map(|n: i64| {
            let word: String = n
                .to_string()
                .bytes()
                .map(|digit| char::from(digit - b'0' + b'a'))
                .collect();
            line(n * 6_000, &format!("{word} {}", "x ".repeat(10_000)))
        })
        .collect();
    let found = patterns(lines, year, SignedDuration::from_secs(1), 200);
    assert!(found.patterns.len() <= 200);
    assert_eq!(found.window.as_secs() * MOST_WINDOWS / 86_400, 365);
    let told: u64 = found.patterns.iter().map(|pattern| pattern.count).sum();
    assert_eq!(told + found.unmatched, 5_000);
    assert!(found.patterns.iter().all(|one| one.template.len() < 2_000));
    assert_eq!(of(&["", "  ", "x"]), [(1, "x".to_owned())]);
}

proptest! {
    /// The order in which lines are given changes nothing, and none is lost.
    #[test]
    fn the_order_does_not_matter(
        words in prop::collection::vec((0..100_i64, "[a-c]{1,2}( [a-c0-9]{1,2}){0,4}"), 0..40)
    ) {
        let lines: Vec<_> = words.iter().map(|(second, text)| line(*second, text)).collect();
        let mut reversed = lines.clone();
        reversed.reverse();
        let one = found(lines);
        let told: u64 = one.patterns.iter().map(|pattern| pattern.count).sum();
        prop_assert_eq!(told as usize, words.len());
        prop_assert_eq!(one, found(reversed));
    }
}
