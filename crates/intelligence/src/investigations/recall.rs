//! Has the same gone wrong before? What is alike is found when an investigation is concluded, among
//! all that are kept; what is told of it is decided when it is read, with the rights of whoever
//! reads.

use fleetscope_engine::recurrence::SAME;
use fleetscope_engine::{fingerprint, narrate, similarity};
use fleetscope_model::{
    Caller, Earlier, Fingerprint, Investigation, KeptFingerprint, Origin, Recurrence, Verdict,
};
use jiff::{SignedDuration, Timestamp};

use crate::Intelligence;
use crate::gather::compute;

/// Earlier investigations that are compared, newest first. A thousand fingerprints are a megabyte
/// and take a few milliseconds.
const COMPARED: u32 = 1_000;

/// What is longer ago is another system.
const LOOKED_BACK: SignedDuration = SignedDuration::from_hours(180 * 24);

/// So many that are alike are kept, newest first: a reader may see few of them.
const KEPT: usize = 50;

/// So many are told.
const TOLD: usize = 10;

impl Intelligence {
    /// Writes into the investigation what kind of trouble it found, and which earlier ones found the
    /// same. An investigation does not fail because nobody can say whether it was there before.
    pub(crate) async fn recall(&self, investigation: &mut Investigation) {
        investigation.fingerprint = investigation.findings.as_ref().and_then(fingerprint);
        let Some(own) = investigation.fingerprint.clone() else {
            investigation.recurrence.clear();
            return;
        };
        let id = investigation.id;
        let (began, opened) = (began(investigation), investigation.created_at);
        let kept = match self.store.investigations.fingerprints(id, COMPARED).await {
            Ok(kept) => kept,
            Err(error) => {
                tracing::warn!(investigation = %id, %error, "earlier ones could not be compared");
                return;
            }
        };
        match compute(move || alike(&own, kept, began, opened)).await {
            Ok(alike) => investigation.recurrence = alike,
            Err(error) => {
                tracing::warn!(investigation = %id, %error, "earlier ones could not be compared");
            }
        }
    }

    /// Puts in words, for a reader, which earlier investigations found the same: of those that it
    /// may see, what it may see. The others are not there, and are not counted.
    pub(crate) async fn remember(&self, caller: &Caller, investigation: &mut Investigation) {
        let mut told = Vec::new();
        for mut one in std::mem::take(&mut investigation.recurrence) {
            if told.len() == TOLD {
                break;
            }
            let id = one.investigation;
            match self.visible_investigation(caller, id).await {
                Ok(Some(earlier)) => {
                    one.told = Some(what_it_says(&earlier));
                    told.push(one);
                }
                Ok(None) => {}
                Err(error) => {
                    tracing::warn!(investigation = %id, %error, "an earlier one was not told");
                }
            }
        }
        let clusters = &investigation.clusters;
        let text = narrate::recurrence(&told, investigation.created_at, clusters);
        investigation.narrative.extend(text);
        investigation.recurrence = told;
    }
}

/// Those of which the trouble is the same, newest first. What goes on since the other looked is no
/// second time.
fn alike(
    own: &Fingerprint,
    kept: Vec<KeptFingerprint>,
    began: Timestamp,
    opened: Timestamp,
) -> Vec<Recurrence> {
    let earlier = kept.into_iter().filter(|other| {
        other.until < began && opened.duration_since(other.created_at) <= LOOKED_BACK
    });
    let weighed = earlier.map(|other| Recurrence {
        investigation: other.investigation,
        similarity: similarity(own, &other.fingerprint),
        told: None,
    });
    let alike = weighed.filter(|one| one.similarity >= SAME);
    alike.take(KEPT).collect()
}

/// When its trouble began: with what raised it, else with its cause.
fn began(investigation: &Investigation) -> Timestamp {
    let raised = investigation.alarms.iter().map(|alarm| alarm.start).min();
    let found = investigation.findings.as_ref();
    let cause = found.and_then(|found| found.candidates.first());
    let unusual = found.into_iter().flat_map(|found| &found.anomalies);
    raised
        .or_else(|| cause.map(|cause| cause.onset))
        .or_else(|| unusual.map(|anomaly| anomaly.start).min())
        .unwrap_or(investigation.window.start)
}

fn what_it_says(earlier: &Investigation) -> Earlier {
    let found = earlier.findings.as_ref();
    let cause = found
        .filter(|found| found.verdict == Verdict::Cause)
        .and_then(|found| found.candidates.first());
    Earlier {
        created_at: earlier.created_at,
        cause: cause.map(|cause| cause.entity.clone()),
        mechanism: cause.map(|cause| cause.mechanism.clone()),
        ended: ended(earlier),
    }
}

fn ended(earlier: &Investigation) -> String {
    match (&earlier.ended, earlier.open, earlier.origin) {
        (_, true, _) => "it is still followed".to_owned(),
        (Some(why), ..) => why.clone(),
        (None, _, Origin::Request) => "it was asked for, and not followed".to_owned(),
        (None, _, Origin::Watch) => "it was given up".to_owned(),
    }
}
