//! Replay bundles: what an investigation looked at, kept beside it, for whoever may see all of it.

use std::collections::BTreeSet;

use bytes::Bytes;
use fleetscope_engine::{Bundle, Input};
use fleetscope_model::{
    Aspect, Caller, ErrorKind, Fault, Investigation, InvestigationId, Permission,
};

use crate::gather::compute;
use crate::service::authorise;
use crate::visible::{Eyes, absent};
use crate::{Error, Intelligence, Result};

/// Every bundle lies below this key.
const PREFIX: &str = "replays/";

/// The largest bundle that is kept: an investigation of two thousand series over an hour and its
/// history stays below it.
const MOST_BYTES: usize = 48 * 1024 * 1024;

/// A bundle holds readings of every kind.
const ASPECTS: [Aspect; 5] = [
    Aspect::Metrics,
    Aspect::Logs,
    Aspect::Changes,
    Aspect::Events,
    Aspect::Objects,
];

fn key(id: InvestigationId) -> String {
    format!("{PREFIX}{id}.json")
}

impl Intelligence {
    /// Keeps what the newest findings rest on. An investigation does not fail because its bundle
    /// can't be kept: it is then not there.
    pub(crate) async fn keep_replay(&self, investigation: &Investigation, input: Input) {
        let id = investigation.id;
        let Some(findings) = investigation.findings.clone() else {
            return;
        };
        let written =
            compute(move || Bundle::new(id.to_string(), input, findings).to_bytes()).await;
        let bytes = match written {
            Ok(Ok(bytes)) if bytes.len() <= MOST_BYTES => bytes,
            Ok(Ok(bytes)) => {
                tracing::warn!(investigation = %id, bytes = bytes.len(), "too large to replay");
                return;
            }
            Ok(Err(error)) => {
                tracing::warn!(investigation = %id, %error, "can't be written for a replay");
                return;
            }
            Err(error) => {
                tracing::warn!(investigation = %id, %error, "can't be written for a replay");
                return;
            }
        };
        if let Err(error) = self.store.objects.put(&key(id), Bytes::from(bytes)).await {
            tracing::warn!(investigation = %id, %error, "its replay bundle was not kept");
        }
    }

    /// What an investigation looked at, as a bundle that can be replayed without a server.
    ///
    /// Needs `Read`, and sight of everything in all of its clusters, for a bundle can't be had in
    /// part: `NotFound` where nothing of the investigation is seen, `Forbidden`
    /// (`replay_forbidden`) where a part is, `Conflict` (`replay_not_kept`) where there is none of
    /// its newest findings.
    pub async fn replay(&self, caller: &Caller, id: InvestigationId) -> Result<Bytes> {
        authorise(caller, Permission::Read)?;
        self.found("investigation", &id, self.visible_investigation(caller, id))
            .await?;
        // As it is stored: what is seen of it may be less.
        let Some(investigation) = absent(self.store.investigations.get(id).await)? else {
            return Err(fleetscope_ports::Error::not_found("investigation", &id).into());
        };
        let mut eyes = Eyes::of(self, caller);
        let clusters: Vec<_> = investigation.clusters.keys().copied().collect();
        let whole = eyes.see_all() || eyes.see_whole(&clusters, &BTreeSet::from(ASPECTS)).await?;
        if !whole {
            return Err(Error::NotWhole(id));
        }
        let bytes = match self.store.objects.get(&key(id)).await {
            Ok(bytes) => bytes,
            Err(error) if error.kind() == ErrorKind::NotFound => return Err(Error::NoReplay(id)),
            Err(error) => return Err(error.into()),
        };
        let (checked, findings) = (bytes.clone(), investigation.findings);
        let is_newest = compute(move || {
            let bundle = Bundle::from_bytes(&checked);
            bundle.is_ok_and(|bundle| Some(bundle.findings) == findings)
        });
        if is_newest.await? {
            Ok(bytes)
        } else {
            Err(Error::NoReplay(id))
        }
    }
}
