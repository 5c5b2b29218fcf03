//! A secret: it can be read from a file or a variable, and neither printed nor written back.

use std::fmt;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use secrecy::{ExposeSecret, SecretString};
use serde::{Deserialize, Deserializer, Serializer};

/// What is shown in place of a secret.
pub(crate) const REDACTED: &str = "<redacted>";

/// A secret text. `Debug` shows a placeholder; there is no `Display` and no `Serialize`; the
/// memory is wiped when the last copy is dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// Wraps a secret.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The secret as the type that other crates take.
    pub const fn as_secret(&self) -> &SecretString {
        &self.0
    }

    /// How many bytes it has.
    pub fn length(&self) -> usize {
        self.0.expose_secret().len()
    }
}

impl From<SecretString> for Secret {
    fn from(secret: SecretString) -> Self {
        Self(secret)
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(REDACTED)
    }
}

impl<'de> Deserialize<'de> for Secret {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(Self::new)
    }
}

impl JsonSchema for Secret {
    fn schema_name() -> std::borrow::Cow<'static, str> {
        "Secret".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "writeOnly": true })
    }
}

/// Writes the placeholder for a secret that is set; a field has to ask for it by name.
#[expect(clippy::ref_option, reason = "serde passes a reference to the field")]
pub(crate) fn redacted<S: Serializer>(
    _secret: &Option<Secret>,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(REDACTED)
}
