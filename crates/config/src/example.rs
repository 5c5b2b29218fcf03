//! The example file, written from what the types say.

use std::fmt::Write as _;

use crate::keys::{Key, Section};

/// Columns of a comment.
const WIDTH: usize = 96;

/// A file with every key, its description and its default; a key without one is commented out.
pub(crate) fn example_toml(sections: &[Section]) -> String {
    let mut text = String::new();
    comment(
        &mut text,
        "Fleetscope's configuration: every key with its description and its default. Stronger \
         than this file are environment variables (FLEETSCOPE_SERVER__LISTEN for listen in \
         [server]), and stronger than those are flags. This file is generated: cargo xtask \
         generate.",
    );
    for section in sections {
        text.push('\n');
        comment(&mut text, &section.description);
        let _ = writeln!(text, "[{}]", section.path);
        for (n, key) in section.keys.iter().enumerate() {
            if n > 0 {
                text.push('\n');
            }
            write_key(&mut text, key);
        }
    }
    text
}

fn write_key(text: &mut String, key: &Key) {
    comment(text, &key.description);
    let off = if key.default.is_some() { "" } else { "#" };
    let _ = writeln!(text, "{off}{}", key.line());
}

/// Writes a comment, filled to the width. A comment has a space after its mark; a line that can be
/// switched on has none.
fn comment(text: &mut String, words: &str) {
    let mut column = 0;
    for word in words.split_whitespace() {
        if column + 1 + word.chars().count() > WIDTH {
            column = 0;
        }
        if column == 0 {
            if !text.is_empty() && !text.ends_with('\n') {
                text.push('\n');
            }
            text.push('#');
            column = 1;
        }
        text.push(' ');
        text.push_str(word);
        column += 1 + word.chars().count();
    }
    text.push('\n');
}
