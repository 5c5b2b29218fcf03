//! Making text inert: whatever a label, log line or name holds, Markdown shows it and does not
//! interpret it. Line structure, control and invisible characters are made visible too, so that
//! nothing can hide in a report or reorder it.

use std::borrow::Cow;
use std::fmt::Write as _;

/// Punctuation that can begin markup anywhere in a line: emphasis, code, links, images, HTML,
/// entities, table cells, strikethrough, headings, and the formulas of GitHub and others.
const ACTIVE: [char; 14] = [
    '\\', '`', '*', '_', '[', ']', '<', '>', '|', '~', '&', '#', '$', '^',
];

/// Words as Markdown that shows them; one line.
pub(crate) fn words(text: &str) -> String {
    words_after("", text)
}

/// The same for words that follow `before` on their line, which must be rendered already.
pub(crate) fn words_after(before: &str, text: &str) -> String {
    let text = visible(text);
    let mut out = String::with_capacity(text.len() + 8);
    for (at, char) in text.char_indices() {
        let (here, after) = (&text[..at], &text[at + char.len_utf8()..]);
        let active = ACTIVE.contains(&char);
        if active || begins_block(before, here, char) || begins_link(here, char, after) {
            out.push('\\');
        }
        out.push(char);
    }
    out
}

/// Text as a code span that shows it; one line.
pub(crate) fn code(text: &str) -> String {
    let text = visible(text);
    if text.trim().is_empty() {
        // A code span can't be empty, and one of spaces shows nothing.
        return words(&text);
    }
    let fence = "`".repeat(longest_run(&text) + 1);
    // A backtick at either end would join the fence; a space at both ends would be stripped.
    let padded = text.starts_with(['`', ' ']) || text.ends_with(['`', ' ']);
    let pad = if padded { " " } else { "" };
    format!("{fence}{pad}{text}{pad}{fence}")
}

/// Text as a fenced block, line by line.
pub(crate) fn block(text: &str) -> String {
    let lines: Vec<Cow<'_, str>> = text.lines().map(visible).collect();
    let longest = lines
        .iter()
        .map(|line| longest_run(line))
        .max()
        .unwrap_or(0);
    let fence = "`".repeat((longest + 1).max(3));
    let mut out = format!("{fence}text\n");
    for line in lines {
        out.push_str(&line);
        out.push('\n');
    }
    out.push_str(&fence);
    out
}

/// At the beginning of a line some characters begin a list, heading, rule or quote, though a
/// sentence may hold them anywhere else. `before` and `here` are what the line holds up to them.
fn begins_block(before: &str, here: &str, char: char) -> bool {
    let mut line = before.chars().chain(here.chars());
    match char {
        '-' | '+' | '=' => line.all(char::is_whitespace),
        '.' | ')' => {
            let mut line = line.skip_while(|char| char.is_whitespace()).peekable();
            line.peek().is_some() && line.all(|char| char.is_ascii_digit())
        }
        _ => false,
    }
}

/// GitHub makes links of bare addresses: `https://…`, `www.…`.
fn begins_link(before: &str, char: char, after: &str) -> bool {
    match char {
        ':' => after.starts_with("//"),
        '.' => {
            let bytes = before.as_bytes();
            bytes.len() >= 3 && bytes[bytes.len() - 3..].eq_ignore_ascii_case(b"www")
        }
        _ => false,
    }
}

/// The text on one line, with what can't be seen written as its code point.
fn visible(text: &str) -> Cow<'_, str> {
    if !text
        .chars()
        .any(|char| is_hidden(char) || char.is_control())
    {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len());
    for char in text.chars() {
        match char {
            '\n' | '\r' | '\t' => out.push(' '),
            _ if char.is_control() || is_hidden(char) => {
                // Writing to a String can't fail.
                let _ = write!(out, "(U+{:04X})", char as u32);
            }
            _ => out.push(char),
        }
    }
    Cow::Owned(out)
}

/// Zero-width, direction-changing and tag characters (Unicode TR 36 and 39).
fn is_hidden(char: char) -> bool {
    matches!(
        char,
        '\u{00AD}'
            | '\u{061C}'
            | '\u{180E}'
            | '\u{200B}'..='\u{200F}'
            | '\u{2028}'..='\u{202E}'
            | '\u{2060}'..='\u{2069}'
            | '\u{FEFF}'
            | '\u{E0000}'..='\u{E007F}'
    )
}

fn longest_run(text: &str) -> usize {
    let mut longest = 0;
    let mut run = 0;
    for char in text.chars() {
        run = if char == '`' { run + 1 } else { 0 };
        longest = longest.max(run);
    }
    longest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn markup_in_words_is_shown_and_not_interpreted() {
        assert_eq!(words("a*b*c _d_"), r"a\*b\*c \_d\_");
        assert_eq!(words("<img src=x>"), r"\<img src=x\>");
        assert_eq!(words("![x](y)"), r"!\[x\](y)");
        assert_eq!(
            words("see https://evil.example"),
            r"see https\://evil.example"
        );
        assert_eq!(words("www.evil.example"), r"www\.evil.example");
        assert_eq!(words("a | b $x$"), r"a \| b \$x\$");
    }

    #[test]
    fn what_begins_a_block_is_escaped_at_the_beginning_only() {
        assert_eq!(words("- item - dash"), r"\- item - dash");
        assert_eq!(words("  - item"), r"  \- item");
        assert_eq!(words("1. item at 1.5"), r"1\. item at 1.5");
        assert_eq!(words("12) x"), r"12\) x");
        assert_eq!(words("# heading"), r"\# heading");
        assert_eq!(words("== x"), r"\== x");
    }

    #[test]
    fn a_line_break_can_not_end_the_paragraph() {
        assert_eq!(words("a\n\n# b\r\nc"), r"a  \# b  c");
    }

    #[test]
    fn what_can_not_be_seen_is_written_out() {
        assert_eq!(words("a\u{1b}[31m"), r"a(U+001B)\[31m");
        assert_eq!(code("a\u{202e}b\u{200b}"), "`a(U+202E)b(U+200B)`");
    }

    #[test]
    fn a_code_span_holds_its_own_fence() {
        assert_eq!(code("x"), "`x`");
        assert_eq!(code("a`b"), "``a`b``");
        assert_eq!(code("``"), "``` `` ```");
        assert_eq!(code(" x"), "`  x `");
    }

    #[test]
    fn a_block_holds_its_own_fence() {
        assert_eq!(block("a\n```\nb"), "````text\na\n```\nb\n````");
    }
}
