//! Key-encryption keys.

use std::collections::BTreeMap;

use aws_lc_rs::hmac;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use zeroize::Zeroizing;

use super::layout::{LONGEST_ID, is_id};

/// A key that can't be used. Says nothing of the key itself.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidKey {
    /// The id can't be one.
    #[error(
        "'{0}' is no id of a key: write 1 to 63 lower-case letters, digits, hyphens and dots, such \
         as 2026-01"
    )]
    Id(String),
    /// It is not 32 bytes in base64.
    #[error(
        "the key '{0}' is not 32 bytes in base64: make one with `fleetscope keys generate`, or take \
         the output of `openssl rand -base64 32`"
    )]
    Bytes(String),
    /// Two keys have one id.
    #[error("there are two keys '{0}': give each another id")]
    Twice(String),
    /// The active key is not among the keys.
    #[error("the active key '{0}' is not among the keys: add it, or name another one")]
    NoActive(String),
}

/// A key-encryption key. It can be neither printed, copied nor written out; the cipher's library
/// wipes it when it is dropped.
///
/// ```compile_fail
/// fn printable<T: std::fmt::Debug>() {}
/// printable::<fleetscope_registry::envelope::Key>();
/// ```
///
/// ```compile_fail
/// fn copyable<T: Clone>() {}
/// copyable::<fleetscope_registry::envelope::Key>();
/// ```
///
/// ```compile_fail
/// fn writable<T: serde::Serialize>() {}
/// writable::<fleetscope_registry::envelope::Key>();
/// ```
pub struct Key {
    id: String,
    secret: hmac::Key,
}

impl Key {
    /// The key that a text of 44 characters (32 bytes in base64) says.
    ///
    /// # Errors
    /// `Id`, `Bytes`.
    pub fn parse(id: &str, text: &str) -> Result<Self, InvalidKey> {
        if !is_id(id) {
            return Err(InvalidKey::Id(id.chars().take(LONGEST_ID).collect()));
        }
        let bytes = STANDARD.decode(text.trim()).map(Zeroizing::new);
        let bytes = bytes.ok().filter(|bytes| bytes.len() == 32);
        let bytes = bytes.ok_or_else(|| InvalidKey::Bytes(id.to_owned()))?;
        Ok(Self {
            id: id.to_owned(),
            secret: hmac::Key::new(hmac::HMAC_SHA256, &bytes),
        })
    }

    /// A new key, as the text that [`Key::parse`] reads; none where the system gives no randomness.
    pub fn generate() -> Option<Zeroizing<String>> {
        let mut bytes = Zeroizing::new([0; 32]);
        aws_lc_rs::rand::fill(bytes.as_mut_slice()).ok()?;
        Some(Zeroizing::new(STANDARD.encode(bytes.as_slice())))
    }

    /// Its id, which is no secret.
    pub fn id(&self) -> &str {
        &self.id
    }

    /// The key of one wrap.
    pub(super) fn derive(&self, salt: &[u8]) -> Zeroizing<[u8; 32]> {
        let mut context = hmac::Context::with_key(&self.secret);
        context.update(b"fleetscope wrap 1");
        context.update(salt);
        let tag = context.sign();
        let mut derived = Zeroizing::new([0; 32]);
        derived.copy_from_slice(tag.as_ref());
        derived
    }
}

/// The keys that there are, one of them active: what is sealed anew is under that one.
pub struct KeyRing {
    active: Key,
    others: BTreeMap<String, Key>,
}

impl KeyRing {
    /// A ring of keys.
    ///
    /// # Errors
    /// `Twice`, `NoActive`.
    pub fn new(active: &str, keys: Vec<Key>) -> Result<Self, InvalidKey> {
        let mut others = BTreeMap::new();
        for key in keys {
            let id = key.id.clone();
            if others.insert(id.clone(), key).is_some() {
                return Err(InvalidKey::Twice(id));
            }
        }
        let active = others
            .remove(active)
            .ok_or_else(|| InvalidKey::NoActive(active.to_owned()))?;
        Ok(Self { active, others })
    }

    /// The key that new values come under.
    pub const fn active(&self) -> &Key {
        &self.active
    }

    /// The ids of all keys, the active one first.
    pub fn ids(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.active.id()).chain(self.others.keys().map(String::as_str))
    }

    pub(super) fn get(&self, id: &str) -> Option<&Key> {
        if self.active.id == id {
            return Some(&self.active);
        }
        self.others.get(id)
    }
}
