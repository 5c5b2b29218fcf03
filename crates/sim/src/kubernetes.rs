//! One cluster's Kubernetes API: a small true object store and its HTTP face.
//!
//! [`KubeStore`] holds the objects of one cluster, gives every write a higher
//! global resource version and keeps a bounded log of the writes. [`router`]
//! serves that store the way an API server does: discovery, reads, lists with
//! selectors and paging, tables for `kubectl get`, and watches. What it must
//! answer, field by field, was taken from recorded answers of a real server.
//!
//! It serves reads, and reviews of access over seeded roles ([`Access`]). A write over HTTP is
//! refused with a `Status` of code 405; the world writes through [`KubeStore::apply_at`] and
//! [`KubeStore::delete_at`].
//! A bearer token is accepted and not looked at, but in reviews of access: no other caller is
//! refused.
//!
//! Start reading at `serve` (which path leads where), then `list` and `watch`.

mod access;
mod body;
pub mod catalogue;
mod conversion;
mod defaults;
mod discovery;
mod human;
mod json_path;
mod list;
mod negotiate;
mod options;
mod paging;
mod path;
mod resources;
mod selector;
mod serve;
mod status;
mod store;
mod table;
mod version;
mod watch;
mod write;

pub(crate) use access::Review;
pub use access::{Access, Subject};
pub use resources::{PrinterColumn, ResourceSpec};
pub use serve::router;
pub use store::KubeStore;
pub use version::ServerVersion;
