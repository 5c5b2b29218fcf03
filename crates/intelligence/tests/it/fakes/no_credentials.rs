//! Intelligence knows no credential: whoever asks is refused.

use std::collections::HashMap;

use async_trait::async_trait;
use fleetscope_model::{
    ClusterId, Credential, CredentialField, CredentialSlot, CredentialUsage, KeyRotation, KeyUse,
    NewEvent,
};
use fleetscope_ports::{CredentialStore, Result, Vault};

use super::shelf::{Shelf, not_here};

#[async_trait]
impl CredentialStore for Shelf {
    async fn reserve(&self, _: ClusterId, _: CredentialField) -> Result<u64> {
        not_here()
    }

    async fn activate(&self, _: &Credential, _: &NewEvent) -> Result<()> {
        not_here()
    }

    async fn get(&self, _: ClusterId, _: CredentialField) -> Result<Option<Credential>> {
        not_here()
    }

    async fn of(&self, _: ClusterId) -> Result<Vec<Credential>> {
        not_here()
    }

    async fn delete(&self, _: ClusterId, _: CredentialField, _: &NewEvent) -> Result<()> {
        not_here()
    }

    async fn states(&self) -> Result<HashMap<ClusterId, String>> {
        not_here()
    }

    async fn used(&self, _: CredentialSlot, _: CredentialUsage) -> Result<()> {
        not_here()
    }

    async fn rewrapped(&self, _: CredentialSlot, _: &str) -> Result<()> {
        not_here()
    }

    async fn under_others(
        &self,
        _: &str,
        _: Option<(ClusterId, CredentialField)>,
        _: u32,
    ) -> Result<Vec<Credential>> {
        not_here()
    }

    async fn by_key(&self) -> Result<Vec<KeyUse>> {
        not_here()
    }

    async fn rotation(&self) -> Result<Option<KeyRotation>> {
        not_here()
    }

    async fn put_rotation(&self, _: &KeyRotation, _: &[NewEvent]) -> Result<()> {
        not_here()
    }

    async fn installation(&self, _: uuid::Uuid) -> Result<uuid::Uuid> {
        not_here()
    }
}

#[async_trait]
impl Vault for Shelf {
    async fn put(&self, _: CredentialSlot, _: &[u8]) -> Result<()> {
        not_here()
    }

    async fn get(&self, _: CredentialSlot) -> Result<Option<Vec<u8>>> {
        not_here()
    }

    async fn replace(&self, _: CredentialSlot, _: &[u8], _: &[u8]) -> Result<bool> {
        not_here()
    }

    async fn prune(&self, _: ClusterId, _: CredentialField, _: u64) -> Result<()> {
        not_here()
    }

    async fn remove(&self, _: ClusterId) -> Result<()> {
        not_here()
    }

    async fn clusters(&self, _: Option<ClusterId>, _: u32) -> Result<Vec<ClusterId>> {
        not_here()
    }
}
