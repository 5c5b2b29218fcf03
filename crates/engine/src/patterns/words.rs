//! The words of a line.

use serde_json::Value;

use super::VARIES;

/// Lines are compared up to here; what follows is rarely what tells them apart.
const LONGEST_LINE: usize = 600;
const MOST_WORDS: usize = 60;

/// Where structured lines keep what they say, and what went wrong.
const MESSAGES: [&str; 5] = ["msg", "message", "log", "event", "MESSAGE"];
const ERRORS: [&str; 3] = ["error", "err", "exception"];

/// The words of a line, with what holds a digit masked; of a JSON object those of its message.
pub(super) fn of(line: &str) -> Vec<String> {
    let message = message(line);
    let text = message.as_deref().unwrap_or(line);
    let cut: String = text.chars().take(LONGEST_LINE).collect();
    let words = cut.split_whitespace().take(MOST_WORDS);
    words.map(masked).collect()
}

/// What a JSON object says.
fn message(line: &str) -> Option<String> {
    let line = line.trim();
    if !line.starts_with('{') || !line.ends_with('}') {
        return None;
    }
    let Value::Object(fields) = serde_json::from_str(line).ok()? else {
        return None;
    };
    let text = |names: &[&str]| {
        let mut values = names.iter().filter_map(|name| fields.get(*name)?.as_str());
        values.find(|text| !text.trim().is_empty())
    };
    let message = text(&MESSAGES)?;
    Some(match text(&ERRORS) {
        Some(error) if error != message => format!("{message} error={error}"),
        _ => message.to_owned(),
    })
}

/// The word with each part between punctuation masked on its own: `took=35ms` is `took=<*>`.
fn masked(word: &str) -> String {
    let mut out = String::with_capacity(word.len());
    let mut part = String::new();
    for char in word.chars() {
        if is_part(char) {
            part.push(char);
        } else {
            flush(&mut part, &mut out);
            out.push(char);
        }
    }
    flush(&mut part, &mut out);
    out
}

fn flush(part: &mut String, out: &mut String) {
    if varies(part) {
        // Neighbouring masks (10.0.0.1:80, 1/2) say no more than one.
        let joined = out.strip_suffix([':', '/']).unwrap_or(out);
        if joined.ends_with(VARIES) {
            out.truncate(joined.len());
        } else {
            out.push_str(VARIES);
        }
    } else {
        out.push_str(part);
    }
    part.clear();
}

/// Numbers, addresses, instants, and identifiers, which nearly always hold a digit; and long
/// hexadecimal ones that happen to hold none.
fn varies(part: &str) -> bool {
    part.chars().any(|char| char.is_ascii_digit())
        || (part.len() >= 16 && part.chars().all(|char| char.is_ascii_hexdigit()))
}

/// Characters that hold a name, number, address or instant together.
fn is_part(char: char) -> bool {
    char.is_alphanumeric() || matches!(char, '_' | '-' | '.' | '+' | '%')
}
