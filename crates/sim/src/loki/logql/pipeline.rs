//! What the stages do with a line.

use serde_json::Value;

use super::{LabelFilter, Labels, LineFilter, LogQuery, Order, Stage};

/// A line on its way through the stages.
pub(in crate::loki) struct Line<'a> {
    pub(in crate::loki) text: &'a str,
    pub(in crate::loki) stream: &'a Labels,
    pub(in crate::loki) metadata: &'a Labels,
    /// What parsers found.
    pub(in crate::loki) parsed: Labels,
}

impl LogQuery {
    /// Whether the line passes all stages; what parsers find is left in it.
    pub(in crate::loki) fn passes(&self, line: &mut Line<'_>) -> bool {
        self.stages.iter().all(|stage| match stage {
            Stage::Line(filter) => filter.admits(line.text),
            Stage::Json => {
                line.parse_json();
                true
            }
            Stage::Logfmt => {
                line.parse_logfmt();
                true
            }
            Stage::Label(filter) => filter.admits(line),
        })
    }
}

impl Line<'_> {
    /// The value of a label, wherever it comes from.
    pub(in crate::loki) fn label(&self, name: &str) -> Option<&str> {
        let known = || self.metadata.get(name).or_else(|| self.stream.get(name));
        self.parsed.get(name).or_else(known).map(String::as_str)
    }

    /// All labels together.
    pub(in crate::loki) fn labels(&self) -> Labels {
        let mut all = self.stream.clone();
        for more in [self.metadata, &self.parsed] {
            all.extend(
                more.iter()
                    .map(|(name, value)| (name.clone(), value.clone())),
            );
        }
        all
    }

    /// A name that the stream has already gets a suffix.
    fn add(&mut self, name: &str, value: String) {
        let clean: String = name
            .chars()
            .map(|c| {
                if c.is_ascii_alphanumeric() || c == '_' {
                    c
                } else {
                    '_'
                }
            })
            .collect();
        let name = if self.stream.contains_key(&clean) || self.metadata.contains_key(&clean) {
            format!("{clean}_extracted")
        } else {
            clean
        };
        self.parsed.insert(name, value);
    }

    /// Takes the line apart by the format that it is in; the name of the parser.
    pub(in crate::loki) fn parse(&mut self) -> &'static str {
        if self.text.starts_with('{') {
            self.parse_json();
            return "json";
        }
        self.parse_logfmt();
        "logfmt"
    }

    fn parse_json(&mut self) {
        if let Ok(Value::Object(object)) = serde_json::from_str::<Value>(self.text) {
            for (name, value) in &object {
                self.add_value(name, value);
            }
            return;
        }
        let details = "Value looks like object, but can't find closing '}' symbol";
        let failed = [
            ("__error__", "JSONParserErr"),
            ("__error_details__", details),
        ];
        for (name, value) in failed {
            self.parsed.insert(name.to_owned(), value.to_owned());
        }
    }

    fn add_value(&mut self, name: &str, value: &Value) {
        match value {
            Value::Object(object) => {
                for (inner, value) in object {
                    self.add_value(&format!("{name}_{inner}"), value);
                }
            }
            Value::String(text) => self.add(name, text.clone()),
            Value::Number(_) | Value::Bool(_) => self.add(name, value.to_string()),
            Value::Null | Value::Array(_) => {}
        }
    }

    fn parse_logfmt(&mut self) {
        let mut rest = self.text;
        while let Some(at) = rest.find('=') {
            let name = rest[..at]
                .rsplit(char::is_whitespace)
                .next()
                .unwrap_or_default()
                .to_owned();
            let after = &rest[at + 1..];
            let quoted = after.strip_prefix('"');
            let closed = quoted.and_then(|inner| inner.split_once('"'));
            let (value, length) = if let Some((value, _)) = closed {
                (value.to_owned(), value.len() + 2)
            } else {
                let end = after.find(char::is_whitespace).unwrap_or(after.len());
                (after[..end].to_owned(), end)
            };
            if !name.is_empty() {
                self.add(&name, value);
            }
            rest = &after[length..];
        }
    }
}

impl LineFilter {
    fn admits(&self, text: &str) -> bool {
        match self {
            Self::Contains(part) => text.contains(part.as_str()),
            Self::ContainsNot(part) => !text.contains(part.as_str()),
            Self::Matches(pattern) => pattern.is_match(text),
            Self::MatchesNot(pattern) => !pattern.is_match(text),
        }
    }
}

impl LabelFilter {
    fn admits(&self, line: &Line<'_>) -> bool {
        match self {
            Self::Text(matcher) => matcher.test.admits(line.label(&matcher.name).unwrap_or("")),
            Self::Number {
                name,
                order,
                value,
                duration,
            } => {
                let found = line.label(name).and_then(|text| {
                    if *duration {
                        crate::duration::nanos(text)
                    } else {
                        text.parse().ok()
                    }
                });
                found.is_some_and(|found: f64| order.holds(found, *value))
            }
            Self::And(left, right) => left.admits(line) && right.admits(line),
            Self::Or(left, right) => left.admits(line) || right.admits(line),
        }
    }
}

impl Order {
    fn holds(self, left: f64, right: f64) -> bool {
        let order = left.total_cmp(&right);
        match self {
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
        }
    }
}
