//! Reports: written, read, removed, whatever breaks in between.

use fleetscope_intelligence::InvestigationRequest;
use fleetscope_model::{
    AccessRole, ErrorKind, Fault, InvestigationId, PageRequest, Report, Selection,
};

use crate::fakes::shelf::Failure;
use crate::fakes::{Fixture, caller, minutes, start};
use crate::investigations::{rolled_out, slow_cart};

/// A service with one investigation that is done.
async fn investigated() -> (Fixture, InvestigationId) {
    let fixture = Fixture::new(&["shop"]);
    slow_cart(&fixture, start().checked_sub(minutes(15)).unwrap());
    rolled_out(&fixture, start().checked_sub(minutes(16)).unwrap());
    let request = InvestigationRequest {
        clusters: Selection::All,
        window: None,
    };
    let operator = caller(AccessRole::Operator);
    let asked = fixture
        .intelligence
        .request_investigation(&operator, request)
        .await
        .unwrap();
    fixture.work().activate().await;
    (fixture, asked.id)
}

async fn listed(fixture: &Fixture) -> Vec<Report> {
    let page = PageRequest {
        after: None,
        limit: 500,
    };
    let viewer = caller(AccessRole::Viewer);
    fixture
        .intelligence
        .reports(&viewer, &page)
        .await
        .unwrap()
        .items
}

/// Every report that is listed can be read, and every text belongs to a report once swept.
async fn assert_consistent(fixture: &Fixture) {
    let viewer = caller(AccessRole::Viewer);
    let listed = listed(fixture).await;
    for report in &listed {
        let (_, text) = fixture
            .intelligence
            .report_text(&viewer, report.id)
            .await
            .unwrap();
        assert_eq!(text.len() as u64, report.bytes);
    }
    fixture.advance(120);
    fixture.sweep().activate().await;
    let texts: Vec<String> = fixture.shelf.texts().into_keys().collect();
    let mut named: Vec<String> = listed.into_iter().map(|report| report.object).collect();
    named.sort();
    assert_eq!(texts, named);
}

#[tokio::test]
async fn a_report_tells_of_the_investigation_and_cites_its_evidence() {
    let (fixture, id) = investigated().await;
    let operator = caller(AccessRole::Operator);
    let report = fixture
        .intelligence
        .write_report(&operator, id, None)
        .await
        .unwrap();
    assert_eq!(report.investigation_revision, 1);
    let (_, text) = fixture
        .intelligence
        .report_text(&operator, report.id)
        .await
        .unwrap();
    let text = String::from_utf8(text.to_vec()).unwrap();
    assert!(text.starts_with("# "), "{text}");
    for heading in [
        "Summary",
        "What stood out",
        "Timeline",
        "What could not be read",
        "Evidence",
    ] {
        assert!(
            text.contains(&format!("\n## {heading}\n")),
            "{heading}\n{text}"
        );
    }
    let cited = text.matches("(#ev-").count();
    let pieces = text.matches("\n### ev-").count();
    assert!(cited > 0 && pieces > 0, "{text}");
    assert_eq!(fixture.told().await.last(), Some(&"report.created"));
}

#[tokio::test]
async fn the_same_revision_gives_the_same_text() {
    let (fixture, id) = investigated().await;
    let operator = caller(AccessRole::Operator);
    let first = fixture
        .intelligence
        .write_report(&operator, id, None)
        .await
        .unwrap();
    fixture.advance(30);
    let second = fixture
        .intelligence
        .write_report(&operator, id, None)
        .await
        .unwrap();
    assert_ne!(first.id, second.id);
    assert_eq!(first.sha256, second.sha256);
}

#[tokio::test]
async fn an_investigation_without_findings_can_not_be_reported() {
    let fixture = Fixture::new(&["shop"]);
    let request = InvestigationRequest {
        clusters: Selection::All,
        window: None,
    };
    let operator = caller(AccessRole::Operator);
    let asked = fixture
        .intelligence
        .request_investigation(&operator, request)
        .await
        .unwrap();
    let refused = fixture
        .intelligence
        .write_report(&operator, asked.id, None)
        .await
        .unwrap_err();
    assert_eq!(
        (refused.kind(), refused.code()),
        (ErrorKind::Conflict, "investigation_unfinished")
    );
    assert!(fixture.shelf.texts().is_empty());
}

