//! Investigations that somebody asks for.

use std::sync::Arc;

use fleetscope_engine::Bundle;
use fleetscope_intelligence::InvestigationRequest;
use fleetscope_model::{
    AccessRole, Alert, AlertState, AttributeValue, Attributes, Change, ChangeKind, Edge, EdgeKind,
    Entity, EntityKind, ErrorKind, EvidenceKind, Fault, FoundSpan, FoundTrace, GapKind,
    Investigation, LogLine, Selection, SpanId, Status, TimeRange, TraceSummary,
};
use jiff::Timestamp;

use crate::fakes::spans::Spans;
use crate::fakes::telemetry::{jump, steady};
use crate::fakes::{Fixture, caller, cluster_id, minutes, start};

pub(crate) fn workload(name: &str) -> Entity {
    Entity::new(cluster_id(1), EntityKind::Workload, name).in_namespace("shop")
}

/// A web front end that calls a cart; the cart is slow from an instant on, and the front end with
/// it.
pub(crate) fn slow_cart(fixture: &Fixture, from: Timestamp) {
    let shop = cluster_id(1);
    let metric = "traces_spanmetrics_latency_bucket";
    let telemetry = &fixture.telemetry;
    telemetry.curve(shop, metric, &[("service", "cart")], jump(0.1, 2.0, from));
    telemetry.curve(shop, metric, &[("service", "web")], jump(0.2, 2.1, from));
    telemetry.curve(shop, metric, &[("service", "mail")], |at| steady(0.1, at));
    let calls = [("client", "web"), ("server", "cart")];
    telemetry.curve(
        shop,
        "request_server_seconds_sum",
        &calls,
        jump(0.05, 1.4, from),
    );
    for name in ["web", "cart", "mail"] {
        let labels = [("service", name)];
        telemetry.curve(shop, "status_code=\"STATUS_CODE_ERROR\"", &labels, |_| 0.0);
    }
    telemetry.edge(Edge {
        from: workload("web"),
        to: workload("cart"),
        kind: EdgeKind::Calls,
    });
}

/// A new version of the cart is rolled out.
pub(crate) fn rolled_out(fixture: &Fixture, at: Timestamp) {
    fixture.telemetry.change(Change {
        entity: workload("cart"),
        kind: ChangeKind::Rollout,
        at,
        revision: Some("7".to_owned()),
        summary: "revision 7: image shop/cart:1.8.2 (was 1.8.1)".to_owned(),
    });
}

async fn asked(fixture: &Fixture, window: Option<TimeRange>) -> Investigation {
    let request = InvestigationRequest {
        clusters: Selection::All,
        window,
    };
    let operator = caller(AccessRole::Operator);
    fixture
        .intelligence
        .request_investigation(&operator, request)
        .await
        .unwrap()
}

async fn read(fixture: &Fixture, investigation: &Investigation) -> Investigation {
    let viewer = caller(AccessRole::Viewer);
    fixture
        .intelligence
        .investigation(&viewer, investigation.id)
        .await
        .unwrap()
}

#[tokio::test]
async fn an_investigation_is_told_of_when_it_is_asked_for_and_when_it_is_done() {
    let fixture = Fixture::new(&["shop"]);
    slow_cart(&fixture, start().checked_sub(minutes(15)).unwrap());
    let pending = asked(&fixture, None).await;
    assert_eq!((pending.status, pending.revision), (Status::Pending, 0));
    assert_eq!(pending.window, TimeRange::ending(start(), minutes(60)));
    assert_eq!(fixture.told().await, ["investigation.opened"]);

    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    assert_eq!((done.status, done.revision), (Status::Complete, 1));
    assert!(!done.open);
    assert_eq!(
        fixture.told().await,
        ["investigation.opened", "investigation.updated"]
    );
    assert_eq!(fixture.work().activate().await.did, 0);
}

#[tokio::test]
async fn everything_that_the_findings_cite_is_kept_as_evidence() {
    let fixture = Fixture::new(&["shop"]);
    slow_cart(&fixture, start().checked_sub(minutes(15)).unwrap());
    let pending = asked(&fixture, None).await;
    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    let findings = done.findings.unwrap();
    assert!(!findings.anomalies.is_empty());
    let reasons = findings.candidates.iter().flat_map(|one| &one.reasons);
    let cited = reasons
        .flat_map(|reason| &reason.evidence)
        .chain(findings.anomalies.iter().map(|anomaly| &anomaly.evidence))
        .chain(findings.timeline.iter().flat_map(|entry| &entry.evidence));
    for id in cited {
        assert!(
            done.evidence.iter().any(|evidence| evidence.id == *id),
            "{id}"
        );
    }
}

#[tokio::test]
async fn the_service_whose_rollout_made_it_slow_is_the_cause() {
    let fixture = Fixture::new(&["shop"]);
    slow_cart(&fixture, start().checked_sub(minutes(15)).unwrap());
    rolled_out(&fixture, start().checked_sub(minutes(16)).unwrap());
    let pending = asked(&fixture, None).await;
    fixture.work().activate().await;
    let findings = read(&fixture, &pending).await.findings.unwrap();
    assert_eq!(findings.candidates[0].entity, workload("cart"));
}

