//! These tests receive no alerts: whoever asks is refused.

use async_trait::async_trait;
use fleetscope_model::{ClusterId, Received, ReceivedAlert};
use fleetscope_ports::alerts::Tell;
use fleetscope_ports::{AlertStore, Result};
use jiff::Timestamp;

use super::shelf::{Shelf, not_here};

#[async_trait]
impl AlertStore for Shelf {
    async fn receive(
        &self,
        _: ClusterId,
        _: &[ReceivedAlert],
        _: Timestamp,
        _: Tell<'_>,
    ) -> Result<Received> {
        not_here()
    }
}
