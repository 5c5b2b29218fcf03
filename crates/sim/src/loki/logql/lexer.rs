//! LogQL in words.

use crate::loki::Refusal;

/// A word and the column of its first character, from 1.
#[derive(Clone, PartialEq, Debug)]
pub(super) struct Word {
    pub(super) token: Token,
    pub(super) column: usize,
}

#[derive(Clone, PartialEq, Debug)]
pub(super) enum Token {
    Mark(&'static str),
    Name(String),
    Text(String),
    Number(f64),
    /// Nanoseconds.
    Duration(f64),
    End,
}

const MARKS: [&str; 20] = [
    "|=", "|~", "!=", "!~", "=~", "==", "<=", ">=", "{", "}", "(", ")", "[", "]", "=", "<", ">",
    "|", ",", "!",
];

impl Token {
    /// As an error calls it.
    pub(super) fn shown(&self) -> String {
        match self {
            Self::Mark(mark) => (*mark).to_owned(),
            Self::Name(_) => "IDENTIFIER".to_owned(),
            Self::Text(_) => "STRING".to_owned(),
            Self::Number(_) => "NUMBER".to_owned(),
            Self::Duration(_) => "DURATION".to_owned(),
            Self::End => "$end".to_owned(),
        }
    }
}

pub(super) fn words(source: &str) -> Result<Vec<Word>, Refusal> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        if first.is_whitespace() {
            at += first.len_utf8();
            continue;
        }
        let column = at + 1;
        let bad = |what: &str| {
            Refusal(format!(
                "parse error at line 1, col {column}: syntax error: {what}"
            ))
        };
        let (token, length) = if first == '"' || first == '`' {
            quoted(rest, first).ok_or_else(|| bad("literal not terminated"))?
        } else if let Some(mark) = MARKS.into_iter().find(|mark| rest.starts_with(mark)) {
            (Token::Mark(mark), mark.len())
        } else if first.is_ascii_digit() || first == '-' {
            number(rest).ok_or_else(|| bad("unexpected NUMBER"))?
        } else if first.is_alphabetic() || first == '_' {
            let end = rest
                .find(|c: char| !(c.is_alphanumeric() || c == '_'))
                .unwrap_or(rest.len());
            (Token::Name(rest[..end].to_owned()), end)
        } else {
            return Err(bad(&format!("unexpected character: '{first}'")));
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

fn quoted(rest: &str, quote: char) -> Option<(Token, usize)> {
    let mut text = String::new();
    let mut chars = rest.char_indices();
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

fn number(rest: &str) -> Option<(Token, usize)> {
    let end = rest
        .find(|c: char| !(c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | 'µ')))
        .unwrap_or(rest.len());
    let text = &rest[..end];
    match text.parse::<f64>() {
        Ok(number) => Some((Token::Number(number), end)),
        Err(_) => crate::duration::nanos(text).map(|nanos| (Token::Duration(nanos), end)),
    }
}
