//! The built-in watches.

use fleetscope_model::Watch;

/// Every built-in watch.
pub fn catalogue() -> Vec<Watch> {
    Vec::new()
}
