//! Which change did it: what holds whatever the case.

use fleetscope_engine::{ChangeContent, CitedChange, Input, diagnose, narrate};
use fleetscope_model::{
    Attribution, Blame, Change, ChangeKind, Entity, EntityKind, SignalRole, Stance,
};

use crate::build::cluster;
use crate::town::{Kind, Town, at, shifted};
use crate::trouble::slow;

const MEMORY: Kind = Kind::new("memory used", SignalRole::Resource, "bytes", 1e6);

fn commit(town: &mut Town, id: &str, ago: i64, path: &str, diff: &str) {
    let evidence = town.cite();
    town.input.changes.push(CitedChange {
        change: Change {
            entity: Entity::new(cluster(1), EntityKind::Cluster, "town"),
            kind: ChangeKind::Commit,
            at: at(ago),
            revision: None,
            summary: format!("change {id}"),
        },
        evidence,
        content: Some(ChangeContent {
            commit: Some(id.to_owned()),
            message: format!("change {id}"),
            paths: vec![path.to_owned()],
            diff: Some(diff.to_owned()),
            flag: None,
        }),
    });
}

const CUT: &str = "-\tctx, c := context.WithTimeout(ctx, 4*time.Second)\n+\tctx, c := context.WithTimeout(ctx, 90*time.Millisecond)\n";
const WIDENED: &str = "-\tctx, c := context.WithTimeout(ctx, 90*time.Millisecond)\n+\tctx, c := context.WithTimeout(ctx, 4*time.Second)\n";

/// A release of two commits, after which calls run into their deadline.
fn deadline(first: &str, second: &str, release_ago: i64) -> Input {
    let mut town = Town::new(81);
    commit(&mut town, "first", 50, "quotes/client.go", first);
    commit(&mut town, "second", 45, "quotes/other.go", second);
    town.rollout("quotes", release_ago, 5);
    town.fails.insert("quotes", shifted(0.0, 0.4, 20, 1));
    town.log(
        "quotes",
        19,
        500,
        "ERROR fetch failed: context deadline exceeded",
    );
    town.finish()
}

fn attributed(input: &Input) -> Attribution {
    diagnose(input).attribution.unwrap()
}

#[test]
fn the_commit_that_can_do_it_is_blamed_whichever_comes_first() {
    let inert = "-\treturn list(x)\n+\treturn listAll(x)\n";
    for (one, other, right) in [(CUT, inert, "first"), (inert, CUT, "second")] {
        let found = attributed(&deadline(one, other, 22));
        assert_eq!(found.blame, Blame::Change, "{found:#?}");
        assert_eq!(
            found.suspects[0].commit.as_deref(),
            Some(right),
            "{found:#?}"
        );
    }
}

#[test]
fn a_change_that_came_after_the_trouble_is_not_blamed() {
    let found = attributed(&deadline(CUT, WIDENED, 8));
    assert_ne!(found.blame, Blame::Change, "{found:#?}");
}

#[test]
fn more_patience_does_not_bring_deadlines_about() {
    let cut = attributed(&deadline(CUT, "-\ta(b)\n+\tc(b)\n", 22));
    let widened = attributed(&deadline(WIDENED, "-\ta(b)\n+\tc(b)\n", 22));
    let of = |found: &Attribution| {
        let first = found
            .suspects
            .iter()
            .find(|s| s.commit.as_deref() == Some("first"));
        first.map_or(0.0, |s| s.confidence.0)
    };
    assert!(of(&cut) > 2.0 * of(&widened), "{cut:#?} {widened:#?}");
}

#[test]
fn a_leak_is_blamed_on_the_release_at_its_beginning_and_not_on_the_one_before_the_crash() {
    let mut town = Town::new(82);
    let grows = "+var seen = map[string]Entry{}\n+\tseen[id] = entry\n";
    commit(&mut town, "leaks", 60, "basket/seen.go", grows);
    commit(
        &mut town,
        "recent",
        16,
        "basket/page.go",
        "-\treturn a(x)\n+\treturn b(x)\n",
    );
    town.rollout("basket", 55, 5);
    town.rollout("basket", 15, 6);
    town.series(
        Town::workload("basket"),
        MEMORY,
        &shifted(2e8, 5e8, 55, 52),
        0.004,
    );
    slow(&mut town, "basket", 14.0, 13);
    town.log("basket", 13, 3, "ERROR out of memory: heap exhausted");
    let found = attributed(&town.finish());
    assert_eq!(
        found.suspects[0].commit.as_deref(),
        Some("leaks"),
        "{found:#?}"
    );
}

