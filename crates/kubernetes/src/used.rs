//! Which `ConfigMaps` and `Secrets` a pod uses, by name.

use std::collections::BTreeSet;

use k8s_openapi::api::core::v1 as core;

/// What every namespace gets and every pod has: the authorities of the cluster.
const EVERYWHERE: [&str; 2] = ["kube-root-ca.crt", "openshift-service-ca.crt"];

/// Something that holds settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum ConfigKind {
    /// A `ConfigMap`.
    ConfigMap,
    /// A `Secret`.
    Secret,
}

/// Something that holds settings, used by a pod of the same namespace.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Used {
    /// What it is.
    pub kind: ConfigKind,
    /// Its name.
    pub name: String,
}

impl Used {
    /// What a pod mounts, or takes its environment from.
    pub(crate) fn by(spec: &core::PodSpec) -> BTreeSet<Self> {
        let mut used = BTreeSet::new();
        let mut add = |kind, name: Option<&String>| {
            let name = name.filter(|name| !EVERYWHERE.contains(&name.as_str()));
            used.extend(name.map(|name| Self {
                kind,
                name: name.clone(),
            }));
        };
        for volume in spec.volumes.iter().flatten() {
            mounted(volume, &mut add);
        }
        let init = spec.init_containers.iter().flatten();
        for container in init.chain(&spec.containers) {
            environment(container, &mut add);
        }
        used
    }
}

fn mounted(volume: &core::Volume, add: &mut impl FnMut(ConfigKind, Option<&String>)) {
    let map = volume.config_map.as_ref();
    add(ConfigKind::ConfigMap, map.map(|map| &map.name));
    let secret = volume.secret.as_ref();
    add(
        ConfigKind::Secret,
        secret.and_then(|s| s.secret_name.as_ref()),
    );
    let projected = volume.projected.as_ref();
    let sources = projected.and_then(|projected| projected.sources.as_ref());
    for source in sources.into_iter().flatten() {
        let map = source.config_map.as_ref();
        add(ConfigKind::ConfigMap, map.map(|map| &map.name));
        let secret = source.secret.as_ref();
        add(ConfigKind::Secret, secret.map(|secret| &secret.name));
    }
}

fn environment(container: &core::Container, add: &mut impl FnMut(ConfigKind, Option<&String>)) {
    for whole in container.env_from.iter().flatten() {
        let map = whole.config_map_ref.as_ref();
        add(ConfigKind::ConfigMap, map.map(|map| &map.name));
        let secret = whole.secret_ref.as_ref();
        add(ConfigKind::Secret, secret.map(|secret| &secret.name));
    }
    let values = container.env.iter().flatten();
    for from in values.filter_map(|variable| variable.value_from.as_ref()) {
        let map = from.config_map_key_ref.as_ref();
        add(ConfigKind::ConfigMap, map.map(|map| &map.name));
        let secret = from.secret_key_ref.as_ref();
        add(ConfigKind::Secret, secret.map(|secret| &secret.name));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn mounts_and_environments_name_what_is_used_and_what_every_pod_has_is_left_out() {
        let spec: core::PodSpec = serde_json::from_value(serde_json::json!({
            "volumes": [
                {"name": "a", "configMap": {"name": "settings"}},
                {"name": "b", "secret": {"secretName": "tls"}},
                {"name": "c", "projected": {"sources": [
                    {"configMap": {"name": "kube-root-ca.crt"}}, {"secret": {"name": "extra"}}]}},
            ],
            "containers": [{"name": "web",
                "envFrom": [{"configMapRef": {"name": "env"}}],
                "env": [{"name": "K", "valueFrom": {"secretKeyRef": {"name": "keys", "key": "k"}}}],
            }],
        }))
        .unwrap();
        let used: Vec<_> = Used::by(&spec)
            .into_iter()
            .map(|u| (u.kind, u.name))
            .collect();
        let expected = [
            (ConfigKind::ConfigMap, "env"),
            (ConfigKind::ConfigMap, "settings"),
            (ConfigKind::Secret, "extra"),
            (ConfigKind::Secret, "keys"),
            (ConfigKind::Secret, "tls"),
        ];
        assert_eq!(used, expected.map(|(kind, name)| (kind, name.to_owned())));
    }
}
