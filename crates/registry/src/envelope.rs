//! Envelopes: a value sealed under a data key of its own, and that key wrapped under a
//! key-encryption key.
//!
//! AES-256-GCM throughout. What the value is sealed for is bound to it: version, cluster, field and
//! generation; the wrap is bound to the id of its key as well. So an envelope opens for exactly the
//! state it was made for: laid under another cluster, another field or another generation it is
//! noise, and the database says which generation is the current one.
//!
//! **No nonce is used twice under one key, by construction.** A data key is drawn at random for
//! each value and seals that one value. A wrap does not use the key-encryption key itself but one
//! derived from it and from 24 random bytes (HMAC-SHA256, as in NIST SP 800-108), so that two wraps
//! share key and nonce only where 36 random bytes are the same; there is no number of writes after
//! which a key would have to be replaced for that. Kubernetes' own provider does likewise
//! (`aes_extended_nonce.go`).
//!
//! Layout: `F` `S` `E`, version, length of the key's id, the id, salt (24), nonce (12), wrapped data
//! key (32 + 16), nonce (12), sealed value (n + 16).
//!
//! Whatever does not open says the same: who tampers learns nothing of where it failed. Only a key
//! that is not there is told apart, since somebody has to be told which.

mod keys;
mod layout;

use aws_lc_rs::aead::{AES_256_GCM, Aad, Nonce, RandomizedNonceKey};
use fleetscope_model::CredentialSlot;
use zeroize::Zeroizing;

pub use keys::{InvalidKey, Key, KeyRing};
use layout::{Parts, Wrap};

/// Why an envelope could not be made or opened.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unopened {
    /// It was made for something else, was changed, or is none.
    #[error(
        "the stored credential can't be opened: it was changed, or belongs to another cluster, \
         field or time; write the credential anew"
    )]
    Refused,
    /// It is under a key that is not there.
    #[error(
        "the stored credential is under the key '{0}', which is not among credentials.keys: add \
         that key again, or write the credential anew"
    )]
    UnknownKey(String),
    /// The system gave no randomness, or the cipher did not work.
    #[error("the credential can't be sealed: see whether the system's random generator works")]
    Unsealed,
}

/// The first bytes of every envelope's associated data, by what is sealed.
const VALUE: &[u8] = b"fleetscope credential 1";
const WRAP: &[u8] = b"fleetscope data key 1";

/// A data key. Wiped when dropped; it can be neither printed nor copied.
struct DataKey(Zeroizing<[u8; 32]>);

impl DataKey {
    fn random() -> Result<Self, Unopened> {
        let mut bytes = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(bytes.as_mut_slice()).map_err(|_| Unopened::Unsealed)?;
        Ok(Self(bytes))
    }

    fn cipher(&self) -> Result<RandomizedNonceKey, Unopened> {
        cipher(&self.0)
    }
}

fn cipher(key: &[u8; 32]) -> Result<RandomizedNonceKey, Unopened> {
    RandomizedNonceKey::new(&AES_256_GCM, key).map_err(|_| Unopened::Unsealed)
}

/// Seals a value for one state, under the active key.
///
/// # Errors
/// `Unsealed`.
pub fn seal(ring: &KeyRing, slot: CredentialSlot, value: &[u8]) -> Result<Vec<u8>, Unopened> {
    let key = DataKey::random()?;
    let wrap = wrap(ring, slot, &key)?;
    let mut sealed = Zeroizing::new(Vec::with_capacity(value.len() + layout::TAG));
    sealed.extend_from_slice(value);
    let nonce = key
        .cipher()?
        .seal_in_place_append_tag(Aad::from(bound(VALUE, slot, "")), &mut *sealed)
        .map_err(|_| Unopened::Unsealed)?;
    Ok(layout::write(&wrap, nonce.as_ref(), &sealed))
}

