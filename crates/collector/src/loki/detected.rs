//! Fields that lines hold, as Loki detects them (`detected_fields`): members of JSON objects, those
//! of inner ones joined by `_`, and pairs of logfmt.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{ClusterId, DetectedField};
use serde_json::{Map, Value};

/// Fields that are told apart; lines with generated names would make them without end.
const MOST_FIELDS: usize = 1_000;

/// Values of a field that are counted one by one.
const MOST_VALUES: usize = 1_000;

#[derive(Default)]
struct Field {
    values: BTreeSet<String>,
    parsers: BTreeSet<&'static str>,
    kind: Option<&'static str>,
}

/// The fields of lines, by name.
pub(super) fn fields<'a>(
    cluster: ClusterId,
    lines: impl Iterator<Item = &'a str>,
) -> Vec<DetectedField> {
    let mut found: BTreeMap<String, Field> = BTreeMap::new();
    for line in lines {
        let (parser, pairs) = pairs(line);
        for (name, value) in pairs {
            if found.len() >= MOST_FIELDS && !found.contains_key(&name) {
                continue;
            }
            let field = found.entry(name).or_default();
            field.parsers.insert(parser);
            // One that is a number now and a word then is a word.
            let kind = kind(&value);
            field.kind = Some(match field.kind {
                None => kind,
                Some(before) => common(before, kind),
            });
            if field.values.len() < MOST_VALUES {
                field.values.insert(value);
            }
        }
    }
    let fields = found.into_iter().map(|(name, field)| DetectedField {
        cluster,
        name,
        kind: field.kind.unwrap_or("string").to_owned(),
        cardinality: field.values.len() as u64,
        parsers: field.parsers.into_iter().map(str::to_owned).collect(),
    });
    fields.collect()
}

/// The pairs of a line, and what finds them.
fn pairs(line: &str) -> (&'static str, Vec<(String, String)>) {
    if line.trim_start().starts_with('{')
        && let Ok(members) = serde_json::from_str::<Map<String, Value>>(line)
    {
        let mut pairs = Vec::new();
        flatten("", members, &mut pairs);
        return ("json", pairs);
    }
    ("logfmt", logfmt(line))
}

fn flatten(before: &str, members: Map<String, Value>, pairs: &mut Vec<(String, String)>) {
    for (name, value) in members {
        let name = label(&if before.is_empty() {
            name
        } else {
            format!("{before}_{name}")
        });
        match value {
            Value::Object(inner) => flatten(&name, inner, pairs),
            // Loki passes over lists, and null says nothing.
            Value::Array(_) | Value::Null => {}
            Value::String(text) => pairs.push((name, text)),
            other => pairs.push((name, other.to_string())),
        }
    }
}

/// `name=value` and `name="value with \"blanks\""`; words without a value are no fields.
fn logfmt(line: &str) -> Vec<(String, String)> {
    let mut pairs = Vec::new();
    let mut rest = line.trim_start();
    while !rest.is_empty() {
        let end = rest.find(|c: char| c == '=' || c.is_whitespace());
        let Some(end) = end else { break };
        let (name, after) = rest.split_at(end);
        let Some(value) = after.strip_prefix('=') else {
            rest = after.trim_start();
            continue;
        };
        let (value, after) = if let Some(quoted) = value.strip_prefix('"') {
            let Some(found) = quoted_value(quoted) else {
                break;
            };
            found
        } else {
            let end = value.find(char::is_whitespace).unwrap_or(value.len());
            (value[..end].to_owned(), &value[end..])
        };
        if !name.is_empty() && !value.is_empty() {
            pairs.push((label(name), value));
        }
        rest = after.trim_start();
    }
    pairs
}

/// What stands between quotation marks, of which the first was read, and what follows.
fn quoted_value(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut letters = text.char_indices();
    while let Some((at, letter)) = letters.next() {
        match letter {
            '"' => return Some((value, &text[at + 1..])),
            '\\' => value.push(match letters.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            }),
            other => value.push(other),
        }
    }
    None
}

