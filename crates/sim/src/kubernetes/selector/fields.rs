//! Field selectors: `a.b=x,c!=y`, with `\` before a comma, an equals sign or itself.

use serde_json::Value;

/// Fields that every resource can be selected by.
const ALWAYS: [&str; 2] = ["metadata.name", "metadata.namespace"];

/// What all must hold.
#[derive(Debug, Clone, Default)]
pub(super) struct FieldSelector {
    terms: Vec<Term>,
}

#[derive(Debug, Clone)]
struct Term {
    field: String,
    equal: bool,
    value: String,
}

impl FieldSelector {
    /// Parses a selector; an empty one selects everything. The error is the message for the caller.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        let parts = split(text).into_iter().filter(|part| !part.is_empty());
        let terms = parts.map(|part| {
            let (field, equal, value) = operands(part)
                .ok_or_else(|| format!("invalid selector: '{text}'; can't understand '{part}'"))?;
            Ok(Term {
                field: field.to_owned(),
                equal,
                value: unescape(value)?,
            })
        });
        Ok(Self {
            terms: terms.collect::<Result<_, String>>()?,
        })
    }

    /// The first field that is neither in `supported` nor always there.
    pub(super) fn unsupported(&self, supported: &[String]) -> Option<&str> {
        let fields = self.terms.iter().map(|term| term.field.as_str());
        fields
            .into_iter()
            .find(|field| !ALWAYS.contains(field) && !supported.iter().any(|known| known == field))
    }

    /// Also asks for a value.
    pub(super) fn require(&mut self, field: &str, value: &str) {
        self.terms.push(Term {
            field: field.to_owned(),
            equal: true,
            value: value.to_owned(),
        });
    }

    pub(super) fn is_everything(&self) -> bool {
        self.terms.is_empty()
    }

    pub(super) fn matches(&self, object: &Value) -> bool {
        self.terms
            .iter()
            .all(|term| (value_of(object, &term.field) == term.value) == term.equal)
    }
}

/// The value of a field as a selector compares it; an absent one is empty.
fn value_of(object: &Value, field: &str) -> String {
    let mut value = object;
    for name in field.split('.') {
        value = &value[name];
    }
    match value {
        Value::String(text) => text.clone(),
        Value::Number(number) => number.to_string(),
        Value::Bool(truth) => truth.to_string(),
        // These two are indexed by a part of what the object holds.
        Value::Object(source) if field == "source" => source
            .get("component")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        Value::Null if matches!(field, "spec.unschedulable" | "spec.hostNetwork") => {
            "false".to_owned()
        }
        _ => String::new(),
    }
}

/// The parts between commas that are not escaped.
fn split(text: &str) -> Vec<&str> {
    let mut parts = Vec::new();
    let mut start = 0;
    let mut escaped = false;
    for (at, character) in text.char_indices() {
        match character {
            _ if escaped => escaped = false,
            '\\' => escaped = true,
            ',' => {
                parts.push(&text[start..at]);
                start = at + 1;
            }
            _ => {}
        }
    }
    parts.push(&text[start..]);
    parts
}

/// Field, whether it must be equal, and the raw value.
fn operands(part: &str) -> Option<(&str, bool, &str)> {
    let at = part.find(['=', '!'])?;
    let (field, rest) = part.split_at(at);
    if let Some(value) = rest.strip_prefix("!=") {
        return Some((field, false, value));
    }
    let value = rest.strip_prefix("==").or_else(|| rest.strip_prefix('='))?;
    Some((field, true, value))
}

fn unescape(value: &str) -> Result<String, String> {
    let mut plain = String::new();
    let mut characters = value.chars();
    while let Some(character) = characters.next() {
        if character != '\\' {
            plain.push(character);
            continue;
        }
        match characters.next() {
            Some(escaped @ ('\\' | ',' | '=')) => plain.push(escaped),
            Some(other) => {
                return Err(format!(
                    "invalid field selector: invalid escape sequence: \\{other}"
                ));
            }
            None => {
                return Err("invalid field selector: unterminated escape sequence".to_owned());
            }
        }
    }
    Ok(plain)
}
