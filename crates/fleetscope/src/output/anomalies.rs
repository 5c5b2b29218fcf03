//! What an anomaly analysis found, for people.

use fleetscope_client::wire::{Anomaly, AnomalyAnalysis, AnomalyEvent, Severity};
use jiff::Timestamp;

use super::{clock, entity, gaps, table, time};

/// A row: how bad, where, what, since, until, why.
type Row = [String; 6];

/// The analysis as a table: a row for each event, and below one of several members a row for each of
/// them.
pub(crate) fn anomalies(analysis: &AnomalyAnalysis) -> String {
    let mut text = format!(
        "Analysis {}: {} to {}, {}\n",
        analysis.id,
        time(analysis.start),
        clock(analysis.end),
        count(analysis.clusters.len(), "cluster", "clusters"),
    );
    if let Some(failure) = &analysis.failure {
        text.push_str(failure);
    } else if analysis.anomalies.is_empty() {
        text.push_str("Nothing unusual.");
    } else {
        text.push_str(&tally(analysis));
        text.push_str(&table(
            ["SEVERITY", "WHERE", "SIGNAL", "SINCE", "UNTIL", "WHY"],
            rows(analysis),
        ));
    }
    text + &gaps(&analysis.gaps)
}

fn tally(analysis: &AnomalyAnalysis) -> String {
    let anomalies = count(analysis.anomalies.len(), "anomaly", "anomalies");
    match analysis.events.len() {
        events if events == analysis.anomalies.len() => format!("{anomalies}\n\n"),
        events => format!("{anomalies} in {}\n\n", count(events, "event", "events")),
    }
}

fn rows(analysis: &AnomalyAnalysis) -> Vec<Row> {
    // A server that knows no events answers without them.
    if analysis.events.is_empty() {
        return analysis.anomalies.iter().map(|one| row(one, "")).collect();
    }
    let mut rows = Vec::new();
    for event in &analysis.events {
        let places = event.members.iter().map(|place| *place as usize);
        let members: Vec<&Anomaly> = places.filter_map(|i| analysis.anomalies.get(i)).collect();
        if let [only] = members.as_slice() {
            rows.push(row(only, ""));
        } else {
            rows.push(heading(event));
            rows.extend(members.iter().map(|member| row(member, "  ")));
        }
    }
    rows
}

fn row(anomaly: &Anomaly, indent: &str) -> Row {
    [
        format!("{indent}{}", severity(anomaly.severity)),
        entity(&anomaly.entity),
        anomaly.signal.clone(),
        clock(anomaly.start),
        until(anomaly.end, anomaly.ongoing),
        anomaly.why.clone(),
    ]
}

fn heading(event: &AnomalyEvent) -> Row {
    let things = match event.entities.as_slice() {
        [only] => entity(only),
        several => count(several.len(), "thing", "things"),
    };
    let clusters = match event.clusters.len() {
        0 | 1 => String::new(),
        several => format!(" on {several} clusters"),
    };
    [
        severity(event.severity),
        format!("{things}{clusters}"),
        count(event.members.len(), "signal", "signals"),
        clock(event.start),
        until(event.end, event.ongoing),
        event.why.clone(),
    ]
}

fn severity(severity: Severity) -> String {
    format!("{severity:?}").to_lowercase()
}

fn until(end: Timestamp, ongoing: bool) -> String {
    if ongoing {
        "ongoing".to_owned()
    } else {
        clock(end)
    }
}

fn count(number: usize, one: &str, several: &str) -> String {
    match number {
        1 => format!("1 {one}"),
        _ => format!("{number} {several}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::*;

    fn anomaly(name: &str, severity: &str, why: &str) -> Value {
        json!({
            "entity": entity_of(name), "signal": "latency", "role": "latency", "unit": "seconds",
            "labels": {}, "start": "2026-03-01T10:02:00Z", "end": "2026-03-01T10:09:00Z",
            "ongoing": name == "cart", "peak_at": "2026-03-01T10:04:00Z", "peak": 2.0,
            "expected": {"low": 0.1, "center": 0.2, "high": 0.3}, "score": 9.0,
            "severity": severity, "detectors": [], "why": why, "evidence": "ev-1",
        })
    }

    fn entity_of(name: &str) -> Value {
        let cluster = "00000000-0000-0000-0000-000000000001";
        json!({"cluster": cluster, "kind": "workload", "namespace": "shop", "name": name})
    }

    fn analysis(events: bool) -> AnomalyAnalysis {
        let event = |members: Value, names: &[&str], why: &str| {
            json!({
                "start": "2026-03-01T10:02:00Z", "end": "2026-03-01T10:09:00Z", "ongoing": true,
                "peak_at": "2026-03-01T10:04:00Z", "severity": "high",
                "entities": names.iter().map(|name| entity_of(name)).collect::<Vec<_>>(),
                "clusters": ["00000000-0000-0000-0000-000000000001"],
                "members": members, "ties": [], "why": why,
            })
        };
        let two = event(json!([0, 2]), &["cart", "db"], "cart calls db");
        let one = event(json!([1]), &["mail"], "mail fell");
        let value = json!({
            "id": "00000000-0000-0000-0000-000000000009", "origin": "request",
            "requested_by": "ada", "created_at": "2026-03-01T10:10:00Z", "status": "complete",
            "clusters": ["00000000-0000-0000-0000-000000000001"], "watches": [],
            "start": "2026-03-01T09:10:00Z", "end": "2026-03-01T10:10:00Z", "step_seconds": 60.0,
            "sensitivity": "MEDIUM",
            "anomalies": [
                anomaly("cart", "high", "cart rose"),
                anomaly("mail", "low", "mail fell"),
                anomaly("db", "medium", "db rose"),
            ],
            "events": if events { json!([two, one]) } else { json!([]) },
            "evidence": [], "gaps": [],
        });
        serde_json::from_value(value).unwrap()
    }

    #[test]
    fn members_stand_below_their_event_and_what_is_alone_by_itself() {
        let text = anomalies(&analysis(true));
        let lines: Vec<Vec<&str>> = text
            .lines()
            .map(|line| {
                line.split("  ")
                    .map(str::trim)
                    .filter(|c| !c.is_empty())
                    .collect()
            })
            .collect();
        assert_eq!(lines[1], ["3 anomalies in 2 events"]);
        let of = |at: usize, cells: [&str; 6]| assert_eq!(lines[at], cells, "{text}");
        of(
            4,
            [
                "high",
                "2 things",
                "2 signals",
                "10:02:00",
                "ongoing",
                "cart calls db",
            ],
        );
        of(
            5,
            [
                "high",
                "workload shop/cart",
                "latency",
                "10:02:00",
                "ongoing",
                "cart rose",
            ],
        );
        of(
            6,
            [
                "medium",
                "workload shop/db",
                "latency",
                "10:02:00",
                "10:09:00",
                "db rose",
            ],
        );
        of(
            7,
            [
                "low",
                "workload shop/mail",
                "latency",
                "10:02:00",
                "10:09:00",
                "mail fell",
            ],
        );
        assert!(text.lines().nth(5).unwrap().starts_with("  high"), "{text}");
        assert_eq!(lines.len(), 8);
    }

    #[test]
    fn an_answer_without_events_shows_every_anomaly() {
        let text = anomalies(&analysis(false));
        for why in ["cart rose", "mail fell", "db rose"] {
            assert!(text.contains(why), "{text}");
        }
    }
}
