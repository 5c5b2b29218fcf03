//! Running text.

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// A piece of running text.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Span {
    /// Words. Whatever they hold is shown, never interpreted.
    Plain(String),
    /// Words that matter.
    Strong(String),
    /// A name, query or log line, exactly.
    Code(String),
    /// Leads to the section whose heading it is; shown without a link where there is none.
    Cite(String),
}

/// Running text: one paragraph, list item or table cell. Line breaks in it are spaces.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Text {
    /// Its pieces, in order.
    pub spans: Vec<Span>,
}

impl Text {
    /// No text yet.
    pub const fn new() -> Self {
        Self { spans: Vec::new() }
    }

    /// Adds words.
    #[must_use]
    pub fn plain(self, words: impl Into<String>) -> Self {
        self.and(Span::Plain(words.into()))
    }

    /// Adds words that matter.
    #[must_use]
    pub fn strong(self, words: impl Into<String>) -> Self {
        self.and(Span::Strong(words.into()))
    }

    /// Adds a name, query or log line.
    #[must_use]
    pub fn code(self, exact: impl Into<String>) -> Self {
        self.and(Span::Code(exact.into()))
    }

    /// Adds an instant, to the second, in UTC.
    #[must_use]
    pub fn time(self, at: Timestamp) -> Self {
        self.plain(at.strftime("%Y-%m-%d %H:%M:%S UTC").to_string())
    }

    /// Adds citations in square brackets, or nothing where there are none.
    #[must_use]
    pub fn cite<S: Into<String>>(mut self, anchors: impl IntoIterator<Item = S>) -> Self {
        for (at, anchor) in anchors.into_iter().enumerate() {
            let before = if at == 0 { " [" } else { ", " };
            self = self.plain(before).and(Span::Cite(anchor.into()));
        }
        if matches!(self.spans.last(), Some(Span::Cite(_))) {
            self = self.plain("]");
        }
        self
    }

    /// Adds any piece.
    #[must_use]
    pub fn and(mut self, span: Span) -> Self {
        self.spans.push(span);
        self
    }
}

impl From<&str> for Text {
    fn from(words: &str) -> Self {
        Self::new().plain(words)
    }
}

impl From<String> for Text {
    fn from(words: String) -> Self {
        Self::new().plain(words)
    }
}
