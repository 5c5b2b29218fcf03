//! Trouble that comes again is known again, by those who may see the time before.

use std::collections::BTreeSet;
use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_intelligence::InvestigationRequest;
use fleetscope_model::{
    AccessRole, Aspect, Caller, ClusterId, ClusterVerb, Edge, EdgeKind, Entity, EntityKind,
    Investigation, InvestigationId, PageRequest, Selection, Sight, Status,
};
use fleetscope_ports::{Access, Result, Unasked};
use jiff::Timestamp;

use crate::fakes::telemetry::steady;
use crate::fakes::{Fixture, caller, cluster_id, minutes, start};

/// Callers see whole clusters, by the digits in their names: `token:one-1` sees the first.
struct ByNumber;

impl ByNumber {
    fn knows(caller: &Caller, cluster: ClusterId) -> bool {
        let digits = caller.name.chars().filter_map(|char| char.to_digit(10));
        digits
            .into_iter()
            .any(|digit| cluster_id(u128::from(digit)) == cluster)
    }
}

#[async_trait]
impl Access for ByNumber {
    fn sees_all(&self, caller: &Caller) -> bool {
        caller.name.starts_with("system:")
    }

    async fn may(&self, caller: &Caller, cluster: ClusterId, _: ClusterVerb) -> Result<bool> {
        Ok(Self::knows(caller, cluster))
    }

    async fn sight(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        _: Aspect,
        _: Option<&BTreeSet<String>>,
    ) -> std::result::Result<Sight, Unasked> {
        if Self::knows(caller, cluster) {
            Ok(Sight::Whole)
        } else {
            Ok(Sight::Namespaces(BTreeSet::new()))
        }
    }
}

fn reader(name: &str) -> Caller {
    Caller {
        name: format!("token:{name}"),
        ..caller(AccessRole::Operator)
    }
}

fn after(hours: i64) -> Timestamp {
    start().checked_add(minutes(60 * hours)).unwrap()
}

/// A steady value that is another in the twenty minutes that began a quarter before each of some
/// hours.
fn at_hours(usual: f64, meanwhile: f64, hours: &'static [i64]) -> impl Fn(Timestamp) -> f64 {
    move |now| {
        let troubled = hours.iter().any(|hour| {
            let since = now.duration_since(after(*hour)).as_mins();
            (-15..5).contains(&since)
        });
        steady(if troubled { meanwhile } else { usual }, now)
    }
}

/// In a cluster, a web front end that calls a cart and a mailer apart from them: the cart is slow at
/// some hours, and the front end with it; the mailer fails at others.
fn shop(fixture: &Fixture, cluster: ClusterId, slow: &'static [i64], fails: &'static [i64]) {
    let telemetry = &fixture.telemetry;
    let metric = "traces_spanmetrics_latency_bucket";
    let curve = |service: &str, usual: f64, meanwhile: f64| {
        let shape = at_hours(usual, meanwhile, slow);
        telemetry.curve(cluster, metric, &[("service", service)], shape);
    };
    curve("cart", 0.1, 2.0);
    curve("web", 0.2, 2.1);
    curve("mail", 0.1, 0.1);
    for name in ["web", "cart", "mail"] {
        let hours = if name == "mail" { fails } else { &[] };
        let shape = at_hours(0.001, 0.4, hours);
        let metric = "status_code=\"STATUS_CODE_ERROR\"";
        telemetry.curve(cluster, metric, &[("service", name)], shape);
    }
    let workload =
        |name: &str| Entity::new(cluster, EntityKind::Workload, name).in_namespace("shop");
    telemetry.edge(Edge {
        from: workload("web"),
        to: workload("cart"),
        kind: EdgeKind::Calls,
    });
    telemetry.edge(Edge {
        from: workload("desk"),
        to: workload("mail"),
        kind: EdgeKind::Calls,
    });
}

/// Somebody who sees everything asks about a cluster now.
async fn asked(fixture: &Fixture, cluster: u128) -> InvestigationId {
    let request = InvestigationRequest {
        clusters: Selection::Only(vec![cluster_id(cluster)]),
        window: None,
    };
    let asker = reader("both-12");
    let asked = fixture.intelligence.request_investigation(&asker, request);
    let pending = asked.await.unwrap();
    fixture.work().activate().await;
    pending.id
}

async fn read(fixture: &Fixture, name: &str, id: InvestigationId) -> Investigation {
    let read = fixture.intelligence.investigation(&reader(name), id).await;
    let read = read.unwrap();
    assert_eq!(read.status, Status::Complete, "{:?}", read.failure);
    let found = read.findings.as_ref().unwrap();
    assert!(!found.anomalies.is_empty(), "nothing stood out");
    read
}

fn told(investigation: &Investigation) -> Vec<InvestigationId> {
    let all = investigation.recurrence.iter();
    assert!(all.clone().all(|one| one.told.is_some()));
    all.map(|one| one.investigation).collect()
}