#[tokio::test]
async fn the_commit_that_came_with_the_rollout_is_named() {
    let fixture = Fixture::new(&["shop"]);
    let at = start().checked_sub(minutes(16)).unwrap();
    slow_cart(&fixture, start().checked_sub(minutes(15)).unwrap());
    rolled_out(&fixture, at);
    let id = "3f2a1c9d4e5f60718293a4b5c6d7e8f901234567";
    fixture.telemetry.change(Change {
        entity: workload("cart"),
        kind: ChangeKind::Commit,
        at,
        revision: Some(id.to_owned()),
        summary: "brought by Argo CD application argocd/cart".to_owned(),
    });
    let pending = asked(&fixture, None).await;
    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    let attribution = done.findings.unwrap().attribution.unwrap();
    let first = &attribution.suspects[0];
    assert_eq!(first.commit.as_deref(), Some(id), "{attribution:#?}");
    assert_eq!(first.live_at, at);
    let rollouts = attribution.suspects.iter();
    let mut rollouts = rollouts.filter(|s| s.change.kind == ChangeKind::Rollout);
    assert_eq!(rollouts.next(), None, "the rollout only carries the commit");
    assert!(
        done.narrative.join(" ").contains("commit 3f2a1c9d4e"),
        "{:?}",
        done.narrative
    );
}

#[tokio::test]
async fn a_cluster_that_can_not_be_read_at_all_still_gets_an_answer_with_gaps() {
    let fixture = Fixture::new(&["shop", "edge"]);
    slow_cart(&fixture, start().checked_sub(minutes(15)).unwrap());
    fixture
        .telemetry
        .outage(cluster_id(2), GapKind::Unreachable);
    let pending = asked(&fixture, None).await;
    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    assert_eq!(done.status, Status::Complete);
    assert!(done.findings.is_some());
    assert!(done.gaps.iter().any(|gap| gap.cluster == cluster_id(2)));
    assert!(done.gaps.iter().all(|gap| gap.cluster == cluster_id(2)));
}

#[tokio::test]
async fn a_dead_cluster_is_not_asked_every_question_again() {
    let fixture = Fixture::new(&["shop"]);
    fixture
        .telemetry
        .outage(cluster_id(1), GapKind::Unreachable);
    asked(&fixture, None).await;
    fixture.work().activate().await;
    assert!(fixture.telemetry.asked() <= 3);
    fixture.telemetry.outage(cluster_id(1), GapKind::Timeout);
    asked(&fixture, None).await;
    fixture.work().activate().await;
    assert!(fixture.telemetry.asked() <= 5);
}

