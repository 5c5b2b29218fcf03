//! Changes and Kubernetes events, each with the evidence by which it is cited.

use std::collections::BTreeMap;

use fleetscope_engine::{ChangeContent, CitedChange, CitedEvent};
use fleetscope_model::{
    Change, ChangeKind, Entity, Evidence, EvidenceId, EvidenceKind, Gap, KubernetesEvent, TimeRange,
};
use jiff::{SignedDuration, Timestamp};

use super::Scope;
use super::evidence::Read;
use crate::{Intelligence, Result};

/// More changes than this in one window are noise; the newest are kept.
const MOST_CHANGES: usize = 500;

/// The same for events, of which a busy cluster has thousands; warnings are kept first.
const MOST_EVENTS: usize = 1_000;

/// How long before the window changes count: a rollout and its effect may lie on both sides of
/// the window's start.
const BEFORE: SignedDuration = SignedDuration::from_mins(30);

/// What happened in a window.
#[derive(Debug, Default)]
pub(super) struct Happenings {
    pub(super) changes: Vec<CitedChange>,
    pub(super) events: Vec<CitedEvent>,
    pub(super) evidence: BTreeMap<EvidenceId, Evidence>,
    pub(super) gaps: Vec<Gap>,
}

impl Intelligence {
    /// What happened in the window, and to what was changed shortly before it.
    pub(super) async fn happenings(&self, scope: &Scope, window: TimeRange) -> Result<Happenings> {
        let selection = scope.selection();
        let range = TimeRange::ending(window.end, window.length() + BEFORE);
        let changes = self.telemetry.changes(&scope.caller, &selection, range);
        let events = self.telemetry.events(&scope.caller, &selection, window);
        let (changes, events) = futures::try_join!(changes, events)?;
        let mut happened = Happenings {
            gaps: changes.gaps,
            ..Happenings::default()
        };
        happened.gaps.extend(events.gaps);
        let changes = newest_changes(changes.items);
        let commits = Commits::of(&changes);
        for change in changes {
            let content = commits.content(&change);
            happened.cite_change(change, content, range);
        }
        for event in weightiest_events(events.items) {
            happened.cite_event(event, window);
        }
        Ok(happened)
    }
}

impl Happenings {
    fn cite_change(&mut self, change: Change, content: Option<ChangeContent>, window: TimeRange) {
        let query = format!("changes of {}", change.entity);
        let result = format!("{} {:?} {}", change.at, change.kind, change.summary);
        let evidence = Read {
            cluster: change.entity.cluster,
            kind: EvidenceKind::Change,
            query: &query,
            window,
        }
        .text(&result, &format!("{} {}", change.at, change.summary));
        self.changes.push(CitedChange {
            change,
            evidence: evidence.id.clone(),
            content,
        });
        self.evidence.insert(evidence.id.clone(), evidence);
    }

    fn cite_event(&mut self, event: KubernetesEvent, window: TimeRange) {
        let query = format!("events of {}", event.entity);
        let result = format!(
            "{} {} {} times from {} to {}: {}",
            event.severity, event.reason, event.count, event.first_at, event.last_at, event.message
        );
        let evidence = Read {
            cluster: event.entity.cluster,
            kind: EvidenceKind::Event,
            query: &query,
            window,
        }
        .text(&result, &result);
        self.events.push(CitedEvent {
            event,
            evidence: evidence.id.clone(),
        });
        self.evidence.insert(evidence.id.clone(), evidence);
    }
}

/// Which commit was brought where, and when.
struct Commits(BTreeMap<(Entity, Timestamp), String>);

impl Commits {
    fn of(changes: &[Change]) -> Self {
        let commits = changes
            .iter()
            .filter(|change| change.kind == ChangeKind::Commit);
        Self(
            commits
                .filter_map(|change| {
                    let commit = change.revision.clone()?;
                    Some(((change.entity.clone(), change.at), commit))
                })
                .collect(),
        )
    }

    /// The commit itself, or of the change that it brought: collectors tell both of the same thing
    /// at the same time. Its message and files are not known.
    fn content(&self, change: &Change) -> Option<ChangeContent> {
        if !matches!(
            change.kind,
            ChangeKind::Commit | ChangeKind::Rollout | ChangeKind::Config
        ) {
            return None;
        }
        let commit = self.0.get(&(change.entity.clone(), change.at))?;
        Some(ChangeContent {
            commit: Some(commit.clone()),
            ..ChangeContent::default()
        })
    }
}

/// Oldest first, the newest kept.
fn newest_changes(mut changes: Vec<Change>) -> Vec<Change> {
    changes.sort_by(|a, b| {
        let key = |change: &Change| (change.at, change.entity.clone(), change.kind);
        key(a).cmp(&key(b)).then_with(|| a.summary.cmp(&b.summary))
    });
    let surplus = changes.len().saturating_sub(MOST_CHANGES);
    changes.split_off(surplus)
}

/// Oldest first; warnings are kept before what is normal, newer before older.
fn weightiest_events(mut events: Vec<KubernetesEvent>) -> Vec<KubernetesEvent> {
    let normal = |event: &KubernetesEvent| event.severity != "Warning";
    events.sort_by(|a, b| {
        let weight = normal(a).cmp(&normal(b));
        weight.then_with(|| b.last_at.cmp(&a.last_at))
    });
    events.truncate(MOST_EVENTS);
    events.sort_by(|a, b| {
        let when = a.last_at.cmp(&b.last_at);
        when.then_with(|| a.entity.cmp(&b.entity))
            .then_with(|| a.reason.cmp(&b.reason))
            .then_with(|| a.message.cmp(&b.message))
    });
    events
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{ClusterId, Entity, EntityKind};
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    #[test]
    fn warnings_are_kept_before_what_is_normal() {
        let cluster = ClusterId::new(Uuid::from_u128(1));
        let event = |severity: &str, second: i64| KubernetesEvent {
            entity: Entity::new(cluster, EntityKind::Pod, "cart-1"),
            severity: severity.to_owned(),
            reason: "BackOff".to_owned(),
            message: String::new(),
            count: 1,
            first_at: Timestamp::from_second(second).unwrap(),
            last_at: Timestamp::from_second(second).unwrap(),
        };
        let mut events: Vec<_> = (1..=1_500).map(|at| event("Normal", at)).collect();
        events.push(event("Warning", 0));
        let kept = weightiest_events(events);
        assert_eq!(kept.len(), MOST_EVENTS);
        assert_eq!(kept[0].severity, "Warning");
        assert_eq!(kept.last().unwrap().last_at.as_second(), 1_500);
    }
}
