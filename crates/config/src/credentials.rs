//! `[credentials]`: where the secrets of clusters lie, and under which keys.

use std::path::{Path, PathBuf};
use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::secret::Secret;
use crate::sources::Sources;

/// The key that is made at the first start where none is configured.
pub const OWN_KEY: &str = "default";
/// Its file in the data folder.
const OWN_FILE: &str = "credentials.key";

/// Where the secrets of clusters lie, and under which keys. What lies there is sealed: without a
/// key it says nothing, and with the key lost it is lost.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Credentials {
    /// Where sealed secrets are laid: in the database, or in Secrets of the hub, one a cluster,
    /// named aiops-cluster-ID.
    pub store: CredentialsStore,
    /// The namespace of those Secrets, and of keys that are read from Secrets.
    pub namespace: String,
    /// The key-encryption keys, each as its id and where it is read: `file:PATH`, `env:VARIABLE`, or
    /// `secret:NAME/KEY` of the hub. A key is 32 bytes in base64. Without any, one is made at the
    /// first start, in credentials.key of the data folder; it stays usable when others are given.
    #[schemars(example = [
        "2026-01 file:/etc/fleetscope/keys/2026-01",
        "2026-07 env:FLEETSCOPE_KEY_2026_07",
        "2027-01 secret:fleetscope-keys/2027-01",
    ])]
    pub keys: Vec<String>,
    /// The id of the key that new secrets are sealed under; the last of keys where none is named.
    /// After a change, `fleetscope keys rotate` brings the others under it.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", example = &"default")]
    pub active_key: Option<String>,
    /// How long the collector keeps an opened secret. A changed one is told to it at once.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub keep: Duration,
    /// What the variables of keys say.
    #[serde(skip)]
    variables: Vec<(String, Secret)>,
}

/// Where sealed secrets are laid.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum CredentialsStore {
    /// In the database.
    #[default]
    Database,
    /// In Secrets of the hub.
    Secrets,
}

/// Where a key is read.
#[derive(Debug, Clone)]
pub enum KeySource {
    /// In a file.
    File(PathBuf),
    /// In a file that is made with a new key where it is not there.
    OwnFile(PathBuf),
    /// In a variable, which was read.
    Variable(Secret),
    /// In a Secret of the hub.
    Secret {
        /// The Secret's name.
        name: String,
        /// The key in its data.
        key: String,
    },
}