/// An alert of the shop that fires since an instant.
fn alert(name: &str, severity: &str, labels: &[(&str, &str)], since: Timestamp) -> Alert {
    let own = [("alertname", name), ("severity", severity)];
    let labels = own.iter().chain(labels);
    Alert {
        cluster: cluster_id(1),
        fingerprint: name.to_owned(),
        labels: labels
            .map(|&(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
        annotations: [("summary".to_owned(), format!("{name} says so."))].into(),
        state: AlertState::Active,
        silenced_by: Vec::new(),
        inhibited_by: Vec::new(),
        starts_at: since,
        ends_at: since,
        updated_at: since,
        generator_url: String::new(),
        receivers: Vec::new(),
    }
}

#[tokio::test]
async fn alerts_that_began_to_fire_are_evidence_and_those_that_always_do_are_not() {
    let fixture = Fixture::new(&["shop"]);
    let from = start().checked_sub(minutes(15)).unwrap();
    slow_cart(&fixture, from);
    let cart = [("namespace", "shop"), ("deployment", "cart")];
    let told = [
        alert(
            "CartIsSlow",
            "critical",
            &cart,
            from.checked_add(minutes(5)).unwrap(),
        ),
        alert(
            "SlowForDays",
            "warning",
            &cart,
            from.checked_sub(minutes(3_000)).unwrap(),
        ),
        alert("Watchdog", "none", &[], from),
    ];
    for alert in told {
        fixture.telemetry.alert(alert);
    }
    let pending = asked(&fixture, None).await;
    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    let alerts: Vec<_> = done
        .evidence
        .iter()
        .filter(|evidence| evidence.kind == EvidenceKind::Alert)
        .collect();
    assert_eq!(alerts.len(), 1);
    assert!(alerts[0].query.contains("CartIsSlow"), "{alerts:?}");
    let findings = done.findings.unwrap();
    let first = &findings.candidates[0];
    assert_eq!(first.entity, workload("cart"));
    let reason = first
        .reasons
        .iter()
        .find(|reason| reason.evidence.contains(&alerts[0].id));
    let text = &reason.unwrap().text;
    assert!(
        text.ends_with("the alert CartIsSlow (critical) fires: CartIsSlow says so."),
        "{text}"
    );
    assert!(
        findings
            .timeline
            .iter()
            .any(|entry| entry.evidence.contains(&alerts[0].id))
    );
}

#[tokio::test]
async fn lines_of_what_stands_out_are_read_as_patterns() {
    let fixture = Fixture::new(&["shop"]);
    let from = start().checked_sub(minutes(15)).unwrap();
    slow_cart(&fixture, from);
    let shop = [("namespace", "shop"), ("service_name", "cart")];
    for number in 0..30 {
        fixture.telemetry.line(LogLine {
            cluster: cluster_id(1),
            at: from.checked_add(minutes(number / 3)).unwrap(),
            labels: shop
                .map(|(name, value)| (name.to_owned(), value.to_owned()))
                .into(),
            line: format!(
                "error: lock wait of {number} ms exceeded on order {}",
                100 + number
            ),
        });
    }
    let pending = asked(&fixture, None).await;
    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    assert_eq!(done.status, Status::Complete, "{:?}", done.failure);
    assert!(done.gaps.is_empty(), "{:?}", done.gaps);
}

#[tokio::test]
async fn failing_traces_of_a_failing_service_are_read() {
    let fixture = Fixture::new(&["shop"]);
    let from = start().checked_sub(minutes(15)).unwrap();
    let labels = [("service", "cart")];
    let metric = "status_code=\"STATUS_CODE_ERROR\"";
    fixture
        .telemetry
        .curve(cluster_id(1), metric, &labels, jump(0.001, 0.4, from));
    let trace = TraceSummary {
        cluster: cluster_id(1),
        trace_id: "0af7651916cd43dd8448eb211c80319c".to_owned(),
        root_service: "web".to_owned(),
        root_name: "GET /cart".to_owned(),
        started_at: from.checked_add(minutes(2)).unwrap(),
        duration_ms: 812.0,
        matched_spans: 1,
    };
    fixture.telemetry.trace(trace.clone());
    // What the failing spans say, and whom they had called.
    let spans = Arc::new(Spans::default());
    let said = |name: &str, value: &str| {
        let text = AttributeValue::Text(value.to_owned());
        (name.to_owned(), text)
    };
    spans.found.lock().unwrap().push(FoundTrace {
        summary: trace,
        spans: vec![FoundSpan {
            id: SpanId(1),
            name: "POST /pay".to_owned(),
            start_ns: 0,
            length_ns: 1,
            attributes: Attributes::from([
                said("statusMessage", "card declined by upstream"),
                said("server.address", "api.payments.example.com"),
            ]),
        }],
    });
    let fixture = fixture.with_traces(Arc::clone(&spans) as _);
    let pending = asked(&fixture, None).await;
    fixture.work().activate().await;
    let done = read(&fixture, &pending).await;
    assert_eq!(done.status, Status::Complete, "{:?}", done.failure);
    assert!(!done.findings.unwrap().anomalies.is_empty());
    let whole = caller(AccessRole::Viewer);
    let bundle = fixture.intelligence.replay(&whole, done.id).await.unwrap();
    let samples = Bundle::from_bytes(&bundle).unwrap().input.traces;
    assert_eq!(samples.len(), 1, "{samples:?}");
    assert_eq!(
        samples[0].detail.as_deref(),
        Some("card declined by upstream")
    );
    assert_eq!(samples[0].peer.as_deref(), Some("api.payments.example.com"));
    let asked = spans.asked.lock().unwrap().clone();
    assert_eq!(asked.len(), 1, "a service is asked about once");
    assert!(
        asked[0].starts_with("{ resource.service.name = \"cart\" && status = error } | select("),
        "{asked:?}"
    );
}

#[tokio::test]
async fn windows_that_can_not_be_looked_at_are_refused() {
    let fixture = Fixture::new(&["shop"]);
    let operator = caller(AccessRole::Operator);
    let of = async |window: TimeRange| {
        let request = InvestigationRequest {
            clusters: Selection::All,
            window: Some(window),
        };
        let asked = fixture
            .intelligence
            .request_investigation(&operator, request)
            .await;
        asked.unwrap_err().code()
    };
    let ahead = start().checked_add(minutes(5)).unwrap();
    assert_eq!(
        of(TimeRange::ending(ahead, minutes(60))).await,
        "window_in_future"
    );
    assert_eq!(
        of(TimeRange::ending(start(), minutes(25 * 60))).await,
        "window_too_long"
    );
    assert_eq!(
        of(TimeRange::ending(start(), minutes(0))).await,
        "invalid_window"
    );
}

#[tokio::test]
async fn a_viewer_may_not_ask_for_an_investigation() {
    let fixture = Fixture::new(&["shop"]);
    let request = InvestigationRequest {
        clusters: Selection::All,
        window: None,
    };
    let viewer = caller(AccessRole::Viewer);
    let refused = fixture
        .intelligence
        .request_investigation(&viewer, request)
        .await;
    assert_eq!(refused.unwrap_err().kind(), ErrorKind::Forbidden);
    assert!(fixture.told().await.is_empty());
}
