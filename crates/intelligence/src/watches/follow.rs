//! Following an open investigation: going through it again with newer data.

use fleetscope_model::{Anomaly, EventKind, Fault, Investigation, Status};

use super::conclude::{agree, goes_on, is_over, settled, window};
use super::memory::Memory;
use super::open::event;
use super::round::Round;
use super::system;
use crate::investigations::perform::conclusion;
use crate::{Error, Intelligence, Result};

impl Intelligence {
    /// Goes through the investigation again with the alarms that join it, stores it if it has
    /// changed, and closes it if it has settled. Says whether it is closed now.
    pub(super) async fn follow(
        &self,
        stored: Investigation,
        joining: Vec<Anomaly>,
        round: &Round,
        memory: &mut Memory,
    ) -> Result<bool> {
        let now = round.now;
        let joins = !joining.is_empty();
        let alarms = merged(&stored.alarms, joining, round);
        let scope = match self.scope(system(), &stored.clusters).await {
            Ok(scope) => scope,
            Err(error @ Error::Invalid { .. }) => return self.give_up(stored, &error, round).await,
            Err(error) => return Err(error),
        };
        let window = window(&alarms, now, self.options.lead_in);
        let pass = self.pass(scope, window, alarms.clone(), now).await?;
        let before = stored.findings.as_ref();
        let over = before.is_some_and(|before| is_over(before, &pass.findings));
        let same = before.is_some_and(|before| agree(before, &pass.findings));
        let agreeing = memory.count_pass(stored.id, same && !joins);
        let unseen = stored.clusters.keys().any(|id| round.blind.contains(id));
        let goes_on = unseen || goes_on(&alarms, now, memory);

        let mut revised = stored.clone();
        revised.alarms = alarms;
        let looked_at = if over {
            revised.revision += 1;
            revised.updated_at = now;
            None
        } else {
            Some(pass.write_into(&mut revised, now))
        };
        let closing = settled(&revised, now, agreeing, goes_on);
        revised.open = closing.is_none();
        revised.ended = closing.map(str::to_owned);
        let changed = (!same && !over) || joins || !stored.open;
        if let Some(input) = looked_at.filter(|_| changed || closing.is_some()) {
            self.recall(&mut revised).await;
            self.keep_replay(&revised, input).await;
        }
        self.store_revision(&revised, changed, closing).await?;
        for alarm in &revised.alarms {
            memory.investigates(alarm);
        }
        if closing.is_some() {
            memory.stop_counting(stored.id);
        }
        Ok(closing.is_some())
    }

    /// Stores the revision if anybody is to be told of it, with the events that tell.
    async fn store_revision(
        &self,
        revised: &Investigation,
        changed: bool,
        closing: Option<&'static str>,
    ) -> Result<()> {
        let concluded = revised
            .findings
            .as_ref()
            .map(conclusion)
            .unwrap_or_default();
        let mut events = Vec::new();
        if changed {
            events.push(event(revised, EventKind::InvestigationUpdated, &concluded));
        }
        if let Some(why) = closing {
            let summary = format!("{why}; {concluded}");
            events.push(event(revised, EventKind::InvestigationClosed, &summary));
        }
        if !events.is_empty() {
            self.store.investigations.put(revised, &events).await?;
        }
        Ok(())
    }

    /// Closes an investigation whose clusters are all gone.
    async fn give_up(
        &self,
        mut investigation: Investigation,
        error: &Error,
        round: &Round,
    ) -> Result<bool> {
        investigation.open = false;
        investigation.revision += 1;
        investigation.updated_at = round.now;
        investigation.failure = Some(error.message());
        if investigation.findings.is_none() {
            investigation.status = Status::Failed;
        }
        let kind = EventKind::InvestigationClosed;
        let events = [event(&investigation, kind, &error.message())];
        self.store
            .investigations
            .put(&investigation, &events)
            .await?;
        Ok(true)
    }
}

/// The alarms with those that join, each as the round has just seen it.
fn merged(stored: &[Anomaly], joining: Vec<Anomaly>, round: &Round) -> Vec<Anomaly> {
    let mut alarms: Vec<Anomaly> = stored.to_vec();
    for alarm in &mut alarms {
        let seen = round
            .anomalies
            .iter()
            .filter(|anomaly| Memory::same_series(anomaly, alarm) && anomaly.end >= alarm.start)
            .max_by_key(|anomaly| anomaly.end);
        let blind = round.blind.contains(&alarm.entity.cluster);
        match seen {
            Some(seen) => {
                // The same trouble began when it was first seen to, however the history has moved
                // since.
                let start = seen.start.min(alarm.start);
                *alarm = Anomaly {
                    start,
                    ..seen.clone()
                };
            }
            None if !blind => alarm.ongoing = false,
            None => {}
        }
    }
    for alarm in joining {
        if !alarms
            .iter()
            .any(|known| Memory::same_series(known, &alarm))
        {
            alarms.push(alarm);
        }
    }
    alarms
}
