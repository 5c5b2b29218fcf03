//! What a document consists of.

use serde::{Deserialize, Serialize};

use crate::markdown;
use crate::table::Table;
use crate::text::Text;

/// A report as its writer thinks of it.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Document {
    /// One line.
    pub title: String,
    /// Facts about the document itself, in order: name and value.
    pub meta: Vec<(String, Text)>,
    /// Its parts.
    pub sections: Vec<Section>,
}

impl Document {
    /// A document of a title and nothing else.
    pub fn new(title: impl Into<String>) -> Self {
        Self {
            title: title.into(),
            ..Self::default()
        }
    }

    /// Adds a fact about the document.
    #[must_use]
    pub fn fact(mut self, name: impl Into<String>, value: impl Into<Text>) -> Self {
        self.meta.push((name.into(), value.into()));
        self
    }

    /// Adds a part.
    #[must_use]
    pub fn section(mut self, section: Section) -> Self {
        self.sections.push(section);
        self
    }

    /// The document as `CommonMark` with GitHub's tables; ends with a line break.
    pub fn to_markdown(&self) -> String {
        markdown::render(self)
    }
}

/// A part of a document, under its heading.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Section {
    /// One line. A heading of lower-case letters, digits and hyphens is also the anchor that
    /// [`Span::Cite`](crate::Span::Cite) leads to.
    pub heading: String,
    /// What stands below the heading.
    pub blocks: Vec<Block>,
    /// Smaller parts; deeper than five levels they are all of the fifth.
    pub sections: Vec<Self>,
}

impl Section {
    /// A part without content.
    pub fn new(heading: impl Into<String>) -> Self {
        Self {
            heading: heading.into(),
            ..Self::default()
        }
    }

    /// Adds a paragraph.
    #[must_use]
    pub fn paragraph(mut self, text: impl Into<Text>) -> Self {
        self.blocks.push(Block::Paragraph(text.into()));
        self
    }

    /// Adds a list.
    #[must_use]
    pub fn list(mut self, items: Vec<Text>) -> Self {
        self.blocks.push(Block::List(items));
        self
    }

    /// Adds a table.
    #[must_use]
    pub fn table(mut self, table: Table) -> Self {
        self.blocks.push(Block::Table(table));
        self
    }

    /// Adds text that stands as it is, line by line.
    #[must_use]
    pub fn verbatim(mut self, text: impl Into<String>) -> Self {
        self.blocks.push(Block::Verbatim(text.into()));
        self
    }

    /// Adds a smaller part.
    #[must_use]
    pub fn section(mut self, section: Self) -> Self {
        self.sections.push(section);
        self
    }
}

/// One thing below a heading.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub enum Block {
    /// Running text.
    Paragraph(Text),
    /// A list without numbers.
    List(Vec<Text>),
    /// A table.
    Table(Table),
    /// Text that stands as it is, line by line.
    Verbatim(String),
}