#[tokio::test]
async fn a_title_is_one_line_of_bounded_length() {
    let (fixture, id) = investigated().await;
    let operator = caller(AccessRole::Operator);
    for title in ["", "  ", "two\nlines", &"x".repeat(201)] {
        let title = Some(title.to_owned());
        let refused = fixture
            .intelligence
            .write_report(&operator, id, title)
            .await
            .unwrap_err();
        assert_eq!(refused.code(), "invalid_title");
    }
    let title = Some(" Cart | slow # again ".to_owned());
    let report = fixture
        .intelligence
        .write_report(&operator, id, title)
        .await
        .unwrap();
    assert_eq!(report.title, "Cart | slow # again");
    let (_, text) = fixture
        .intelligence
        .report_text(&operator, report.id)
        .await
        .unwrap();
    assert!(text.starts_with(b"# Cart \\| slow \\# again\n"));
}

#[tokio::test]
async fn writing_that_breaks_at_any_call_leaves_no_half_report() {
    for failure in [Failure::Before, Failure::After] {
        for call in 1.. {
            let (fixture, id) = investigated().await;
            let operator = caller(AccessRole::Operator);
            fixture.shelf.fail(call, failure);
            let written = fixture.intelligence.write_report(&operator, id, None).await;
            let calls = fixture.shelf.mend();
            if calls < call {
                assert!(written.is_ok());
                break;
            }
            assert!(written.is_err());
            assert_consistent(&fixture).await;
            assert!(
                fixture
                    .intelligence
                    .write_report(&operator, id, None)
                    .await
                    .is_ok()
            );
            assert_consistent(&fixture).await;
        }
    }
}

#[tokio::test]
async fn removing_that_breaks_at_any_call_leaves_no_half_report() {
    for failure in [Failure::Before, Failure::After] {
        for call in 1..=3 {
            let (fixture, id) = investigated().await;
            let operator = caller(AccessRole::Operator);
            let report = fixture
                .intelligence
                .write_report(&operator, id, None)
                .await
                .unwrap();
            fixture.shelf.fail(call, failure);
            let removed = fixture
                .intelligence
                .delete_report(&operator, report.id)
                .await;
            assert_eq!(fixture.shelf.mend().min(3), call);
            // It is looked at, then the record goes: once that is gone the report is, whatever
            // becomes of the text.
            assert_eq!(removed.is_ok(), call == 3);
            assert_consistent(&fixture).await;
        }
    }
}

#[tokio::test]
async fn a_removed_report_is_gone_with_its_text() {
    let (fixture, id) = investigated().await;
    let operator = caller(AccessRole::Operator);
    let report = fixture
        .intelligence
        .write_report(&operator, id, None)
        .await
        .unwrap();
    fixture
        .intelligence
        .delete_report(&operator, report.id)
        .await
        .unwrap();
    assert!(fixture.shelf.texts().is_empty());
    assert_eq!(fixture.told().await.last(), Some(&"report.deleted"));
    let gone = fixture
        .intelligence
        .delete_report(&operator, report.id)
        .await
        .unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
    let gone = fixture
        .intelligence
        .report_text(&operator, report.id)
        .await
        .unwrap_err();
    assert_eq!(gone.kind(), ErrorKind::NotFound);
}

#[tokio::test]
async fn a_text_that_was_changed_or_lost_is_not_served() {
    let (fixture, id) = investigated().await;
    let operator = caller(AccessRole::Operator);
    let report = fixture
        .intelligence
        .write_report(&operator, id, None)
        .await
        .unwrap();
    fixture.shelf.put_object(&report.object, "something else");
    let refused = fixture
        .intelligence
        .report_text(&operator, report.id)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "report_damaged");
    fleetscope_ports::Objects::delete(&*fixture.shelf, &report.object)
        .await
        .unwrap();
    let refused = fixture
        .intelligence
        .report_text(&operator, report.id)
        .await
        .unwrap_err();
    assert_eq!(refused.code(), "report_damaged");
}

#[tokio::test]
async fn a_viewer_reads_reports_and_changes_none() {
    let (fixture, id) = investigated().await;
    let operator = caller(AccessRole::Operator);
    let viewer = caller(AccessRole::Viewer);
    let refused = fixture
        .intelligence
        .write_report(&viewer, id, None)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
    let report = fixture
        .intelligence
        .write_report(&operator, id, None)
        .await
        .unwrap();
    let refused = fixture
        .intelligence
        .delete_report(&viewer, report.id)
        .await
        .unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::Forbidden);
    assert_eq!(
        fixture
            .intelligence
            .report(&viewer, report.id)
            .await
            .unwrap(),
        report
    );
    assert_eq!(listed(&fixture).await.len(), 1);
}
