//! Clusters that come and go: imported from a hub, found by what is said of them, moved, removed
//! with their history.

mod certificate;
mod filters;
mod forget;
pub(crate) mod hub;
mod moved;
