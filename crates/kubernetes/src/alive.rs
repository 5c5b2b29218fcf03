//! Whether an API server answers.

use fleetscope_model::GapKind;
use fleetscope_outbound::Failure;

use crate::Kubernetes;

/// What every API server says of itself to anybody who may ask anything.
const VERSION: &str = "/version";

impl Kubernetes {
    /// Fails where the API server can't be reached or says itself that it can't work. A refusal is
    /// an answer.
    pub async fn alive(&self) -> Result<(), Failure> {
        let answer = self.upstream.get(VERSION, &[]).await?;
        if answer.status.is_server_error() {
            let detail = format!("the API server answers {}", answer.status);
            return Err(Failure::new(GapKind::Unreachable, detail));
        }
        Ok(())
    }
}
