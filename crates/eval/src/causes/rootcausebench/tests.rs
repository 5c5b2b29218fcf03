use std::fmt::Write as _;
use std::fs;

use super::*;

/// A case as the corpus writes them, made up for the test: a deadline cut by a deploy.
fn write_case(folder: &Path) {
    let data = folder.join("data");
    fs::create_dir_all(data.join("context")).unwrap();
    let minute = |n: i64| {
        let begin: jiff::Timestamp = "2026-01-05T10:00:00Z".parse().unwrap();
        begin + jiff::SignedDuration::from_mins(n)
    };
    let mut csv = "timestamp,service,metric,value\n".to_owned();
    for n in 0..70 {
        let failing = if n >= 50 {
            0.4
        } else {
            0.002 + 0.0005 * (n % 3) as f64
        };
        let at = minute(n);
        writeln!(csv, "{at},orders,rpc_client_error_rate,{failing}").unwrap();
    }
    fs::write(data.join("metrics.csv"), csv).unwrap();
    let alert = format!(
        r#"{{"service":"orders","metric":"rpc_client_error_rate","threshold":0.02,"observed":0.4,
            "fired_at":"{}","summary":"orders fails"}}"#,
        minute(53)
    );
    fs::write(data.join("alert.json"), alert).unwrap();
    let log = format!(
        "{{\"timestamp\":\"{}\",\"service\":\"orders\",\"severity_text\":\"ERROR\",\"msg\":\"stock lookup failed: deadline exceeded\"}}\n",
        minute(50)
    );
    fs::write(data.join("logs.ndjson"), log).unwrap();
    let commits = format!(
        r#"[{{"sha":"aaaa","timestamp":"{}","message":"tidy stock client","files_changed":["orders/stock.go"],
             "diff":"-\tctx, c := context.WithTimeout(ctx, 3*time.Second)\n+\tctx, c := context.WithTimeout(ctx, 200*time.Millisecond)\n"}},
            {{"sha":"bbbb","timestamp":"{}","message":"docs: words","files_changed":["docs/a.md"],"diff":null}}]"#,
        minute(45),
        minute(47)
    );
    fs::write(data.join("context/commits.json"), commits).unwrap();
    let deploys = format!(
        r#"[{{"timestamp":"{}","service":"orders","commit_sha":"aaaa","version":"v1"}}]"#,
        minute(48)
    );
    fs::write(data.join("context/deploys.json"), deploys).unwrap();
}

#[test]
fn a_case_is_answered_before_the_truth_is_read() {
    let root = std::env::temp_dir().join(format!("fleetscope-rcb-{}", std::process::id()));
    let folder = root.join(FOLDER).join("cut-deadline");
    write_case(&folder);
    let answered = answer(&folder).expect("an answer needs no truth");
    assert_eq!(answered.answer, "aaaa", "{:#?}", answered.attribution);
    assert!(
        scored(&root).is_err(),
        "without the truth there is no score"
    );
    fs::write(
        folder.join("ground_truth.json"),
        r#"{"root_cause_commit":"aaaa"}"#,
    )
    .unwrap();
    let scored = scored(&root).unwrap();
    assert!(scored[0].is_right());
    let table = run(&root).unwrap().figures;
    assert!((table[0].interval.value - 1.0).abs() < f64::EPSILON);
    fs::remove_dir_all(&root).unwrap();
}
