//! Rendering as `CommonMark` with GitHub's tables.

use std::collections::BTreeSet;

use crate::document::{Block, Document, Section};
use crate::inert;
use crate::table::{self, Table};
use crate::text::{Span, Text};

/// Headings below the title begin at the second level and end at the sixth.
const DEEPEST: usize = 6;

/// The document as Markdown.
pub(crate) fn render(document: &Document) -> String {
    let mut anchors = BTreeSet::new();
    collect_anchors(&document.sections, &mut anchors);
    let renderer = Renderer { anchors };
    let mut blocks = vec![format!("# {}", inert::words(&document.title))];
    if !document.meta.is_empty() {
        blocks.push(renderer.meta(&document.meta));
    }
    for section in &document.sections {
        renderer.section(section, 2, &mut blocks);
    }
    let mut text = blocks.join("\n\n");
    text.push('\n');
    text
}

struct Renderer<'a> {
    anchors: BTreeSet<&'a str>,
}

impl Renderer<'_> {
    fn meta(&self, meta: &[(String, Text)]) -> String {
        let lines = meta
            .iter()
            .map(|(name, value)| format!("- **{}**: {}", inert::words(name), self.text(value)));
        lines.collect::<Vec<_>>().join("\n")
    }

    fn section(&self, section: &Section, level: usize, blocks: &mut Vec<String>) {
        let marks = "#".repeat(level.min(DEEPEST));
        blocks.push(format!("{marks} {}", inert::words(&section.heading)));
        for block in &section.blocks {
            let rendered = self.block(block);
            if !rendered.is_empty() {
                blocks.push(rendered);
            }
        }
        for inner in &section.sections {
            self.section(inner, level + 1, blocks);
        }
    }

    fn block(&self, block: &Block) -> String {
        match block {
            Block::Paragraph(text) => self.text(text),
            Block::List(items) => {
                let lines = items.iter().map(|item| format!("- {}", self.text(item)));
                lines.collect::<Vec<_>>().join("\n")
            }
            Block::Table(table) => self.table(table),
            Block::Verbatim(text) => inert::block(text),
        }
    }

    fn table(&self, table: &Table) -> String {
        let heads: Vec<String> = table
            .columns
            .iter()
            .map(|(heading, _)| inert::words(heading))
            .collect();
        let rows: Vec<Vec<String>> = table
            .rows
            .iter()
            .map(|row| row.iter().map(|cell| self.cell(cell)).collect())
            .collect();
        table::lines(&table.columns, &heads, &rows).join("\n")
    }

    /// Inside a table a bar ends the cell even in a code span, and only a backslash, which the
    /// table itself takes away again, prevents that.
    fn cell(&self, text: &Text) -> String {
        let spans = text.spans.iter().map(|span| match span {
            Span::Code(exact) => inert::code(exact).replace('|', "\\|"),
            other => self.span(other, "x"),
        });
        spans.collect::<String>().trim().to_owned()
    }

    fn text(&self, text: &Text) -> String {
        let mut out = String::new();
        for span in &text.spans {
            let rendered = self.span(span, &out);
            out.push_str(&rendered);
        }
        out.trim().to_owned()
    }

    /// The span after what its line holds already.
    fn span(&self, span: &Span, before: &str) -> String {
        match span {
            Span::Plain(words) => inert::words_after(before, words),
            Span::Strong(words) => strong(before, words),
            Span::Code(exact) => inert::code(exact),
            Span::Cite(anchor) if self.anchors.contains(anchor.as_str()) => {
                format!("[{anchor}](#{anchor})")
            }
            Span::Cite(anchor) => inert::code(anchor),
        }
    }
}

/// Emphasis must touch its words on both sides; white space stays outside.
fn strong(before: &str, words: &str) -> String {
    let inner = words.trim();
    if inner.is_empty() {
        return inert::words_after(before, words);
    }
    let lead = if words.starts_with(char::is_whitespace) {
        " "
    } else {
        ""
    };
    let tail = if words.ends_with(char::is_whitespace) {
        " "
    } else {
        ""
    };
    format!("{lead}**{}**{tail}", inert::words_after("**", inner))
}

fn collect_anchors<'a>(sections: &'a [Section], anchors: &mut BTreeSet<&'a str>) {
    for section in sections {
        if is_anchor(&section.heading) {
            anchors.insert(&section.heading);
        }
        collect_anchors(&section.sections, anchors);
    }
}

/// Headings that renderers turn into an anchor of the same text.
fn is_anchor(heading: &str) -> bool {
    let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
    !heading.is_empty() && heading.chars().all(plain)
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn example() -> Document {
        Document::new("Incident: cart | checkout")
            .fact("Cluster", Text::new().code("shop"))
            .fact("Since", Text::new().time(Timestamp::UNIX_EPOCH))
            .section(
                Section::new("Summary")
                    .paragraph(Text::new().plain("It is the cart.").cite(["ev-1", "ev-9"]))
                    .list(vec![Text::from("- one"), Text::new().strong(" two ")]),
            )
            .section(
                Section::new("Causes").table(
                    Table::new(["Entity", "Share"])
                        .right(1)
                        .row(vec![Text::from("cart"), Text::from("100 %")])
                        .row(vec![Text::new().code("a|b"), Text::from("7 %")])
                        .row(vec![Text::from("short")]),
                ),
            )
            .section(
                Section::new("Evidence")
                    .section(Section::new("ev-1").verbatim("up{job=\"cart\"}\n<b>")),
            )
    }

    #[test]
    fn a_document_is_rendered_as_markdown() {
        insta::assert_snapshot!(example().to_markdown());
    }

    #[test]
    fn the_same_document_gives_the_same_bytes() {
        assert_eq!(example().to_markdown(), example().to_markdown());
    }

    #[test]
    fn a_citation_of_nothing_is_no_link() {
        let text = Document::new("t")
            .section(Section::new("s").paragraph(Text::new().cite(["](javascript:x)"])))
            .to_markdown();
        assert!(text.contains("[`](javascript:x)`]") || text.contains(r"\[`](javascript:x)`\]"));
    }

    #[test]
    fn hostile_text_stays_in_its_cell_and_its_line() {
        let hostile = "x | y\n\n# owned\n<script>alert(1)</script> [a](http://b) `c";
        let text = Document::new(hostile)
            .section(
                Section::new(hostile)
                    .table(Table::new([hostile]).row(vec![Text::from(hostile)]))
                    .table(Table::new(["c"]).row(vec![Text::new().code(hostile)]))
                    .list(vec![Text::from(hostile)])
                    .verbatim(format!("```\n{hostile}\n```")),
            )
            .to_markdown();
        let outside: Vec<&str> = text
            .lines()
            .take_while(|line| !line.starts_with("````"))
            .collect();
        let headings = outside.iter().filter(|line| line.starts_with('#')).count();
        assert_eq!(headings, 2);
        for line in outside {
            let unescaped = line
                .replace(r"\<", "")
                .replace(r"\[", "")
                .replace(r"\|", "");
            let bars = unescaped.matches('|').count();
            assert!(bars == 0 || bars == 2, "{line}");
            assert!(
                !unescaped.contains("<script") || unescaped.contains('`'),
                "{line}"
            );
        }
    }
}
