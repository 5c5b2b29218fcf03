//! Carries out the pending analyses and investigations.

use crate::{Intelligence, TaskReport};

/// Carries out the pending analyses and investigations.
#[derive(Debug)]
pub struct Work {
    _intelligence: Intelligence,
}

impl Work {
    /// The task over the service.
    pub const fn new(intelligence: Intelligence) -> Self {
        Self {
            _intelligence: intelligence,
        }
    }

    /// Does what is to be done now.
    #[expect(clippy::unused_async, reason = "being filled in")]
    pub async fn activate(&self) -> TaskReport {
        TaskReport::default()
    }
}
