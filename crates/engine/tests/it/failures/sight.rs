//! What is not seen: kinds of readings that are missing, and what lies outside the window.

use fleetscope_engine::{Input, diagnose};
use fleetscope_model::{Findings, Source, Verdict};

use super::why;
use crate::build::{MINUTE, minutes};
use crate::scenarios::{assert_cause, told};
use crate::town::{Town, at};
use crate::trouble::{bad_release, decoys, with_gap};

fn release(seed: u64) -> Input {
    let mut town = Town::new(seed);
    decoys(&mut town, "billing");
    bad_release(&mut town, "billing", 20);
    town.finish()
}

fn cites(findings: &Findings, wanted: impl Fn(&str) -> bool) -> bool {
    let reasons = findings.candidates.iter().flat_map(|c| &c.reasons);
    reasons.flat_map(|r| &r.evidence).any(|id| wanted(&id.0))
}

#[test]
fn without_logs_and_traces_the_cause_is_found_and_the_gaps_are_told() {
    let mut input = release(61);
    input.logs.clear();
    input.traces.clear();
    let input = with_gap(with_gap(input, Source::Loki), Source::Tempo);
    let findings = told("no-logs-no-traces", &input);
    assert_cause(&findings, &Town::workload("billing"));
    let told = findings.candidates[0]
        .reasons
        .iter()
        .any(|r| r.text.contains("Loki"));
    assert!(told, "{}", why(&findings));
}

#[test]
fn taking_away_one_kind_of_reading_takes_away_its_evidence() {
    let whole = release(62);
    let before = diagnose(&whole);
    let ids = |input: &Input, kind: &str| -> Vec<String> {
        match kind {
            "logs" => input.logs.iter().map(|l| l.evidence.0.clone()).collect(),
            "traces" => input.traces.iter().map(|t| t.evidence.0.clone()).collect(),
            "changes" => input.changes.iter().map(|c| c.evidence.0.clone()).collect(),
            _ => input.signals.iter().map(|s| s.evidence.0.clone()).collect(),
        }
    };
    for kind in ["logs", "traces", "changes", "metrics"] {
        let of_kind = ids(&whole, kind);
        assert!(
            cites(&before, |id| of_kind.iter().any(|k| k == id)),
            "{kind} is cited"
        );
        let mut less = whole.clone();
        match kind {
            "logs" => less.logs.clear(),
            "traces" => less.traces.clear(),
            "changes" => less.changes.clear(),
            _ => less.signals.clear(),
        }
        let after = diagnose(&less);
        assert!(
            !cites(&after, |id| of_kind.iter().any(|k| k == id)),
            "{kind} is not cited"
        );
        assert_ne!(before.candidates, after.candidates, "{kind} counts");
    }
}

#[test]
fn an_alarm_whose_samples_are_gone_still_counts_and_without_it_nothing_is_known() {
    let whole = release(63);
    let alarm = diagnose(&whole).anomalies.first().cloned().unwrap();
    let mut told_only = whole.clone();
    told_only.signals.clear();
    told_only.alarms = vec![alarm.clone()];
    let findings = diagnose(&told_only);
    assert!(findings.anomalies.contains(&alarm), "{}", why(&findings));
    told_only.alarms.clear();
    assert_eq!(diagnose(&told_only).verdict, Verdict::NothingWrong);
}

#[test]
fn what_lies_outside_of_the_window_is_ignored() {
    let input = release(64);
    let before = diagnose(&input);
    let mut more = input.clone();
    // Later than the window: it is not known yet.
    let end = more.window.end.as_millisecond();
    for signal in &mut more.signals {
        let last = signal.series.samples.last().copied().unwrap();
        signal.series.samples.extend((1..30).map(|i| {
            let mut sample = last;
            sample.at_ms = end + i * MINUTE;
            sample.value = last.value * 50.0;
            sample
        }));
    }
    // An alarm long before.
    let mut old = before.anomalies[0].clone();
    old.start = at(60 * 8);
    old.end = old.start.checked_add(minutes(3)).unwrap();
    old.signal = "something else".to_owned();
    more.alarms.push(old);
    let after = diagnose(&more);
    assert_eq!(before.verdict, after.verdict);
    assert_eq!(before.candidates, after.candidates);
    assert_eq!(before.anomalies, after.anomalies);
}
