//! Every credential under the active key: asked for by somebody, kept as a wish in the store,
//! carried out by a task a few at a time.
//!
//! For each credential the envelope is replaced in one step and then the database told which key it
//! is under. Stopped between the two, the envelope is right and the database behind it, which the
//! next round finds and mends; an envelope is under exactly one key at every moment, and reading
//! goes by what the envelope says itself.

use fleetscope_model::{
    Caller, Credential, EventKind, Fault as _, KeyRotation, NewEvent, Permission, RotationState,
};
use std::sync::Arc;
use tokio::sync::Notify;

use super::Credentials;
use crate::envelope;
use crate::{Error, allow};

/// Credentials between two looks at whether somebody stopped it.
const BATCH: u32 = 50;

/// One key, without the key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyInfo {
    /// Its id.
    pub id: String,
    /// Whether new values come under it.
    pub active: bool,
    /// Whether it is there; one that is not and is used is a fault.
    pub present: bool,
    /// How many credentials are under it.
    pub credentials: u64,
}

/// Every key, and the rotation that was last asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Keys {
    /// The keys, the active one first.
    pub keys: Vec<KeyInfo>,
    /// What was last asked for.
    pub rotation: Option<KeyRotation>,
}

impl Credentials {
    /// Which keys there are, and how many credentials are under each.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn keys(&self, caller: &Caller) -> Result<Keys, Error> {
        allow(caller, Permission::Administer)?;
        let store = &self.registry.store.credentials;
        let uses = store.by_key().await?;
        let count = |id: &str| {
            let found = uses.iter().find(|one| one.key_id == id);
            found.map_or(0, |one| one.credentials)
        };
        let mut keys: Vec<_> = self
            .ring
            .ids()
            .map(|id| KeyInfo {
                id: id.to_owned(),
                active: id == self.ring.active().id(),
                present: true,
                credentials: count(id),
            })
            .collect();
        for one in &uses {
            if !keys.iter().any(|key| key.id == one.key_id) {
                keys.push(KeyInfo {
                    id: one.key_id.clone(),
                    active: false,
                    present: false,
                    credentials: one.credentials,
                });
            }
        }
        Ok(Keys {
            keys,
            rotation: store.rotation().await?,
        })
    }

    /// Asks that every credential come under the active key, or that what was stopped go on.
    ///
    /// # Errors
    /// `Forbidden`.
    pub async fn rotate_keys(&self, caller: &Caller) -> Result<KeyRotation, Error> {
        allow(caller, Permission::Administer)?;
        let _held = self.rotation.lock().await;
        let store = &self.registry.store.credentials;
        let now = self.registry.clock.now();
        let to = self.ring.active().id().to_owned();
        let before = store.rotation().await?;
        let before = before.filter(|old| old.to == to && old.state != RotationState::Done);
        let rotation = KeyRotation {
            state: RotationState::Running,
            asked_at: now,
            asked_by: caller.name.clone(),
            rewrapped: before.map_or(0, |old| old.rewrapped),
            failed: 0,
            changed_at: now,
            to,
        };
        let event = told(&rotation, &caller.name);
        store.put_rotation(&rotation, &[event]).await?;
        self.wake.notify_one();
        Ok(rotation)
    }

    /// Stops a rotation after the credential that it is at. What is done stays done.
    ///
    /// # Errors
    /// `NotFound` where none is under way, `Forbidden`.
    pub async fn stop_rotation(&self, caller: &Caller) -> Result<KeyRotation, Error> {
        allow(caller, Permission::Administer)?;
        let _held = self.rotation.lock().await;
        let store = &self.registry.store.credentials;
        let running = store.rotation().await?;
        let running = running.filter(|one| one.state == RotationState::Running);
        let mut rotation = running.ok_or(Error::NoRotation)?;
        rotation.state = RotationState::Stopped;
        rotation.changed_at = self.registry.clock.now();
        let event = told(&rotation, &caller.name);
        store.put_rotation(&rotation, &[event]).await?;
        Ok(rotation)
    }

    /// Notified when a rotation is asked for.
    pub fn rotation_wanted(&self) -> Arc<Notify> {
        Arc::clone(&self.wake)
    }

    /// The task: carries out the rotation that is asked for, if one is, until it is done or
    /// stopped. How many credentials it put under another key.
    ///
    /// # Errors
    /// What the store says. Everything is as if it had been stopped there.
    pub async fn carry_out_rotation(&self) -> Result<u64, Error> {
        let store = &self.registry.store.credentials;
        let (mut after, mut done, mut failed) = (None, 0, 0);
        loop {
            let running = store.rotation().await?;
            if running.is_none_or(|one| one.state != RotationState::Running) {
                return Ok(done);
            }
            let active = self.ring.active().id();
            let batch = store.under_others(active, after, BATCH).await?;
            let Some(last) = batch.last() else {
                self.progress(0, failed, failed == 0).await?;
                return Ok(done);
            };
            after = Some((last.cluster, last.field));
            let mut rewrapped = 0;
            for credential in &batch {
                match self.rewrap(credential).await {
                    Ok(()) => rewrapped += 1,
                    // The store is at its end, and not this credential.
                    Err(error @ Error::Store(_)) => return Err(error),
                    Err(error) => {
                        failed += 1;
                        let (cluster, field) = (credential.cluster, credential.field);
                        tracing::warn!(%cluster, %field, code = error.code(), "not put under the active key");
                    }
                }
            }
            done += rewrapped;
            self.progress(rewrapped, failed, false).await?;
        }
    }

    /// Puts one credential under the active key.
    async fn rewrap(&self, credential: &Credential) -> Result<(), Error> {
        let (slot, active) = (credential.slot(), self.ring.active().id());
        let store = &self.registry.store.credentials;
        let Some(old) = self.vault.get(slot).await? else {
            let now = store.get(slot.cluster, slot.field).await?;
            if now.as_ref().map(Credential::slot) == Some(slot) {
                return Err(Error::EnvelopeMissing { field: slot.field });
            }
            // It has another value by now, which is under the active key.
            return Ok(());
        };
        if envelope::key_id(&old) != Some(active) {
            let new = envelope::rewrap(&self.ring, slot, &old)?;
            if !self.vault.replace(slot, &old, &new).await? {
                return Err(Error::Overtaken);
            }
        }
        Ok(store.rewrapped(slot, active).await?)
    }

    async fn progress(&self, rewrapped: u64, failed: u64, done: bool) -> Result<(), Error> {
        let _held = self.rotation.lock().await;
        let store = &self.registry.store.credentials;
        let Some(mut rotation) = store.rotation().await? else {
            return Ok(());
        };
        self.ring.active().id().clone_into(&mut rotation.to);
        rotation.rewrapped += rewrapped;
        rotation.failed = failed;
        rotation.changed_at = self.registry.clock.now();
        let mut events = Vec::new();
        if done && rotation.state == RotationState::Running {
            rotation.state = RotationState::Done;
            events.push(told(&rotation, "system:keys"));
        }
        Ok(store.put_rotation(&rotation, &events).await?)
    }
}

fn told(rotation: &KeyRotation, actor: &str) -> NewEvent {
    let to = &rotation.to;
    let summary = match rotation.state {
        RotationState::Running => format!("credentials are put under the key {to}"),
        RotationState::Stopped => format!("putting credentials under the key {to} was stopped"),
        RotationState::Done => format!("every credential is under the key {to}"),
    };
    NewEvent {
        at: rotation.changed_at,
        kind: EventKind::KeysRotation,
        subject: to.clone(),
        actor: actor.to_owned(),
        summary,
        places: Vec::new(),
    }
}
