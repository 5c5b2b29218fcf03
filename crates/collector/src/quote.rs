//! String literals of LogQL and TraceQL: both read them with Go's `strconv.Unquote`.

use std::collections::BTreeSet;
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

/// The names of namespaces as alternatives of a regular expression. Such names are DNS labels and
/// hold nothing that needs escaping; one that is not is none that a cluster has, and is left out.
/// Where nothing is left the pattern is one that no name matches.
pub(crate) fn names_pattern(namespaces: &BTreeSet<String>) -> String {
    let allowed = |c: u8| c.is_ascii_lowercase() || c.is_ascii_digit() || c == b'-';
    let names = namespaces.iter().map(String::as_str);
    let names: Vec<&str> = names
        .filter(|name| !name.is_empty() && name.bytes().all(allowed))
        .collect();
    if names.is_empty() {
        return "-".to_owned();
    }
    names.join("|")
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

    #[test]
    fn a_name_that_is_none_of_a_namespace_does_not_become_a_pattern() {
        let pattern =
            |names: &[&str]| names_pattern(&names.iter().map(|&n| n.to_owned()).collect());
        assert_eq!(pattern(&["shop", "till-2"]), "shop|till-2");
        assert_eq!(pattern(&[".*", "shop", ""]), "shop");
        assert_eq!(pattern(&[".*"]), "-");
    }
}
