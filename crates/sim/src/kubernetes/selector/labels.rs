//! Label selectors: `a=b`, `a!=b`, `a in (b,c)`, `a notin (b)`, `a`, `!a`, `a>1`.
//!
//! Grammar, operators and messages are those of apimachinery's `labels.Parse`.

mod lexer;
mod parser;

use std::collections::BTreeSet;

use serde_json::Value;

/// What all must hold.
#[derive(Debug, Clone, Default)]
pub(super) struct LabelSelector {
    requirements: Vec<Requirement>,
}

#[derive(Debug, Clone)]
struct Requirement {
    key: String,
    test: Test,
}

#[derive(Debug, Clone)]
enum Test {
    Exists,
    Absent,
    In(BTreeSet<String>),
    /// Also holds where there is no such label.
    NotIn(BTreeSet<String>),
    /// Holds where the label is a whole number above this.
    Above(i64),
    Below(i64),
}

impl LabelSelector {
    /// Parses a selector; an empty one selects everything. The error is the message for the caller.
    pub(super) fn parse(text: &str) -> Result<Self, String> {
        Ok(Self {
            requirements: parser::requirements(text)?,
        })
    }

    pub(super) fn is_everything(&self) -> bool {
        self.requirements.is_empty()
    }

    /// Whether an object with these labels is meant.
    pub(super) fn matches(&self, labels: &Value) -> bool {
        self.requirements
            .iter()
            .all(|requirement| requirement.holds(labels[requirement.key.as_str()].as_str()))
    }
}

impl Requirement {
    fn holds(&self, value: Option<&str>) -> bool {
        let number = || value.and_then(|value| value.parse::<i64>().ok());
        match &self.test {
            Test::Exists => value.is_some(),
            Test::Absent => value.is_none(),
            Test::In(values) => value.is_some_and(|value| values.contains(value)),
            Test::NotIn(values) => value.is_none_or(|value| !values.contains(value)),
            Test::Above(bound) => number().is_some_and(|number| number > *bound),
            Test::Below(bound) => number().is_some_and(|number| number < *bound),
        }
    }
}