#[tokio::test]
async fn the_second_of_two_alike_names_the_first_and_other_trouble_does_not() {
    let fixture = Fixture::with_access(&["shop"], Arc::new(ByNumber));
    shop(&fixture, cluster_id(1), &[0, 6, 18], &[12]);
    let first = asked(&fixture, 1).await;
    assert_eq!(told(&read(&fixture, "both-12", first).await), []);

    fixture.advance(6 * 60);
    let second = asked(&fixture, 1).await;
    let second_read = read(&fixture, "both-12", second).await;
    assert_eq!(told(&second_read), [first]);
    let one = &second_read.recurrence[0];
    assert!(one.similarity > 0.9, "{}", one.similarity);
    let earlier = one.told.as_ref().unwrap();
    assert_eq!(earlier.created_at, start());
    assert_eq!(earlier.ended, "it was asked for, and not followed");
    let last = second_read.narrative.last().unwrap();
    assert!(
        last.starts_with("Seen before, 6 h earlier (similarity ")
            && last.contains(&first.to_string()),
        "{last}"
    );

    fixture.advance(6 * 60);
    let other = asked(&fixture, 1).await;
    let other = read(&fixture, "both-12", other).await;
    assert_eq!(told(&other), []);
    assert!(!other.narrative.concat().contains("Seen before"));

    fixture.advance(6 * 60);
    let third = asked(&fixture, 1).await;
    assert_eq!(
        told(&read(&fixture, "both-12", third).await),
        [second, first],
        "newest first"
    );
}

#[tokio::test]
async fn a_second_look_at_the_same_trouble_is_no_second_time() {
    let fixture = Fixture::with_access(&["shop"], Arc::new(ByNumber));
    shop(&fixture, cluster_id(1), &[0], &[]);
    asked(&fixture, 1).await;
    fixture.advance(2);
    let again = asked(&fixture, 1).await;
    assert_eq!(told(&read(&fixture, "both-12", again).await), []);
}

#[tokio::test]
async fn what_is_longer_ago_than_half_a_year_is_forgotten() {
    let fixture = Fixture::with_access(&["shop"], Arc::new(ByNumber));
    shop(&fixture, cluster_id(1), &[0, 24 * 179, 24 * 400], &[]);
    let first = asked(&fixture, 1).await;
    fixture.advance(179 * 24 * 60);
    let second = asked(&fixture, 1).await;
    assert_eq!(told(&read(&fixture, "both-12", second).await), [first]);
    fixture.advance(221 * 24 * 60);
    let third = asked(&fixture, 1).await;
    assert_eq!(told(&read(&fixture, "both-12", third).await), []);
}

#[tokio::test]
async fn the_time_before_in_a_cluster_that_a_reader_may_not_see_is_not_there_and_not_counted() {
    let fixture = Fixture::with_access(&["shop", "annex"], Arc::new(ByNumber));
    shop(&fixture, cluster_id(1), &[6, 12], &[]);
    shop(&fixture, cluster_id(2), &[0], &[]);
    let elsewhere = asked(&fixture, 2).await;
    fixture.advance(6 * 60);
    let here = asked(&fixture, 1).await;
    assert_eq!(told(&read(&fixture, "both-12", here).await), [elsewhere]);
    let hers = read(&fixture, "one-1", here).await;
    assert_eq!(told(&hers), []);
    assert!(!hers.narrative.concat().contains("Seen before"));
    assert!(!format!("{hers:?}").contains(&elsewhere.to_string()));

    fixture.advance(6 * 60);
    let again = asked(&fixture, 1).await;
    assert_eq!(
        told(&read(&fixture, "both-12", again).await),
        [here, elsewhere]
    );
    let hers = read(&fixture, "one-1", again).await;
    assert_eq!(told(&hers), [here]);
    let last = hers.narrative.last().unwrap();
    assert!(
        last.contains(&here.to_string()) && !last.contains("alike, too"),
        "{last}"
    );
    // What can be read by its id and what recurs go by the same check.
    let refused = fixture
        .intelligence
        .investigation(&reader("one-1"), elsewhere)
        .await;
    assert!(refused.is_err());
}

#[tokio::test]
async fn lists_tell_nothing_of_what_recurs() {
    let fixture = Fixture::with_access(&["shop"], Arc::new(ByNumber));
    shop(&fixture, cluster_id(1), &[0, 6], &[]);
    asked(&fixture, 1).await;
    fixture.advance(6 * 60);
    asked(&fixture, 1).await;
    let page = PageRequest {
        after: None,
        limit: 10,
    };
    let listed = fixture
        .intelligence
        .investigations(&reader("both-12"), &page)
        .await;
    let recurring = listed
        .unwrap()
        .items
        .into_iter()
        .flat_map(|one| one.recurrence);
    assert!(recurring.into_iter().all(|one| one.told.is_none()));
}

#[tokio::test]
async fn what_watches_followed_tells_how_it_ended() {
    let fixture = Fixture::with_access(&["shop"], Arc::new(ByNumber));
    shop(&fixture, cluster_id(1), &[1, 7], &[]);
    fixture.rounds(120).await;
    fixture.advance(4 * 60);
    fixture.rounds(80).await;
    let all = fixture.shelf.investigations();
    let watched: Vec<_> = all.iter().map(|one| one.id).collect();
    assert_eq!(watched.len(), 2, "{watched:?}");
    let second = read(&fixture, "both-12", watched[1]).await;
    assert_eq!(told(&second), [watched[0]]);
    let earlier = second.recurrence[0].told.as_ref().unwrap();
    assert_eq!(earlier.ended, "the symptoms have ended");
}
