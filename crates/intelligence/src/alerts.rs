//! Alerts that Alertmanagers tell us of become events.
//!
//! Whatever a notification repeats changes nothing. Its alerts are told of together, by namespace,
//! so that whoever sees a namespace is told of it and of no other. However many alerts come, the
//! event log grows by no more than [`MOST_EVENTS`] a minute and cluster: the alerts themselves are
//! read where they are, at the Alertmanager.

use std::collections::BTreeMap;

use fleetscope_model::{
    Caller, Cluster, ClusterId, ClusterVerb, EventKind, Firing, NewEvent, Part, Permission, Place,
    Received, ReceivedAlert,
};
use jiff::Timestamp;

use crate::service::authorise;
use crate::{Error, Intelligence, Result};

/// Alerts of one notification. Alertmanager's `max_alerts` keeps it below.
const MOST_ALERTS: usize = 10_000;
/// Events that the alerts of one cluster make in a minute.
const MOST_EVENTS: u32 = 60;
/// Names that an event tells.
const NAMED: usize = 5;

/// A notification, as far as it matters.
#[derive(Debug, Clone)]
pub struct Notification {
    /// What its alerts are grouped by, as Alertmanager writes it.
    pub group_key: String,
    /// Its alerts.
    pub alerts: Vec<ReceivedAlert>,
    /// Alerts that were left out of it because there were too many.
    pub truncated: u64,
}

impl Intelligence {
    /// Takes a notification of a cluster's Alertmanager. For whoever may notify, and nobody else.
    pub async fn receive_alerts(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        notification: Notification,
    ) -> Result<Received> {
        authorise(caller, Permission::Notify)?;
        if notification.alerts.len() > MOST_ALERTS {
            let message = format!(
                "the notification holds {} alerts: set max_alerts of the receiver to at most {MOST_ALERTS}",
                notification.alerts.len()
            );
            return Err(Error::invalid("too_many_alerts", "/alerts", message));
        }
        let cluster = self.notified_of(caller, cluster).await?;
        let at = self.clock.now();
        let scene = Scene {
            cluster: cluster.id,
            name: cluster.name().to_owned(),
            actor: caller.name.clone(),
            at,
            truncated: notification.truncated,
        };
        let tell = |changed: &[&ReceivedAlert], before: u32| scene.events(changed, before);
        let alerts = &notification.alerts;
        let received = self
            .store
            .alerts
            .receive(cluster.id, alerts, at, &tell)
            .await?;
        tracing::debug!(?received, group = notification.group_key, "alerts received");
        Ok(received)
    }
}

impl Intelligence {
    /// The cluster of a notification. Whoever notifies need not be one who reads; one that reads is
    /// told of no cluster that it may not see.
    async fn notified_of(&self, caller: &Caller, id: ClusterId) -> Result<Cluster> {
        if !self.access.may(caller, id, ClusterVerb::Get).await? {
            return Err(fleetscope_ports::Error::not_found("cluster", &id).into());
        }
        Ok(self.store.clusters.get(id).await?)
    }
}

/// What all events of a notification have in common.
struct Scene {
    cluster: ClusterId,
    name: String,
    actor: String,
    at: Timestamp,
    truncated: u64,
}

impl Scene {
    /// One event for what began, and one for what ended, in each namespace; in the minute that has
    /// had too many, one that says so, and then none.
    fn events(&self, changed: &[&ReceivedAlert], before: u32) -> Vec<NewEvent> {
        if before > MOST_EVENTS {
            return Vec::new();
        }
        let mut parts: BTreeMap<(Firing, Option<&str>), Vec<&ReceivedAlert>> = BTreeMap::new();
        for alert in changed {
            let namespace = alert.labels.get("namespace").map(String::as_str);
            let namespace = namespace.filter(|name| !name.is_empty());
            parts
                .entry((alert.firing, namespace))
                .or_default()
                .push(alert);
        }
        let room = (MOST_EVENTS - before) as usize;
        let too_many = parts.len() > room;
        let parts = parts.into_iter().take(room);
        let mut events: Vec<NewEvent> = parts
            .map(|((firing, namespace), alerts)| self.event(firing, namespace, &alerts))
            .collect();
        if too_many || before + events.len() as u32 >= MOST_EVENTS {
            events.push(self.more());
        }
        events
    }

    fn event(
        &self,
        firing: Firing,
        namespace: Option<&str>,
        alerts: &[&ReceivedAlert],
    ) -> NewEvent {
        let (kind, what) = match firing {
            Firing::Firing => (EventKind::AlertFiring, "firing"),
            Firing::Resolved => (EventKind::AlertResolved, "resolved"),
        };
        let within = namespace.map_or_else(String::new, |name| format!(", namespace {name}"));
        let count = match alerts.len() {
            1 => "an alert".to_owned(),
            count => format!("{count} alerts"),
        };
        let left_out = match self.truncated {
            0 => String::new(),
            count => format!(" ({count} more were left out of the notification)"),
        };
        let summary = format!(
            "{count} {what} on {}{within}: {}{left_out}",
            self.name,
            names(alerts)
        );
        let part = namespace.map_or(Part::Platform, |name| Part::Namespace(name.to_owned()));
        self.about(kind, summary, part)
    }

