//! What an API server is asked about rights.

use std::collections::BTreeMap;

/// A verb on a resource. What is empty is not said: no namespace is all of them.
#[derive(Debug, Clone, Default, PartialEq, Eq, Hash)]
pub struct Action {
    /// API group.
    pub group: &'static str,
    /// Plural of the resource.
    pub resource: &'static str,
    /// Subresource.
    pub subresource: &'static str,
    /// Verb.
    pub verb: &'static str,
    /// Name of the object.
    pub name: String,
    /// Namespace.
    pub namespace: String,
}

/// A `SubjectAccessReview`: a caller and what it wants to do.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub struct Question {
    /// The user's name.
    pub user: String,
    /// Its uid, where it has one.
    pub uid: Option<String>,
    /// Its groups.
    pub groups: Vec<String>,
    /// What else its authority said, the scopes of its token above all: without them a token gets
    /// all the rights of its user.
    pub extra: BTreeMap<String, Vec<String>>,
    /// What it wants to do.
    pub action: Action,
}
