//! How the platform fares.

use async_trait::async_trait;
use fleetscope_model::Health;

/// Looks at every role and what it needs.
#[async_trait]
pub trait HealthSource: Send + Sync {
    /// The report of now, or of a moment ago: callers at once share one look.
    async fn health(&self) -> Health;
}
