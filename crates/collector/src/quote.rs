//! String literals of LogQL and TraceQL: both read them with Go's `strconv.Unquote`.

use std::fmt::Write;

/// The text as a double-quoted literal: whatever it holds, it can't end the literal early.
pub(crate) fn quoted(text: &str) -> String {
    let mut literal = String::with_capacity(text.len() + 2);
    literal.push('"');
    for c in text.chars() {
        match c {
            '"' => literal.push_str("\\\""),
            '\\' => literal.push_str("\\\\"),
            '\n' => literal.push_str("\\n"),
            '\r' => literal.push_str("\\r"),
            '\t' => literal.push_str("\\t"),
            c if c.is_control() => {
                // Writing to a string can't fail; control characters all lie below U+00A0.
                let _ = write!(literal, "\\u{:04x}", u32::from(c));
            }
            c => literal.push(c),
        }
    }
    literal.push('"');
    literal
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_cannot_leave_its_literal() {
        assert_eq!(quoted(r#"a" or {b="c"#), r#""a\" or {b=\"c""#);
        assert_eq!(quoted(r"\"), r#""\\""#);
        assert_eq!(quoted("a\nb\u{0}\u{7f}é"), "\"a\\nb\\u0000\\u007fé\"");
    }
}
