//! Versions of `ConfigMaps` and `Secrets`, told as changes of the workloads that use them. What is
//! in them is not known here. A Secret's keys are not told either: whoever sees the changes of a
//! workload sees the names of its Secrets in its pods, and no more.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_kubernetes::{ConfigKind, Key, Used, Version};
use fleetscope_model::{Change, ChangeKind, Entity};
use jiff::{SignedDuration, Timestamp};

use crate::changes::Objects;
use crate::index::{Config, How, What};
use crate::owners::Owners;
use crate::site::Site;

/// An object that was last set so soon after it came to be was not changed since.
const AT_ONCE: SignedDuration = SignedDuration::from_secs(2);

/// More keys than this are counted, not named.
const MOST_KEYS: usize = 8;

/// Changes of settings, whenever they were.
pub(crate) fn changes(site: &Site, objects: &Objects, owners: &Owners) -> Vec<Change> {
    let users = users(objects, owners);
    let mut told: BTreeMap<(ConfigKind, Key, Option<String>), (Timestamp, String)> =
        BTreeMap::new();
    let listed = [
        (ConfigKind::ConfigMap, &objects.config_maps),
        (ConfigKind::Secret, &objects.secrets),
    ];
    for (kind, versions) in listed {
        for version in versions {
            let (at, how) = last(version);
            let place = (kind, key(version), Some(version.version.clone()));
            told.insert(place, (at, how.to_owned()));
        }
    }
    for note in objects.journal.notes() {
        if let What::Config(config) = &note.what {
            let place = (config.kind, config.key.clone(), config.version.clone());
            told.insert(place, (note.at, words(config)));
        }
    }
    told.into_iter()
        .flat_map(|((kind, key, version), (at, how))| {
            let used = Used {
                kind,
                name: key.name.clone(),
            };
            let title = title(kind);
            let summary = format!("{title} {} {how}", key.name);
            let change = move |entity: Entity, summary: String| Change {
                entity,
                kind: ChangeKind::Config,
                at,
                revision: version.clone(),
                summary,
            };
            let by = users.get(&(key.namespace.clone(), used));
            match by {
                Some(by) => by
                    .iter()
                    .map(|user| change(user.clone(), summary.clone()))
                    .collect::<Vec<_>>(),
                // Nobody uses it: it is told of the cluster, to those who see all of it.
                None => vec![change(
                    site.whole(),
                    format!("{title} {}/{} {how}", key.namespace, key.name),
                )],
            }
        })
        .collect()
}

type Users = BTreeMap<(String, Used), BTreeSet<Entity>>;

/// Workloads by what their pods use.
fn users(objects: &Objects, owners: &Owners) -> Users {
    let mut users = Users::new();
    for pod in &objects.pods {
        let Some(workload) = owners.workload_of_pod(&pod.meta) else {
            continue;
        };
        for used in &pod.uses {
            let place = (pod.meta.place().0.to_owned(), used.clone());
            users.entry(place).or_default().insert(workload.clone());
        }
    }
    users
}

fn key(version: &Version) -> Key {
    let (namespace, name) = version.meta.place();
    Key {
        namespace: namespace.to_owned(),
        name: name.to_owned(),
    }
}

/// What an object tells of its last change by itself.
fn last(version: &Version) -> (Timestamp, &'static str) {
    let created = version.meta.created_at;
    match version.changed_at {
        Some(at) if at.duration_since(created) > AT_ONCE => (at, "was changed"),
        _ => (created, "was created"),
    }
}

const fn title(kind: ConfigKind) -> &'static str {
    match kind {
        ConfigKind::ConfigMap => "config map",
        ConfigKind::Secret => "secret",
    }
}

fn words(config: &Config) -> String {
    let (added, removed) = match &config.how {
        How::Created => return "was created".to_owned(),
        How::Deleted => return "was deleted".to_owned(),
        How::Changed { added, removed } => (added, removed),
    };
    let mut parts = Vec::new();
    if config.kind == ConfigKind::ConfigMap {
        parts.extend(keys("new", added));
        parts.extend(keys("gone", removed));
    }
    if parts.is_empty() {
        return "was changed".to_owned();
    }
    format!("was changed ({})", parts.join("; "))
}

fn keys(what: &str, keys: &BTreeSet<String>) -> Option<String> {
    match keys.len() {
        0 => None,
        1..=MOST_KEYS => {
            let keys: Vec<&str> = keys.iter().map(String::as_str).collect();
            Some(format!("{what}: {}", keys.join(", ")))
        }
        many => Some(format!("{what}: {many} keys")),
    }
}