/// A name as a label may be.
fn label(name: &str) -> String {
    let mut label: String = name
        .chars()
        .map(|c| {
            if c.is_ascii_alphanumeric() || c == '_' {
                c
            } else {
                '_'
            }
        })
        .collect();
    if label.starts_with(|c: char| c.is_ascii_digit()) {
        label.insert(0, '_');
    }
    label
}

/// What a value is, in the order in which Loki tries.
fn kind(value: &str) -> &'static str {
    if value.parse::<i64>().is_ok() {
        "int"
    } else if value.parse::<f64>().is_ok() {
        "float"
    } else if matches!(
        value,
        "true" | "false" | "True" | "False" | "TRUE" | "FALSE" | "t" | "f"
    ) {
        "boolean"
    } else if units(value, &["ns", "us", "µs", "ms", "s", "m", "h"], true) {
        "duration"
    } else if units(&value.to_ascii_lowercase(), &BYTES, false) {
        "bytes"
    } else {
        "string"
    }
}

const BYTES: [&str; 11] = [
    "b", "kb", "kib", "mb", "mib", "gb", "gib", "tb", "tib", "pb", "pib",
];

fn common(a: &'static str, b: &'static str) -> &'static str {
    match (a, b) {
        _ if a == b => a,
        ("int" | "float", "int" | "float") => "float",
        _ => "string",
    }
}

/// Whether a value is a number with a unit, or several of them where they may be added: `1h30m`.
fn units(value: &str, units: &[&str], added: bool) -> bool {
    let mut rest = value.strip_prefix('-').unwrap_or(value);
    let mut parts = 0;
    while !rest.is_empty() {
        let digits = rest.trim_start_matches(|c: char| c.is_ascii_digit() || c == '.');
        let number = &rest[..rest.len() - digits.len()];
        let unit = digits.trim_start_matches(|c: char| !c.is_ascii_digit() && c != '.');
        let name = digits[..digits.len() - unit.len()].trim_start();
        if number.parse::<f64>().is_err() || !units.contains(&name) || (parts > 0 && !added) {
            return false;
        }
        parts += 1;
        rest = unit;
    }
    parts > 0
}

#[cfg(test)]
mod tests {
    use fleetscope_model::ClusterId;

    use super::*;

    fn found(lines: &[&str]) -> Vec<(String, String, u64, String)> {
        let cluster = ClusterId::new(uuid::Uuid::nil());
        fields(cluster, lines.iter().copied())
            .into_iter()
            .map(|f| (f.name, f.kind, f.cardinality, f.parsers.join(",")))
            .collect()
    }

    #[test]
    fn members_of_json_and_pairs_of_logfmt_are_fields() {
        let lines = [
            r#"{"code": 503, "http": {"path": "/a b", "tags": [1]}, "none": null}"#,
            r#"level=error code=200 took=1h30m path="/x \"y\"" size=12KB started rate=0.5"#,
            "no fields here",
        ];
        let expected = [
            ("code", "int", 2, "json,logfmt"),
            ("http_path", "string", 1, "json"),
            ("level", "string", 1, "logfmt"),
            ("path", "string", 1, "logfmt"),
            ("rate", "float", 1, "logfmt"),
            ("size", "bytes", 1, "logfmt"),
            ("took", "duration", 1, "logfmt"),
        ];
        let expected: Vec<_> = expected
            .iter()
            .map(|(n, k, c, p)| (n.to_string(), k.to_string(), *c, p.to_string()))
            .collect();
        assert_eq!(found(&lines), expected);
    }

    #[test]
    fn what_differs_between_lines_is_what_they_have_in_common() {
        let kinds: Vec<String> = found(&["a=1 b=1 c=true", "a=1.5 b=x c=true"])
            .into_iter()
            .map(|(_, kind, ..)| kind)
            .collect();
        assert_eq!(kinds, ["float", "string", "boolean"]);
    }

    #[test]
    fn broken_lines_are_passed_over_and_generated_names_are_bounded() {
        assert_eq!(found(&["{\"a\": ", "=x", "a=\"open", "=", "a= b"]), []);
        let many: Vec<String> = (0..3_000).map(|n| format!("f{n}=1")).collect();
        let many: Vec<&str> = many.iter().map(String::as_str).collect();
        assert_eq!(found(&many).len(), MOST_FIELDS);
    }
}
