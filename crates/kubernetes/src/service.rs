//! Services: what selects what.

use std::collections::BTreeMap;

use k8s_openapi::api::core::v1 as core;

use crate::meta::Meta;

/// A Service.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Service {
    /// Identity and age.
    pub meta: Meta,
    /// The labels that its pods have; none where it selects no pods.
    pub selector: BTreeMap<String, String>,
}

impl Service {
    /// Whether pods of these labels, in its namespace, are its own.
    pub fn selects(&self, labels: &BTreeMap<String, String>) -> bool {
        let has = |(name, value): (&String, &String)| labels.get(name) == Some(value);
        !self.selector.is_empty() && self.selector.iter().all(has)
    }
}

impl From<core::Service> for Service {
    fn from(object: core::Service) -> Self {
        let spec = object.spec.unwrap_or_default();
        Self {
            meta: object.metadata.into(),
            selector: spec.selector.unwrap_or_default(),
        }
    }
}
