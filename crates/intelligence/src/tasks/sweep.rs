//! Removes report texts that no report names.

use crate::{Intelligence, TaskReport};

/// Removes report texts that no report names.
#[derive(Debug)]
pub struct Sweep {
    _intelligence: Intelligence,
}

impl Sweep {
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
