//! Looks at every cluster, tells of what is unusual, opens and follows investigations.

use crate::{Intelligence, TaskReport};

/// Looks at every cluster, tells of what is unusual, opens and follows investigations.
#[derive(Debug)]
pub struct Watches {
    _intelligence: Intelligence,
}

impl Watches {
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
