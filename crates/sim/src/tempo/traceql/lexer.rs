//! TraceQL in words.

use std::iter::Peekable;
use std::str::CharIndices;

/// A word and the column of its first character, from 1.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Word {
    pub(super) token: Token,
    pub(super) column: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token {
    /// Braces, parentheses, operators.
    Mark(&'static str),
    Text(String),
    Number(f64),
    /// Nanoseconds.
    Duration(f64),
    Name(String),
    End,
}

const MARKS: [&str; 17] = [
    "&&", "||", "!=", "!~", "=~", "<=", ">=", "{", "}", "(", ")", "=", "<", ">", "|", ",", "!",
];

/// The words, with an end; or the column of what is none.
pub(super) fn words(source: &str) -> Result<Vec<Word>, usize> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        let column = at + 1;
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let (token, length) = if first == '"' || first == '`' {
            quoted(rest, first).ok_or(column)?
        } else if let Some(mark) = MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
            (Token::Mark(mark), mark.len())
        } else if first.is_ascii_digit() || (first == '-' && rest.len() > 1) {
            number(rest).ok_or(column)?
        } else if first.is_alphabetic() || first == '.' || first == '_' {
            let end = rest.find(|c: char| !is_name(c)).unwrap_or(rest.len());
            (Token::Name(rest[..end].to_owned()), end)
        } else {
            return Err(column);
        };
        words.push(Word { token, column });
        at += length;
    }
    words.push(Word {
        token: Token::End,
        column: source.len() + 1,
    });
    Ok(words)
}

impl Token {
    /// As an error calls it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Mark(mark) => (*mark).to_owned(),
            Self::Text(_) => "STRING".to_owned(),
            Self::Number(_) => "INTEGER".to_owned(),
            Self::Duration(_) => "DURATION".to_owned(),
            Self::Name(_) => "IDENTIFIER".to_owned(),
            Self::End => "$end".to_owned(),
        }
    }
}

fn is_name(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '.' | '_' | '-' | ':' | '/')
}

fn quoted(rest: &str, quote: char) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut chars: Peekable<CharIndices<'_>> = rest.char_indices().peekable();
    chars.next();
    while let Some((at, c)) = chars.next() {
        if c == quote {
            return Some((Token::Text(text), at + 1));
        }
        if c == '\\' && quote == '"' {
            text.push(match chars.next()?.1 {
                'n' => '\n',
                't' => '\t',
                other => other,
            });
        } else {
            text.push(c);
        }
    }
    None
}

/// A number, or a duration as Go writes it: `1.5s`, `2m30s`.
fn number(rest: &str) -> Option<(Token, usize)> {
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | 'µ')))
        .unwrap_or(rest.len());
    let text = &rest[..end];
    if let Ok(number) = text.parse::<f64>() {
        return Some((Token::Number(number), end));
    }
    crate::duration::nanos(text).map(|nanos| (Token::Duration(nanos), end))
}
