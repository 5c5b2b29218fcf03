//! The part of Kubernetes' JSON path that printer columns use: `.a.b`, a dot
//! escaped as `\.`, `['a']`, `[0]`, `[*]` and `[?(@.a=="b")]`.

use serde_json::Value;

/// One step of a path.
#[derive(Debug, PartialEq, Eq)]
enum Step {
    Field(String),
    Index(usize),
    Every,
    /// Elements whose field, given as steps, equals the text.
    Where(Vec<Step>, String),
}

/// The first value that `path` finds in `object`; nothing where the path can't be read.
pub(crate) fn first<'a>(object: &'a Value, path: &str) -> Option<&'a Value> {
    let steps = parse(path)?;
    let mut found = vec![object];
    for step in &steps {
        found = found
            .into_iter()
            .flat_map(|value| follow(value, step))
            .collect();
    }
    found.into_iter().next()
}

fn follow<'a>(value: &'a Value, step: &Step) -> Vec<&'a Value> {
    let elements = value.as_array().map_or(&[][..], Vec::as_slice);
    match step {
        Step::Field(name) => value.get(name.as_str()).into_iter().collect(),
        Step::Index(index) => elements.get(*index).into_iter().collect(),
        Step::Every => elements.iter().collect(),
        Step::Where(field, text) => elements
            .iter()
            .filter(|element| has(element, field, text))
            .collect(),
    }
}

fn has(element: &Value, field: &[Step], text: &str) -> bool {
    let mut found = vec![element];
    for step in field {
        found = found
            .into_iter()
            .flat_map(|value| follow(value, step))
            .collect();
    }
    found.iter().any(|value| value.as_str() == Some(text))
}

fn parse(path: &str) -> Option<Vec<Step>> {
    let mut steps = Vec::new();
    let mut rest = path;
    while !rest.is_empty() {
        if let Some(after) = rest.strip_prefix('.') {
            let (name, next) = field(after);
            if !name.is_empty() {
                steps.push(Step::Field(name));
            }
            rest = next;
        } else {
            let inside = rest.strip_prefix('[')?;
            let end = closing(inside)?;
            steps.push(bracket(&inside[..end])?);
            rest = &inside[end + 1..];
        }
    }
    Some(steps)
}

/// A field's name with its escapes resolved, and what follows it.
fn field(text: &str) -> (String, &str) {
    let mut name = String::new();
    let mut characters = text.char_indices();
    while let Some((at, character)) = characters.next() {
        match character {
            '\\' => name.extend(characters.next().map(|(_, escaped)| escaped)),
            '.' | '[' => return (name, &text[at..]),
            _ => name.push(character),
        }
    }
    (name, "")
}

/// Where the bracket closes that was opened before `text`, quotes and inner brackets respected.
fn closing(text: &str) -> Option<usize> {
    let mut quote = None;
    let mut depth = 0;
    for (at, character) in text.char_indices() {
        match (quote, character) {
            (Some(open), _) if open == character => quote = None,
            (None, '"' | '\'') => quote = Some(character),
            (None, '[') => depth += 1,
            (None, ']') if depth == 0 => return Some(at),
            (None, ']') => depth -= 1,
            _ => {}
        }
    }
    None
}

fn bracket(inside: &str) -> Option<Step> {
    if inside == "*" {
        return Some(Step::Every);
    }
    if let Ok(index) = inside.parse() {
        return Some(Step::Index(index));
    }
    if let Some(name) = quoted(inside) {
        return Some(Step::Field(name.to_owned()));
    }
    let condition = inside.strip_prefix("?(")?.strip_suffix(')')?;
    let (field, text) = condition.split_once("==")?;
    let steps = parse(field.trim().strip_prefix('@')?)?;
    Some(Step::Where(steps, quoted(text.trim())?.to_owned()))
}

fn quoted(text: &str) -> Option<&str> {
    let unquoted = |quote| text.strip_prefix(quote)?.strip_suffix(quote);
    unquoted('"').or_else(|| unquoted('\''))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::first;

    #[test]
    fn the_paths_of_printer_columns_find_their_values() {
        let object = json!({
            "metadata": { "annotations": { "a.b/c": "Idle" } },
            "status": {
                "state": "ready",
                "conditions": [
                    { "type": "Available", "status": "True" },
                    { "type": "Degraded", "status": "False" },
                ],
            },
        });
        let cases = [
            (".status.state", Some("ready")),
            (".metadata.annotations.a\\.b/c", Some("Idle")),
            (".metadata.annotations['a.b/c']", Some("Idle")),
            (".status.conditions[1].status", Some("False")),
            (".status.conditions[*].type", Some("Available")),
            (
                ".status.conditions[?(@.type==\"Degraded\")].status",
                Some("False"),
            ),
            (
                ".status.conditions[?(@.type=='Available')].status",
                Some("True"),
            ),
            (".status.conditions[?(@.type==\"Gone\")].status", None),
            (".status.absent", None),
            (".status[", None),
            ("status", None),
        ];
        for (path, expected) in cases {
            let found = first(&object, path).and_then(|value| value.as_str());
            assert_eq!(found, expected, "{path}");
        }
    }
}
