//! What a question is about, as LogQL.

use std::collections::BTreeSet;

use fleetscope_model::LogExpression;
use fleetscope_ports::Result;

use super::logql::{self, Read};
use super::within;
use crate::range::invalid;

/// Characters of a query: Loki's own cap is 128 KiB, and nobody writes a tenth of it.
const LONGEST: usize = 16 * 1024;

/// LogQL, and what could be read of it.
#[derive(Debug, Clone)]
pub(super) struct Expression {
    text: String,
    read: Result<Read, String>,
}

impl Expression {
    /// Refuses a filter that can't be written as LogQL (`invalid_query`, `invalid_label`). What is
    /// wrong with LogQL that comes as text the upstream says.
    pub(super) fn new(expression: &LogExpression) -> Result<Self> {
        let text = match expression {
            LogExpression::Raw(text) if text.trim().is_empty() => {
                return Err(invalid(
                    "invalid_query",
                    "the query is empty: write one such as {namespace=\"shop\"} |= \"error\"",
                ));
            }
            LogExpression::Raw(text) if text.len() > LONGEST => {
                return Err(invalid(
                    "invalid_query",
                    format!("the query is longer than {LONGEST} characters: shorten it"),
                ));
            }
            LogExpression::Raw(text) => text.clone(),
            LogExpression::Filter(filter) => logql::of_filter(filter)?,
        };
        Ok(Self {
            read: Read::new(&text),
            text,
        })
    }

    /// The one that selects every line.
    pub(super) fn everything() -> Self {
        let text = "{}".to_owned();
        Self {
            read: Read::new(&text),
            text,
        }
    }

    pub(super) fn text(&self) -> &str {
        &self.text
    }

    pub(super) fn read(&self) -> &Result<Read, String> {
        &self.read
    }

    /// The namespaces that it names, where all of it is about such.
    pub(super) fn named(&self) -> Option<BTreeSet<String>> {
        self.read.as_ref().ok()?.named(&within::LABELS)
    }
}