enum Place<'a> {
    File(&'a str),
    Variable(&'a str),
    Secret(&'a str, &'a str),
}

impl Default for Credentials {
    fn default() -> Self {
        Self {
            store: CredentialsStore::default(),
            namespace: "fleetscope".to_owned(),
            keys: Vec::new(),
            active_key: None,
            keep: Duration::from_mins(5),
            variables: Vec::new(),
        }
    }
}

impl Credentials {
    /// Every key with where it is read, the one of the data folder among them: made there where no
    /// other is configured, else used where it is there.
    pub fn key_sources(&self, data_dir: &Path) -> Vec<(String, KeySource)> {
        let own = data_dir.join(OWN_FILE);
        let parsed: Vec<_> = self.keys.iter().filter_map(|text| parse(text)).collect();
        let mut sources = Vec::new();
        if parsed.is_empty() {
            return vec![(OWN_KEY.to_owned(), KeySource::OwnFile(own))];
        }
        if own.exists() && parsed.iter().all(|(id, _)| *id != OWN_KEY) {
            sources.push((OWN_KEY.to_owned(), KeySource::File(own)));
        }
        for (id, place) in parsed {
            let source = match place {
                Place::File(path) => KeySource::File(path.into()),
                Place::Secret(name, key) => KeySource::Secret {
                    name: name.to_owned(),
                    key: key.to_owned(),
                },
                Place::Variable(name) => {
                    let read = self.variables.iter().find(|(own, _)| own == name);
                    let Some((_, secret)) = read else { continue };
                    KeySource::Variable(secret.clone())
                }
            };
            sources.push((id.to_owned(), source));
        }
        sources
    }

    /// The id of the active key.
    pub fn active(&self) -> &str {
        let last = self.keys.last().and_then(|text| parse(text));
        let last = last.map_or(OWN_KEY, |(id, _)| id);
        self.active_key.as_deref().unwrap_or(last)
    }

    /// Whether something of it lies on the hub.
    fn needs_hub(&self) -> bool {
        let secret = |text: &String| matches!(parse(text), Some((_, Place::Secret(..))));
        self.store == CredentialsStore::Secrets || self.keys.iter().any(secret)
    }

    /// Reads the variables that keys are in.
    pub(crate) fn resolve(&mut self, sources: &Sources, problems: &mut Vec<Problem>) {
        let mut read = Vec::new();
        for (id, place) in self.keys.iter().filter_map(|text| parse(text)) {
            let Place::Variable(name) = place else {
                continue;
            };
            match sources.variable(name) {
                Some(text) => read.push((name.to_owned(), Secret::new(text))),
                None => problems.push(Problem::of(
                    "credentials.keys",
                    format!("the variable {name} of the key '{id}' is not set: set it"),
                )),
            }
        }
        self.variables = read;
    }

    pub(crate) fn validate(&self, hub: bool, problems: &mut Vec<Problem>) {
        for text in &self.keys {
            if parse(text).is_none() {
                // It may be a key that was written here by mistake.
                let what = "has one that is not an id, a space and a place: write each as in \
                            \"2026-01 file:/etc/fleetscope/keys/2026-01\" (or env:VARIABLE, or \
                            secret:NAME/KEY)";
                problems.push(Problem::of("credentials.keys", what));
            }
        }
        let ids: Vec<_> = self.keys.iter().filter_map(|text| parse(text)).collect();
        let known = self.active() == OWN_KEY || ids.iter().any(|(id, _)| *id == self.active());
        if !known {
            let what = "is the id of none of credentials.keys: write one of theirs";
            problems.push(Problem::of("credentials.active_key", what));
        }
        if self.needs_hub() && !hub {
            let what = "needs a hub: write hub.in_cluster = true, or hub.url";
            problems.push(Problem::of("credentials.store", what));
        }
        if self.namespace.is_empty() {
            let what = "is empty: write the namespace of the Secrets, as in fleetscope";
            problems.push(Problem::of("credentials.namespace", what));
        }
        let range = Duration::from_secs(1)..=Duration::from_hours(1);
        if !range.contains(&self.keep) {
            let what = "is out of range: write a length from 1s to 1h";
            problems.push(Problem::of("credentials.keep", what));
        }
    }
}

fn parse(text: &str) -> Option<(&str, Place<'_>)> {
    let (id, place) = text.trim().split_once(' ')?;
    let place = match place.trim().split_once(':')? {
        ("file", path) if !path.is_empty() => Place::File(path),
        ("env", name) if !name.is_empty() => Place::Variable(name),
        ("secret", place) => {
            let (name, key) = place.split_once('/')?;
            (!name.is_empty() && !key.is_empty()).then_some(Place::Secret(name, key))?
        }
        _ => return None,
    };
    let named = !id.is_empty()
        && id
            .bytes()
            .all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'-' || b == b'.');
    named.then_some((id, place))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(texts: &[&str]) -> Credentials {
        Credentials {
            keys: texts.iter().map(|text| (*text).to_owned()).collect(),
            ..Credentials::default()
        }
    }

    #[test]
    fn the_last_key_is_the_active_one_unless_another_is_named() {
        let mut both = keys(&["a file:/a", "b file:/b"]);
        assert_eq!(both.active(), "b");
        both.active_key = Some("a".to_owned());
        assert_eq!(both.active(), "a");
        assert_eq!(Credentials::default().active(), OWN_KEY);
    }

    #[test]
    fn a_key_that_stands_where_its_place_should_is_not_repeated() {
        let mut problems = Vec::new();
        keys(&["a Y2FuYXJ5", "canary", "a file:", "A file:/x"]).validate(true, &mut problems);
        assert_eq!(problems.len(), 4);
        let said = format!("{problems:?}");
        assert!(!said.contains("canary") && !said.contains("Y2FuYXJ5"));
    }

    #[test]
    fn the_key_of_the_data_folder_is_made_only_where_there_is_no_other() {
        let folder = Path::new("/nowhere");
        let own = Credentials::default().key_sources(folder);
        assert!(matches!(own.as_slice(), [(id, KeySource::OwnFile(_))] if id == OWN_KEY));
        let given = keys(&["a file:/a", "b secret:keys/b"]).key_sources(folder);
        assert!(matches!(
            given.as_slice(),
            [(_, KeySource::File(_)), (_, KeySource::Secret { .. })]
        ));
    }

    #[test]
    fn secrets_need_a_hub() {
        for wanting in [
            keys(&["a secret:x/y"]),
            Credentials {
                store: CredentialsStore::Secrets,
                ..Credentials::default()
            },
        ] {
            let mut problems = Vec::new();
            wanting.validate(false, &mut problems);
            assert_eq!(problems.len(), 1);
        }
    }
}