/// The value that was sealed for this state. The memory it comes in is wiped when dropped.
///
/// # Errors
/// `Refused`, `UnknownKey`.
pub fn open(
    ring: &KeyRing,
    slot: CredentialSlot,
    envelope: &[u8],
) -> Result<Zeroizing<Vec<u8>>, Unopened> {
    let parts = layout::read(envelope).ok_or(Unopened::Refused)?;
    let key = unwrap(ring, slot, &parts)?;
    let mut value = Zeroizing::new(parts.sealed.to_vec());
    let nonce = nonce(parts.nonce)?;
    let length = key
        .cipher()?
        .open_in_place(nonce, Aad::from(bound(VALUE, slot, "")), &mut value)
        .map_err(|_| Unopened::Refused)?
        .len();
    value.truncate(length);
    Ok(value)
}

/// The same value for the same state, under the active key: the value itself is not opened.
///
/// # Errors
/// `Refused`, `UnknownKey`, `Unsealed`.
pub fn rewrap(ring: &KeyRing, slot: CredentialSlot, envelope: &[u8]) -> Result<Vec<u8>, Unopened> {
    let parts = layout::read(envelope).ok_or(Unopened::Refused)?;
    let key = unwrap(ring, slot, &parts)?;
    let wrap = wrap(ring, slot, &key)?;
    Ok(layout::write(&wrap, parts.nonce, parts.sealed))
}

/// The id of the key that an envelope says it is under.
pub fn key_id(envelope: &[u8]) -> Option<&str> {
    layout::read(envelope).map(|parts| parts.key_id)
}

fn wrap(ring: &KeyRing, slot: CredentialSlot, key: &DataKey) -> Result<Wrap, Unopened> {
    let active = ring.active();
    let mut salt = [0; layout::SALT];
    aws_lc_rs::rand::fill(&mut salt).map_err(|_| Unopened::Unsealed)?;
    let mut wrapped = Zeroizing::new(key.0.to_vec());
    let nonce = cipher(&active.derive(&salt))?
        .seal_in_place_append_tag(Aad::from(bound(WRAP, slot, active.id())), &mut *wrapped)
        .map_err(|_| Unopened::Unsealed)?;
    Ok(Wrap {
        key_id: active.id().to_owned(),
        salt,
        nonce: *nonce.as_ref(),
        wrapped: wrapped.to_vec(),
    })
}

fn unwrap(ring: &KeyRing, slot: CredentialSlot, parts: &Parts<'_>) -> Result<DataKey, Unopened> {
    let key = ring
        .get(parts.key_id)
        .ok_or_else(|| Unopened::UnknownKey(parts.key_id.to_owned()))?;
    let mut wrapped = Zeroizing::new(parts.wrapped.to_vec());
    let opened = cipher(&key.derive(parts.salt))?
        .open_in_place(
            nonce(parts.wrap_nonce)?,
            Aad::from(bound(WRAP, slot, parts.key_id)),
            &mut wrapped,
        )
        .map_err(|_| Unopened::Refused)?;
    let mut bytes = Zeroizing::new([0; 32]);
    if opened.len() != bytes.len() {
        return Err(Unopened::Refused);
    }
    bytes.copy_from_slice(opened);
    Ok(DataKey(bytes))
}

fn nonce(bytes: &[u8]) -> Result<Nonce, Unopened> {
    Nonce::try_assume_unique_for_key(bytes).map_err(|_| Unopened::Refused)
}

/// The associated data: every part has a length that is fixed or stands before it, so that no two
/// states have the same.
fn bound(purpose: &[u8], slot: CredentialSlot, key_id: &str) -> Vec<u8> {
    let mut bound = Vec::with_capacity(96);
    for part in [purpose, slot.field.as_str().as_bytes(), key_id.as_bytes()] {
        bound.push(part.len() as u8);
        bound.extend_from_slice(part);
    }
    bound.extend_from_slice(slot.cluster.uuid().as_bytes());
    bound.extend_from_slice(&slot.generation.to_be_bytes());
    bound
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
