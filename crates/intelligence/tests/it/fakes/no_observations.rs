//! Intelligence knows no validation and no discovery: whoever asks is refused.

use std::collections::HashMap;

use async_trait::async_trait;
use fleetscope_model::{ClusterId, Discovery, NewEvent, Observed, Validation};
use fleetscope_ports::{ObservationStore, Result};

use super::shelf::{Shelf, not_here};

#[async_trait]
impl ObservationStore for Shelf {
    async fn put_validation(&self, _: ClusterId, _: &Validation, _: &[NewEvent]) -> Result<()> {
        not_here()
    }

    async fn put_discovery(&self, _: ClusterId, _: &Discovery, _: &[NewEvent]) -> Result<()> {
        not_here()
    }

    async fn validation(&self, _: ClusterId) -> Result<Option<Validation>> {
        not_here()
    }

    async fn discovery(&self, _: ClusterId) -> Result<Option<Discovery>> {
        not_here()
    }

    async fn observed(&self) -> Result<HashMap<ClusterId, Observed>> {
        not_here()
    }
}
