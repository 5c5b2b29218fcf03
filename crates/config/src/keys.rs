//! Every key that there is, read off the types: the one source of names, kinds, descriptions and
//! defaults for files, variables, messages, the example and the schema.

use schemars::Schema;
use schemars::generate::SchemaSettings;
use serde_json::Value;

use crate::load::Config;

/// What every variable of ours begins with.
pub(crate) const PREFIX: &str = "FLEETSCOPE_";

/// What a value is, as far as a variable's text has to be read differently.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Text,
    Truth,
    Number,
    List,
}

impl Kind {
    fn of(property: &Value) -> Self {
        match property.get("type").and_then(Value::as_str) {
            Some("boolean") => Self::Truth,
            Some("integer") => Self::Number,
            Some("array") => Self::List,
            _ => Self::Text,
        }
    }

    /// The value that a variable's text stands for; what can't be read stays text, so that the
    /// type itself says what it expects.
    pub(crate) fn read(self, text: &str) -> toml::Value {
        let as_is = || toml::Value::String(text.to_owned());
        match self {
            Self::Text => as_is(),
            Self::Truth => text.parse().map_or_else(|_| as_is(), toml::Value::Boolean),
            Self::Number => text.parse().map_or_else(|_| as_is(), toml::Value::Integer),
            Self::List => text
                .split(',')
                .map(str::trim)
                .filter(|item| !item.is_empty())
                .map(|item| toml::Value::String(item.to_owned()))
                .collect::<Vec<_>>()
                .into(),
        }
    }
}

/// One key of a section.
#[derive(Debug, Clone)]
pub(crate) struct Key {
    pub(crate) section: String,
    pub(crate) name: String,
    pub(crate) kind: Kind,
    pub(crate) secret: bool,
    pub(crate) description: String,
    pub(crate) default: Option<Value>,
    pub(crate) example: Option<Value>,
}

impl Key {
    /// `server.listen`.
    pub(crate) fn dotted(&self) -> String {
        format!("{}.{}", self.section, self.name)
    }

    /// `FLEETSCOPE_SERVER__LISTEN`.
    pub(crate) fn variable(&self) -> String {
        let name = self.dotted().replace('.', "__").to_uppercase();
        format!("{PREFIX}{name}")
    }

    /// The line of the example file: the default, else an example.
    pub(crate) fn line(&self) -> String {
        self.line_of(self.default.as_ref().or(self.example.as_ref()))
    }

    /// A line that shows how a value is written: an example, else the default.
    pub(crate) fn hint(&self) -> String {
        self.line_of(self.example.as_ref().or(self.default.as_ref()))
    }

    fn line_of(&self, value: Option<&Value>) -> String {
        let value = value.and_then(|value| toml::Value::try_from(value).ok());
        let value = value.map_or_else(|| "\"…\"".to_owned(), |value| value.to_string());
        format!("{} = {value}", self.name)
    }
}

/// One section, with its keys in the order of their declaration.
#[derive(Debug, Clone)]
pub(crate) struct Section {
    pub(crate) path: String,
    pub(crate) description: String,
    pub(crate) keys: Vec<Key>,
}

/// Every section, those inside a section right after it.
pub(crate) fn sections() -> Vec<Section> {
    let mut sections = Vec::new();
    walk("", keyless(schema().as_value()), &mut sections);
    sections
}

/// The JSON schema of the file.
pub(crate) fn schema() -> Schema {
    SchemaSettings::draft2020_12()
        .with(|settings| settings.inline_subschemas = true)
        .into_generator()
        .into_root_schema_for::<Config>()
}

fn keyless(schema: &Value) -> impl Iterator<Item = (&String, &Value)> {
    schema["properties"].as_object().into_iter().flatten()
}

fn walk<'a>(
    path: &str,
    properties: impl Iterator<Item = (&'a String, &'a Value)>,
    sections: &mut Vec<Section>,
) {
    let (inner, keys): (Vec<_>, Vec<_>) =
        properties.partition(|(_, property)| property.get("properties").is_some());
    if let Some(section) = sections.last_mut() {
        section.keys = keys
            .into_iter()
            .map(|(name, property)| key(path, name, property))
            .collect();
    }
    for (name, property) in inner {
        let path = if path.is_empty() {
            name.clone()
        } else {
            format!("{path}.{name}")
        };
        sections.push(Section {
            path: path.clone(),
            description: text(property, "description"),
            keys: Vec::new(),
        });
        walk(&path, keyless(property), sections);
    }
}

fn key(section: &str, name: &str, property: &Value) -> Key {
    Key {
        section: section.to_owned(),
        name: name.to_owned(),
        kind: Kind::of(property),
        secret: property["writeOnly"] == true,
        description: text(property, "description"),
        default: property
            .get("default")
            .filter(|value| !value.is_null())
            .cloned(),
        example: property["examples"].get(0).cloned(),
    }
}

fn text(property: &Value, name: &str) -> String {
    property[name].as_str().unwrap_or_default().to_owned()
}
