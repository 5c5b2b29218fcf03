//! What makes an object this one and no other: name, uid, age, generation.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use serde_json::{Map, Value};

use crate::kubernetes::defaults;
use crate::kubernetes::resources::Resource;

/// The letters of generated name suffixes, those of apimachinery: no vowels, so no words.
const SUFFIX_LETTERS: &[u8] = b"bcdfghjklmnpqrstvwxz2456789";
/// How many of them a suffix has.
const SUFFIX_LENGTH: usize = 5;

/// Gives identities, the same ones for the same seed.
pub(super) struct Identities {
    random: StdRng,
}

impl Identities {
    pub(super) fn new(seed: u64) -> Self {
        Self {
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// Makes a name of `generateName` where there is none; nothing where neither is there.
    pub(super) fn name(&mut self, metadata: &mut Map<String, Value>) -> Option<()> {
        let name = metadata.get("name").and_then(Value::as_str);
        if name.is_some_and(|name| !name.is_empty()) {
            return Some(());
        }
        let mut name = metadata.get("generateName")?.as_str()?.to_owned();
        for _ in 0..SUFFIX_LENGTH {
            let letter = SUFFIX_LETTERS[self.random.random_range(0..SUFFIX_LETTERS.len())];
            name.push(char::from(letter));
        }
        metadata.insert("name".to_owned(), name.into());
        Some(())
    }

    /// What a new object gets.
    pub(super) fn give(&mut self, resource: &Resource, object: &mut Value, at: Timestamp) {
        let uid = uuid::Builder::from_random_bytes(self.random.random()).into_uuid();
        let metadata = &mut object["metadata"];
        metadata["uid"] = uid.to_string().into();
        metadata["creationTimestamp"] = defaults::seconds(at).into();
        if resource.counts_generation {
            metadata["generation"] = 1.into();
        }
    }
}

/// Takes over what a replacement keeps. With the old version left in, an unchanged object
/// compares equal.
pub(super) fn keep(resource: &Resource, existing: &Value, object: &mut Value) {
    let old = &existing["metadata"];
    let metadata = &mut object["metadata"];
    for field in ["uid", "creationTimestamp", "resourceVersion"] {
        metadata[field] = old[field].clone();
    }
    if resource.counts_generation {
        let generation = old["generation"].as_u64().unwrap_or(1);
        metadata["generation"] = generation.into();
        if desired(existing) != desired(object) {
            object["metadata"]["generation"] = (generation + 1).into();
        }
    }
}

/// All fields but metadata and status.
fn desired(object: &Value) -> BTreeMap<&str, &Value> {
    let fields = object.as_object().into_iter().flatten();
    fields
        .map(|(name, value)| (name.as_str(), value))
        .filter(|(name, _)| !matches!(*name, "metadata" | "status"))
        .collect()
}
