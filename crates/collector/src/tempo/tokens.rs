//! The words of TraceQL: enough of its lexer to know where a literal ends. What is not known here
//! is refused, comments among it, so that nothing is ever read in two ways.

use crate::quote::quoted;

/// One word.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token<'t> {
    /// A name, a keyword, a number or a duration.
    Word(&'t str),
    /// A string, without its quotes.
    Text(String),
    /// An operator or a bracket.
    Sign(&'static str),
}

/// Longer signs before those that they begin with.
const SIGNS: [&str; 33] = [
    "!>>", "!<<", "&>>", "&<<", "&&", "||", "=~", "!~", "!=", ">=", "<=", ">>", "<<", "!>", "!<",
    "&>", "&<", "&~", "=", ">", "<", "!", "{", "}", "(", ")", "|", "+", "-", "*", "%", "^", ",",
];

impl Token<'_> {
    /// As it is written.
    pub(super) fn write(&self) -> String {
        match self {
            Self::Word(word) => (*word).to_owned(),
            Self::Text(text) => quoted(text),
            Self::Sign(sign) => (*sign).to_owned(),
        }
    }
}

/// The words of a query; an error says what is not understood, and at which character.
pub(super) fn tokens(query: &str) -> Result<Vec<Token<'_>>, String> {
    let mut found = Vec::new();
    let mut rest = query.trim_start();
    while let Some(first) = rest.chars().next() {
        let (token, after) = match first {
            '"' | '`' => text(rest),
            c if is_word(c) => Ok(word(rest)),
            _ => sign(rest),
        }
        .map_err(|problem| {
            let before = query.len() - rest.len();
            let at = query.get(..before).map_or(0, |text| text.chars().count());
            format!("{problem} at character {}", at + 1)
        })?;
        found.push(token);
        rest = after.trim_start();
    }
    Ok(found)
}

/// Names hold dots, colons and hyphens; what begins with a hyphen is a sign.
fn is_word(c: char) -> bool {
    c.is_ascii_alphanumeric() || matches!(c, '_' | '.' | ':' | 'µ')
}

fn word(rest: &str) -> (Token<'_>, &str) {
    let end = rest.find(|c| !is_word(c) && c != '-').unwrap_or(rest.len());
    let (word, after) = rest.split_at(end);
    (Token::Word(word), after)
}

fn sign(rest: &str) -> Result<(Token<'_>, &str), String> {
    if rest.starts_with("//") || rest.starts_with("/*") {
        return Err("a comment".to_owned());
    }
    let known = SIGNS
        .into_iter()
        .find_map(|sign| Some((Token::Sign(sign), rest.strip_prefix(sign)?)));
    known.ok_or_else(|| format!("'{}'", rest.chars().next().unwrap_or(' ').escape_debug()))
}

/// A string as Go writes it.
fn text(rest: &str) -> Result<(Token<'_>, &str), String> {
    let unended = || "a string without an end".to_owned();
    if let Some(raw) = rest.strip_prefix('`') {
        let (text, after) = raw.split_once('`').ok_or_else(unended)?;
        // Go leaves carriage returns out of these.
        return Ok((Token::Text(text.replace('\r', "")), after));
    }
    let mut text = String::new();
    let mut chars = rest.char_indices().skip(1);
    while let Some((at, c)) = chars.next() {
        match c {
            '"' => {
                let after = rest.get(at + 1..).unwrap_or_default();
                return Ok((Token::Text(text), after));
            }
            '\n' => break,
            '\\' => text.push(escaped(&mut chars)?),
            c => text.push(c),
        }
    }
    Err(unended())
}

fn escaped(chars: &mut impl Iterator<Item = (usize, char)>) -> Result<char, String> {
    let unknown = || "an escape that is not understood".to_owned();
    let (_, c) = chars.next().ok_or_else(unknown)?;
    Ok(match c {
        'a' => '\u{7}',
        'b' => '\u{8}',
        'f' => '\u{c}',
        'n' => '\n',
        'r' => '\r',
        't' => '\t',
        'v' => '\u{b}',
        '\\' | '"' => c,
        'u' | 'U' => {
            let digits = if c == 'u' { 4 } else { 8 };
            let code: String = chars.take(digits).map(|(_, digit)| digit).collect();
            let code = u32::from_str_radix(&code, 16).map_err(|_| unknown())?;
            char::from_u32(code).ok_or_else(unknown)?
        }
        _ => return Err(unknown()),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_strings_and_signs_are_told_apart() {
        let found = tokens("{span.a-b=\"x\\\" }\"&&duration>=1.5ms||`\\`!~}").unwrap();
        let written: Vec<String> = found.iter().map(Token::write).collect();
        assert_eq!(
            written,
            [
                "{",
                "span.a-b",
                "=",
                "\"x\\\" }\"",
                "&&",
                "duration",
                ">=",
                "1.5ms",
                "||",
                "\"\\\\\"",
                "!~",
                "}"
            ]
        );
    }

    #[test]
    fn what_is_not_understood_is_refused_with_its_place() {
        for (query, problem) in [
            ("{ true // }", "a comment at character 8"),
            ("{ a = /* } */", "a comment at character 7"),
            ("{ \"a", "a string without an end at character 3"),
            ("{ \"a\n\" }", "a string without an end at character 3"),
            ("{ é = 'x' }", "'é' at character 3"),
            (
                r#"{ a = "\x22" }"#,
                "an escape that is not understood at character 7",
            ),
        ] {
            assert_eq!(tokens(query).unwrap_err(), problem, "{query}");
        }
    }
}
