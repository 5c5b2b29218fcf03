//! The resources that one server knows at the moment.

use std::sync::Arc;

use super::{Resource, ResourceSpec, built_in, split_api_version};

/// All the known resources, in the order that discovery tells them.
pub(crate) struct Registry {
    resources: Vec<Arc<Resource>>,
}

impl Registry {
    /// The built-in resources.
    pub(crate) fn new() -> Self {
        Self {
            resources: built_in::resources().map(Arc::new).collect(),
        }
    }

    /// Makes a custom resource known, or replaces what is known of it. A built-in one stays as it is.
    pub(crate) fn add(&mut self, spec: ResourceSpec) {
        let same = self.resources.iter().position(|known| {
            known.spec.group == spec.group
                && known.spec.version == spec.version
                && known.spec.plural == spec.plural
        });
        let resource = Arc::new(Resource::new(spec, false, true));
        match same {
            Some(at) if self.resources[at].built_in => {}
            Some(at) => self.resources[at] = resource,
            None => self.resources.push(resource),
        }
    }

    /// Forgets every version of a custom resource.
    pub(crate) fn remove(&mut self, group: &str, plural: &str) {
        self.resources.retain(|known| {
            known.built_in || known.spec.group != group || known.spec.plural != plural
        });
    }

    /// The resource of a path.
    pub(crate) fn by_path(
        &self,
        group: &str,
        version: &str,
        plural: &str,
    ) -> Option<Arc<Resource>> {
        self.find(group, version, |spec| spec.plural == plural)
    }

    /// The resource of an object's `apiVersion` and `kind`.
    pub(crate) fn by_kind(&self, api_version: &str, kind: &str) -> Option<Arc<Resource>> {
        let (group, version) = split_api_version(api_version);
        self.find(group, version, |spec| spec.kind == kind)
    }

    /// Whether the server itself serves this group and version.
    pub(crate) fn is_built_in(&self, group: &str, version: &str) -> bool {
        self.resources.iter().any(|known| {
            known.built_in && known.spec.group == group && known.spec.version == version
        })
    }

    /// All of them.
    pub(crate) fn resources(&self) -> &[Arc<Resource>] {
        &self.resources
    }

    fn find(
        &self,
        group: &str,
        version: &str,
        matches: impl Fn(&ResourceSpec) -> bool,
    ) -> Option<Arc<Resource>> {
        self.resources
            .iter()
            .find(|known| {
                known.spec.group == group && known.spec.version == version && matches(&known.spec)
            })
            .cloned()
    }
}

impl ResourceSpec {
    /// A specification for an object of an unknown kind. The plural follows the rule of
    /// client-go's `UnsafeGuessKindToResource`; the scope is what the object shows.
    pub(crate) fn guess(api_version: &str, kind: &str, namespaced: bool) -> Self {
        let singular = kind.to_lowercase();
        let plural = if let Some(stem) = singular.strip_suffix('y') {
            format!("{stem}ies")
        } else if singular.ends_with('s') {
            format!("{singular}es")
        } else {
            format!("{singular}s")
        };
        Self::new(api_version, kind, &plural, namespaced)
    }
}
