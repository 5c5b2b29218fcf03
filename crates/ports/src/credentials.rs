//! What is shown to clusters to be let in: opened for whoever reads them, and for nobody else.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{
    ClusterId, Credential, CredentialField, CredentialKind, CredentialSlot, CredentialUsage,
    KeyRotation, KeyUse, NewEvent, Role, Source,
};
use uuid::Uuid;
use zeroize::Zeroizing;

use crate::Result;

/// A secret text in the open. It is wiped when it is dropped, and can be neither printed, copied
/// nor written out by accident:
///
/// ```compile_fail
/// let plain = fleetscope_ports::Plain::new("x".to_owned());
/// println!("{plain:?}");
/// ```
///
/// ```compile_fail
/// let plain = fleetscope_ports::Plain::new("x".to_owned());
/// let copy = plain.clone();
/// ```
///
/// ```compile_fail
/// fn shown<T: std::fmt::Display>(_: T) {}
/// shown(fleetscope_ports::Plain::new("x".to_owned()));
/// ```
pub struct Plain(Zeroizing<String>);

impl Plain {
    /// Takes a text in; the text's own memory is the one that is wiped.
    pub fn new(text: String) -> Self {
        Self(Zeroizing::new(text))
    }

    /// The text itself. What is copied from it is not wiped.
    pub fn expose(&self) -> &str {
        &self.0
    }
}

/// A credential in the open: neither printable, nor copyable, and wiped when dropped.
///
/// ```compile_fail
/// fn printable<T: std::fmt::Debug>() {}
/// printable::<fleetscope_ports::Opened>();
/// ```
///
/// ```compile_fail
/// fn copyable<T: Clone>() {}
/// copyable::<fleetscope_ports::Opened>();
/// ```
pub enum Opened {
    /// A bearer token.
    Token(Plain),
    /// HTTP Basic.
    Basic {
        /// The user name.
        username: Plain,
        /// The password.
        password: Plain,
    },
    /// A client certificate.
    ClientCertificate {
        /// The certificate, and those between it and its authority, in PEM.
        certificate: Plain,
        /// Its unencrypted key in PEM.
        key: Plain,
    },
}

impl Opened {
    /// What it is made of.
    pub const fn kind(&self) -> CredentialKind {
        match self {
            Self::Token(_) => CredentialKind::Token,
            Self::Basic { .. } => CredentialKind::Basic,
            Self::ClientCertificate { .. } => CredentialKind::ClientCertificate,
        }
    }
}

/// Opens credentials for whoever reads clusters. Every opening is written down.
#[async_trait]
pub trait Credentials: Send + Sync {
    /// What is shown to an endpoint of a cluster that is reached so; none where nothing is. An error
    /// where there is something that was not given for it.
    async fn shown(
        &self,
        cluster: ClusterId,
        source: Source,
        reach: &str,
        by: Role,
    ) -> Result<Option<Arc<Opened>>>;
}

/// What is kept of credentials beside their envelopes: which state of each is the current one.
#[async_trait]
pub trait CredentialStore: Send + Sync {
    /// The generation that the next value of a field will have. It is given to nobody else and
    /// never again, also where no value comes of it. `NotFound` where there is no such cluster.
    async fn reserve(&self, cluster: ClusterId, field: CredentialField) -> Result<u64>;

    /// Makes a state the current one; `Conflict` (`credential_changed`) where a later one is.
    async fn activate(&self, credential: &Credential, event: &NewEvent) -> Result<()>;

    /// The current state of a field.
    async fn get(&self, cluster: ClusterId, field: CredentialField) -> Result<Option<Credential>>;

    /// The current states of a cluster's fields, in their order.
    async fn of(&self, cluster: ClusterId) -> Result<Vec<Credential>>;

    /// Which states are the current ones, in one word a cluster that has any: another word means
    /// that one of its credentials was written or taken away.
    async fn states(&self) -> Result<HashMap<ClusterId, String>>;

    /// Takes the current state away; `NotFound` where there is none. Its generation is not given
    /// again.
    async fn delete(
        &self,
        cluster: ClusterId,
        field: CredentialField,
        event: &NewEvent,
    ) -> Result<()>;

    /// Writes down that the current state was opened.
    async fn used(&self, slot: CredentialSlot, usage: CredentialUsage) -> Result<()>;

    /// Writes down that a state is under another key now, if it is still the current one.
    async fn rewrapped(&self, slot: CredentialSlot, key_id: &str) -> Result<()>;

    /// Current states under another key than this one, in a fixed order, at most `limit`, after
    /// the given one.
    async fn under_others(
        &self,
        key_id: &str,
        after: Option<(ClusterId, CredentialField)>,
        limit: u32,
    ) -> Result<Vec<Credential>>;

    /// How many current states are under each key.
    async fn by_key(&self) -> Result<Vec<KeyUse>>;

    /// The rotation that was last asked for.
    async fn rotation(&self) -> Result<Option<KeyRotation>>;

    /// Keeps what is asked for, or how far it has come.
    async fn put_rotation(&self, rotation: &KeyRotation, events: &[NewEvent]) -> Result<()>;

    /// Which installation this is: the id that is kept, or else the given one, which is kept from
    /// now on. It tells what is ours from what another installation laid down in the same place.
    async fn installation(&self, fresh: Uuid) -> Result<Uuid>;
}

/// Where envelopes lie: sealed values, each under the state that it is bound to. What lies here is
/// worth nothing without a key, and nothing under any state but its own.
#[async_trait]
pub trait Vault: Send + Sync {
    /// Lays an envelope down, beside those of other generations.
    async fn put(&self, slot: CredentialSlot, envelope: &[u8]) -> Result<()>;

    /// The envelope of a state.
    async fn get(&self, slot: CredentialSlot) -> Result<Option<Vec<u8>>>;

    /// Puts another envelope in the place of this one, in one step: there is never none and never
    /// two. False where another one lies there by now.
    async fn replace(&self, slot: CredentialSlot, old: &[u8], new: &[u8]) -> Result<bool>;

    /// Removes the envelopes of a field's generations below this one.
    async fn prune(&self, cluster: ClusterId, field: CredentialField, below: u64) -> Result<()>;

    /// Removes everything of a cluster.
    async fn remove(&self, cluster: ClusterId) -> Result<()>;

    /// Clusters of which something lies here, at most `limit`, in order, after the given one.
    async fn clusters(&self, after: Option<ClusterId>, limit: u32) -> Result<Vec<ClusterId>>;
}
