//! Who may do what on a cluster, and the reviews that tell it.
//!
//! [`Access`] holds roles and bindings as manifests say them, and decides as an API server whose
//! authorizers are OpenShift's scopes, `system:masters`, the node authorizer (of which only the
//! listing of a node's own pods is here) and RBAC. Reviews are answered in the words of recorded
//! answers. A test changes bindings under way, and makes the reviews slow or fail.

mod attributes;
mod chain;
mod guard;
mod policy;
mod rbac;
mod review;
mod rules;
mod scopes;
mod switches;

use std::collections::BTreeMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use http::HeaderMap;
use http::header::AUTHORIZATION;
use serde_json::Value;

pub(crate) use attributes::Attributes;
pub use attributes::Subject;
pub(crate) use chain::Decision;
pub(crate) use review::Review;

use policy::Policy;
use switches::Switches;

/// Roles and bindings of one cluster. A cheap handle: clones are the same cluster's.
#[derive(Clone, Default)]
pub struct Access {
    policy: Arc<RwLock<Policy>>,
    known: Arc<RwLock<BTreeMap<String, Subject>>>,
    switches: Arc<Switches>,
}

impl Access {
    /// Puts up a `ClusterRole`, `Role`, `ClusterRoleBinding` or `RoleBinding`, in place of one of
    /// the same kind, namespace and name, as `kubectl apply` takes it. Says whether it could be
    /// read; one that could not changes nothing.
    pub fn apply(&self, manifest: &Value) -> bool {
        let mut policy = self.policy.write().unwrap_or_else(PoisonError::into_inner);
        policy.apply(manifest)
    }

    /// Takes down an object, and says whether there was one. The namespace of a `ClusterRole` or
    /// `ClusterRoleBinding` is empty.
    pub fn delete(&self, kind: &str, namespace: &str, name: &str) -> bool {
        let mut policy = self.policy.write().unwrap_or_else(PoisonError::into_inner);
        policy.delete(kind, namespace, name)
    }

    /// From now on whoever sends this bearer token is this one, for reviews of oneself and for the
    /// right to ask about others. A token that nobody made known is still not looked at.
    pub fn know(&self, token: &str, subject: Subject) {
        let mut known = self.known.write().unwrap_or_else(PoisonError::into_inner);
        known.insert(token.to_owned(), subject);
    }

    /// How many reviews of access were answered or failed so far, those of oneself included.
    pub fn reviews(&self) -> u64 {
        self.switches.count()
    }

    /// From now on each review takes this long before it is answered.
    pub fn delay_reviews(&self, delay: Duration) {
        self.switches.set_delay(delay);
    }

    /// From now on reviews are answered 500 (or, with `false`, as they should be).
    pub fn fail_reviews(&self, fail: bool) {
        self.switches.set_failing(fail);
    }

    /// What the authorizers say.
    pub(crate) fn decide(&self, subject: &Subject, attributes: &Attributes) -> Decision {
        let policy = self.policy.read().unwrap_or_else(PoisonError::into_inner);
        chain::decide(&policy, subject, attributes)
    }

    /// Who sends a request, where its token is known.
    pub(crate) fn asker(&self, headers: &HeaderMap) -> Option<Subject> {
        let sent = headers.get(AUTHORIZATION)?.to_str().ok()?;
        let token = sent.strip_prefix("Bearer ")?;
        let known = self.known.read().unwrap_or_else(PoisonError::into_inner);
        known.get(token).cloned()
    }

    pub(crate) fn switches(&self) -> &Switches {
        &self.switches
    }

    pub(crate) fn read<T>(&self, read: impl FnOnce(&Policy) -> T) -> T {
        read(&self.policy.read().unwrap_or_else(PoisonError::into_inner))
    }
}

impl std::fmt::Debug for Access {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Access").finish_non_exhaustive()
    }
}