/// One sync that rolls out two workloads, of which one fails since.
fn synced(id: &str) -> Input {
    let mut town = Town::new(81);
    for name in ["quotes", "basket"] {
        town.rollout(name, 22, 5);
        let named = Some(ChangeContent {
            commit: Some(id.to_owned()),
            ..ChangeContent::default()
        });
        let evidence = town.cite();
        let rollout = town.input.changes.last_mut().unwrap();
        rollout.content.clone_from(&named);
        let change = Change {
            kind: ChangeKind::Commit,
            revision: Some(id.to_owned()),
            summary: "brought by Argo CD application argocd/town".to_owned(),
            ..rollout.change.clone()
        };
        town.input.changes.push(CitedChange {
            change,
            evidence,
            content: named,
        });
    }
    town.fails.insert("quotes", shifted(0.0, 0.4, 20, 1));
    town.finish()
}

#[test]
fn a_commit_that_was_brought_to_several_is_suspected_once_and_where_it_did_it() {
    let id = "3f2a1c9d4e5f60718293a4b5c6d7e8f901234567";
    let input = synced(id);
    let found = attributed(&input);
    let of_id = found
        .suspects
        .iter()
        .filter(|s| s.commit.as_deref() == Some(id));
    assert_eq!(of_id.count(), 1, "{found:#?}");
    let first = &found.suspects[0];
    assert_eq!(first.change.kind, ChangeKind::Commit, "{found:#?}");
    assert_eq!(first.change.entity, Town::workload("quotes"));
    assert_eq!(found.blame, Blame::Change, "{found:#?}");
    // Who reads the story gets the commit by its name, and how it came.
    let findings = diagnose(&input);
    let story = narrate(&findings, &input.clusters).join(" ");
    assert!(story.contains("commit 3f2a1c9d4e of workload"), "{story}");
    assert!(story.contains("brought by Argo CD application"), "{story}");
}

#[test]
fn a_commit_of_which_no_rollout_was_seen_weighs_less() {
    let seen = synced("3f2a1c9d4e5f60718293a4b5c6d7e8f901234567");
    let mut unseen = seen.clone();
    let commits = |c: &CitedChange| c.change.kind == ChangeKind::Commit;
    unseen.changes.retain(commits);
    let of = |input: &Input| attributed(input).suspects[0].confidence.0;
    assert!(of(&unseen) < of(&seen));
}

#[test]
fn every_reason_cites_what_was_read_and_some_speak_against() {
    let input = deadline(CUT, "-\ta(b)\n+\tc(b)\n", 22);
    let found = attributed(&input);
    let suspects = found.suspects.iter().flat_map(|s| &s.reasons);
    let reasons: Vec<_> = suspects.chain(&found.otherwise_reasons).collect();
    assert!(
        reasons.iter().all(|reason| !reason.evidence.is_empty()),
        "{reasons:#?}"
    );
    assert!(
        reasons
            .iter()
            .any(|reason| reason.stance == Stance::Against)
    );
    let sum: f64 = found.suspects.iter().map(|s| s.confidence.0).sum();
    assert!(sum + found.otherwise.0 <= 1.001, "{found:#?}");
}

#[test]
fn a_diff_of_any_bytes_does_no_harm() {
    for diff in [
        "",
        "+",
        "-\n+\n",
        "@@",
        "+é\u{0}\n-漢",
        "+for x in y {\n",
        &"+a(b)\n".repeat(9000),
    ] {
        let found = attributed(&deadline(diff, diff, 22));
        assert!(found.otherwise.0.is_finite());
    }
}