    fn more(&self) -> NewEvent {
        let summary = format!(
            "more alerts of {} change than are told of one by one: read them at its Alertmanager",
            self.name
        );
        self.about(EventKind::AlertFiring, summary, Part::Record)
    }

    fn about(&self, kind: EventKind, summary: String, part: Part) -> NewEvent {
        NewEvent {
            at: self.at,
            kind,
            subject: self.cluster.to_string(),
            actor: self.actor.clone(),
            summary,
            places: vec![Place {
                cluster: self.cluster,
                part,
            }],
        }
    }
}

/// The alerts by name, each once, the most frequent first.
fn names(alerts: &[&ReceivedAlert]) -> String {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    for alert in alerts {
        let name = alert.labels.get("alertname").map_or("", String::as_str);
        *counts.entry(shown(name)).or_default() += 1;
    }
    let mut counts: Vec<(String, usize)> = counts.into_iter().collect();
    counts.sort_by(|a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    let more = counts.len().saturating_sub(NAMED);
    let told = counts
        .into_iter()
        .take(NAMED)
        .map(|(name, count)| match count {
            1 => name,
            count => format!("{name} ({count})"),
        });
    let mut told: Vec<String> = told.collect();
    if more > 0 {
        told.push(format!("and {more} more"));
    }
    told.join(", ")
}

/// A foreign name on one line, not longer than names are.
fn shown(name: &str) -> String {
    let plain: String = name.chars().filter(|c| !c.is_control()).take(100).collect();
    if plain.is_empty() {
        "an alert without a name".to_owned()
    } else {
        plain
    }
}

#[cfg(test)]
mod tests {
    use fleetscope_model::Labels;
    use uuid::Uuid;

    use super::*;

    fn alert(name: &str, namespace: &str, firing: Firing) -> ReceivedAlert {
        let mut labels = Labels::from([("alertname".to_owned(), name.to_owned())]);
        if !namespace.is_empty() {
            labels.insert("namespace".to_owned(), namespace.to_owned());
        }
        ReceivedAlert {
            fingerprint: format!("{name}{namespace}"),
            labels,
            firing,
            starts_at: Timestamp::UNIX_EPOCH,
        }
    }

    fn told(alerts: &[ReceivedAlert], before: u32) -> Vec<(EventKind, String, Part)> {
        let scene = Scene {
            cluster: ClusterId::new(Uuid::nil()),
            name: "shop".to_owned(),
            actor: "token:a".to_owned(),
            at: Timestamp::UNIX_EPOCH,
            truncated: 0,
        };
        let alerts: Vec<&ReceivedAlert> = alerts.iter().collect();
        let events = scene.events(&alerts, before).into_iter();
        events
            .map(|event| (event.kind, event.summary, event.places[0].part.clone()))
            .collect()
    }

    #[test]
    fn alerts_are_told_of_together_by_namespace() {
        use super::Firing::{Firing, Resolved};
        let alerts = [
            alert("Crash\nLoop", "till", Firing),
            alert("Slow", "till", Firing),
            alert("Slow", "till", Firing),
            alert("Slow", "bank", Resolved),
            alert("NodeDown", "", Firing),
        ];
        let namespace = |name: &str| Part::Namespace(name.to_owned());
        let told: Vec<_> = told(&alerts, 0);
        let expected = [
            (
                EventKind::AlertFiring,
                "an alert firing on shop: NodeDown",
                Part::Platform,
            ),
            (
                EventKind::AlertFiring,
                "3 alerts firing on shop, namespace till: Slow (2), CrashLoop",
                namespace("till"),
            ),
            (
                EventKind::AlertResolved,
                "an alert resolved on shop, namespace bank: Slow",
                namespace("bank"),
            ),
        ];
        assert_eq!(
            told,
            expected.map(|(kind, summary, part)| (kind, summary.to_owned(), part))
        );
    }

    #[test]
    fn a_storm_is_told_of_by_so_many_events_and_one_that_says_that_there_is_more() {
        let many: Vec<_> = (0..100)
            .map(|n| alert("A", &format!("n{n}"), Firing::Firing))
            .collect();
        let first = told(&many, 0);
        assert_eq!(first.len(), 61);
        assert!(first[60].1.starts_with("more alerts of shop"));
        assert_eq!(told(&many, 61).len(), 0);
        assert_eq!(told(&many[..1], 59).len(), 2);
        assert_eq!(told(&many[..1], 58).len(), 1);
    }
}
