//! Opening an investigation.

use fleetscope_model::{
    Anomaly, EventKind, Investigation, InvestigationId, NewEvent, Origin, PageRequest, Status,
    TimeRange, Verdict,
};
use jiff::{SignedDuration, Timestamp};

use super::alarms::Raised;
use super::groups::Group;
use super::memory::Memory;
use super::round::Round;
use super::{conclude, system};
use crate::gather::{Scope, shortened};
use crate::investigations::perform::{conclusion, places};
use crate::{Intelligence, Result};

/// A new symptom so soon after an investigation of the same clusters was closed, while what raised
/// that one still goes on, belongs to it.
const SAME_INCIDENT_WITHIN: SignedDuration = SignedDuration::from_mins(30);

/// While what raised an investigation goes on, mere suspicions in its clusters are no news for so
/// long after it was closed.
const EXPLAINED_FOR: SignedDuration = SignedDuration::from_hours(6);

impl Intelligence {
    /// Does with alarms what is to be done where no investigation is open for their clusters:
    /// takes up again the one that was closed too soon, or opens one. Says whether one is open now.
    pub(super) async fn raise(
        &self,
        group: &Group,
        raised: Raised,
        round: &Round,
        memory: &mut Memory,
    ) -> Result<bool> {
        let closed = self.closed_while_going_on(group, round.now, memory).await?;
        let Raised {
            mut symptoms,
            suspicions,
        } = raised;
        match closed {
            Some(_) if symptoms.is_empty() => Ok(false),
            Some(closed) if round.now.duration_since(closed.updated_at) <= SAME_INCIDENT_WITHIN => {
                let closed_again = self.follow(closed, symptoms, round, memory).await?;
                Ok(!closed_again)
            }
            _ => {
                symptoms.extend(suspicions);
                self.open(group, symptoms, round, memory).await
            }
        }
    }

    /// The newest investigation of these clusters that was closed while its alarms go on.
    async fn closed_while_going_on(
        &self,
        group: &Group,
        now: Timestamp,
        memory: &Memory,
    ) -> Result<Option<Investigation>> {
        let page = PageRequest {
            after: None,
            limit: 50,
        };
        let recent = self.store.investigations.list(&page).await?;
        Ok(recent.items.into_iter().find(|investigation| {
            investigation.origin == Origin::Watch
                && !investigation.open
                && investigation.failure.is_none()
                && now.duration_since(investigation.updated_at) <= EXPLAINED_FOR
                && investigation.clusters.keys().any(|id| group.contains(id))
                && conclude::goes_on(&investigation.alarms, now, memory)
        }))
    }

    /// Takes a first look, and opens an investigation if it agrees that something is wrong. The
    /// look comes first so that a false alarm leaves no trace that anybody would be called by;
    /// killed in between, the next round raises the same alarm.
    async fn open(
        &self,
        group: &Group,
        alarms: Vec<Anomaly>,
        round: &Round,
        memory: &mut Memory,
    ) -> Result<bool> {
        let now = round.now;
        let scope = Scope {
            caller: system(),
            clusters: names_of(group, round),
            gaps: Vec::new(),
        };
        let window = conclude::window(&alarms, now, self.options.lead_in);
        let pass = self.pass(scope, window, alarms.clone(), now).await?;
        if pass.findings.verdict == Verdict::NothingWrong {
            let why = pass.findings.reasoning.last().map_or("", String::as_str);
            for alarm in &alarms {
                tracing::debug!(signal = alarm.signal, entity = %alarm.entity, why, "no incident");
                memory.decline(alarm, now);
            }
            return Ok(false);
        }
        let mut investigation = self.new_investigation(alarms, window, now);
        let concluded = conclusion(&pass.findings);
        let input = pass.write_into(&mut investigation, now);
        self.recall(&mut investigation).await;
        self.keep_replay(&investigation, input).await;
        let events = [
            opened(&investigation, round),
            event(&investigation, EventKind::InvestigationUpdated, &concluded),
        ];
        self.store
            .investigations
            .put(&investigation, &events)
            .await?;
        for alarm in &investigation.alarms {
            memory.investigates(alarm);
        }
        Ok(true)
    }

    fn new_investigation(
        &self,
        alarms: Vec<Anomaly>,
        window: TimeRange,
        now: Timestamp,
    ) -> Investigation {
        Investigation {
            id: InvestigationId::new(self.ids.next(now)),
            origin: Origin::Watch,
            requested_by: system().name,
            asker: None,
            created_at: now,
            updated_at: now,
            revision: 0,
            status: Status::Pending,
            open: true,
            clusters: std::collections::BTreeMap::new(),
            window,
            alarms,
            findings: None,
            narrative: Vec::new(),
            evidence: Vec::new(),
            gaps: Vec::new(),
            failure: None,
            ended: None,
            fingerprint: None,
            recurrence: Vec::new(),
        }
    }
}

fn names_of(
    group: &Group,
    round: &Round,
) -> std::collections::BTreeMap<fleetscope_model::ClusterId, String> {
    let names = round.names.iter();
    names
        .filter(|(id, _)| group.contains(id))
        .map(|(id, name)| (*id, name.clone()))
        .collect()
}

/// An event of the investigation, at its last change.
pub(super) fn event(investigation: &Investigation, kind: EventKind, summary: &str) -> NewEvent {
    NewEvent {
        at: investigation.updated_at,
        kind,
        subject: investigation.id.to_string(),
        actor: system().name,
        summary: shortened(summary, 300),
        places: places(investigation),
    }
}

fn opened(investigation: &Investigation, round: &Round) -> NewEvent {
    let summary = match investigation.alarms.split_first() {
        Some((first, rest)) => {
            let name = round
                .names
                .get(&first.entity.cluster)
                .map_or("", String::as_str);
            let more = match rest.len() {
                0 => String::new(),
                count => format!(" (and {count} more)"),
            };
            format!("{name}: {}: {}{more}", first.entity, first.why)
        }
        None => "opened".to_owned(),
    };
    event(investigation, EventKind::InvestigationOpened, &summary)
}
