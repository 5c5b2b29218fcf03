use super::*;

fn surest(diff: &str) -> Risk {
    risks(diff).into_iter().next().unwrap_or(Risk {
        text: String::new(),
        expects: &[],
        strength: 0.0,
    })
}

#[test]
fn a_call_for_each_item_is_seen_in_several_languages() {
    let go = "+\tfor _, user := range users {\n+\t\tp, err := s.profiles.Get(ctx, user.ID)\n+\t}\n";
    let python =
        "+    for user in users:\n+        profile = self.session.execute(stmt, user.id)\n";
    let kept = " for (User user : users) {\n-    names.add(user.name());\n+    names.add(client.fetchName(user.id()));\n }\n";
    for diff in [go, python, kept] {
        let risk = surest(diff);
        assert!(risk.text.contains("loop"), "{diff}: {risk:?}");
        assert!(risk.expects.contains(&Topic::Latency));
    }
    let outside =
        "+\tfor _, user := range users {\n+\t\tn++\n+\t}\n+\tp, err := s.profiles.Get(ctx, id)\n";
    assert!(!risks(outside).iter().any(|r| r.text.contains("loop")));
}

#[test]
fn a_bound_that_is_gone_is_seen_and_one_that_moved_is_not() {
    let gone = "-\tq := `SELECT id FROM t ORDER BY at LIMIT 100`\n+\tq := `SELECT id FROM t ORDER BY at`\n";
    assert!(surest(gone).text.contains("bound"));
    let moved = "-\tq := base + \" LIMIT 100\"\n+\tq := base + limit(100)\n";
    assert!(!risks(moved).iter().any(|r| r.text.contains("bound")));
}

#[test]
fn what_only_grows_is_seen_and_what_lets_go_is_not() {
    let grows = "+var seen = map[string]Entry{}\n+func note(e Entry) {\n+\tseen[e.ID] = e\n+}\n";
    assert!(surest(grows).expects.contains(&Topic::Memory));
    let bounded = format!("{grows}+\tif len(seen) > maxSeen {{ evictOldest(seen) }}\n");
    assert!(
        !risks(&bounded)
            .iter()
            .any(|r| r.text.contains("never lets go"))
    );
    let local = "+\tout := []string{}\n+\tout = append(out, x)\n";
    assert!(
        !risks(local)
            .iter()
            .any(|r| r.text.contains("never lets go"))
    );
}

#[test]
fn what_was_sent_together_and_now_goes_one_by_one_is_seen() {
    let diff =
        "-\tdb.BulkInsert(rows)\n+\tfor _, row := range rows {\n+\t\tdb.Insert(ctx, row)\n+\t}\n";
    let found = risks(diff);
    assert!(
        found.iter().any(|r| r.text.contains("one by one")),
        "{found:?}"
    );
}

#[test]
fn a_handle_that_is_not_closed_any_more_is_seen() {
    let diff = " rows, err := db.Query(q)\n-\tdefer rows.Close()\n return scan(rows)\n";
    assert!(surest(diff).text.contains("give back"));
}

#[test]
fn a_larger_step_of_a_version_counts_more() {
    let patch = surest("-\texample.com/lib v1.2.3\n+\texample.com/lib v1.2.4\n");
    let minor = surest("-\texample.com/lib v1.2.3\n+\texample.com/lib v1.5.0\n");
    assert!(minor.strength > patch.strength && patch.strength > 0.0);
}

#[test]
fn moves_comments_and_log_lines_change_nothing_that_runs() {
    assert!(is_inert("-\treturn f(x)\n+\t// why\n+\treturn f(x)\n"));
    assert!(is_inert(
        "-    LOG_DEBUG(log, \"a\");\n+    LOG_INFO(log, \"a b\");\n"
    ));
    assert!(!is_inert("-\treturn f(x)\n+\treturn g(x)\n"));
}

#[test]
fn files_that_do_not_run_are_known_by_their_kind() {
    for path in [
        "docs/a.md",
        "pkg/x/x_test.go",
        ".github/workflows/ci.yml",
        "web/a.css",
        "CODEOWNERS",
    ] {
        assert!(never_runs(path), "{path}");
    }
    for path in [
        "src/main.rs",
        "go.mod",
        "config/app.yaml",
        "services/ad/main.go",
    ] {
        assert!(!never_runs(path), "{path}");
    }
}
