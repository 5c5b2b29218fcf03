//! LogQL in words, just as Loki reads it (`pkg/logql/syntax/lex.go` over Go's `text/scanner`), or
//! not at all: what the two could read in different ways is refused, since a query is held to
//! namespaces by what is found here.

use std::ops::Range;

/// A word, and where it stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Word {
    pub(super) token: Token,
    pub(super) at: Range<usize>,
}

/// What a word is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Token {
    Open,
    Close,
    Comma,
    /// `=`, `!=`, `=~` or `!~`.
    Test(&'static str),
    /// Letters, digits and underscores, not beginning with a digit.
    Name,
    /// A literal, as the text that it stands for.
    Text(String),
    /// Everything that means nothing here.
    Other,
}

/// Why a query can't be read.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Unread {
    /// Where, in bytes.
    pub(super) at: usize,
    /// What is there.
    pub(super) what: &'static str,
}

/// Operators that begin like a test or a mark and are none: of numbers, lines and patterns.
const LONGER: [&str; 5] = ["==", "|=", "|~", "|>", "!>"];
const TESTS: [&str; 4] = ["!=", "=~", "!~", "="];
/// What else may stand outside of literals. A character that is none of these has no meaning in
/// LogQL, so that no query that is right is refused for it.
const MARKS: &str = "()[]|<>+-*/%^.:@";

/// The words of a query. Comments from `#` to the end of the line are passed over.
pub(super) fn words(source: &str) -> Result<Vec<Word>, Unread> {
    let mut words = Vec::new();
    let mut at = 0;
    while let Some(first) = source[at..].chars().next() {
        let rest = &source[at..];
        if matches!(first, ' ' | '\t' | '\n' | '\r') {
            at += 1;
            continue;
        }
        if first == '#' {
            at += rest.find('\n').unwrap_or(rest.len());
            continue;
        }
        let (token, length) = word(rest, first).map_err(|unread| Unread {
            at: at + unread.at,
            ..unread
        })?;
        words.push(Word {
            token,
            at: at..at + length,
        });
        at += length;
    }
    Ok(words)
}

fn word(rest: &str, first: char) -> Result<(Token, usize), Unread> {
    let simple = |token| Ok((token, 1));
    match first {
        '{' => return simple(Token::Open),
        '}' => return simple(Token::Close),
        ',' => return simple(Token::Comma),
        '"' => return quoted(rest),
        '`' => return raw(rest),
        _ => {}
    }
    // Go's scanner passes over these as comments, which LogQL does not know of.
    if rest.starts_with("//") || rest.starts_with("/*") {
        return Err(here("a comment that does not begin with #"));
    }
    if let Some(longer) = LONGER.into_iter().find(|mark| rest.starts_with(mark)) {
        return Ok((Token::Other, longer.len()));
    }
    if let Some(test) = TESTS.into_iter().find(|mark| rest.starts_with(mark)) {
        return Ok((Token::Test(test), test.len()));
    }
    if first.is_ascii_alphabetic() || first == '_' {
        return Ok((Token::Name, name(rest)));
    }
    if first.is_ascii_digit() {
        // Numbers, durations and sizes: 5m, 1.5, 0x1F, 10KB.
        let fits = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_');
        let end = rest.find(|c| !fits(c)).unwrap_or(rest.len());
        return Ok((Token::Other, end));
    }
    if MARKS.contains(first) {
        return simple(Token::Other);
    }
    Err(here("a character that means nothing there"))
}

fn name(rest: &str) -> usize {
    let fits = |c: char| c.is_ascii_alphanumeric() || c == '_';
    rest.find(|c| !fits(c)).unwrap_or(rest.len())
}

fn here(what: &'static str) -> Unread {
    Unread { at: 0, what }
}

fn raw(rest: &str) -> Result<(Token, usize), Unread> {
    let inner = &rest[1..];
    let end = inner
        .find('`')
        .ok_or_else(|| here("a literal that does not end"))?;
    // Go leaves carriage returns out of raw literals.
    Ok((Token::Text(inner[..end].replace('\r', "")), end + 2))
}

fn quoted(rest: &str) -> Result<(Token, usize), Unread> {
    let mut text = Vec::new();
    let mut at = 1;
    loop {
        let first = rest[at..].chars().next();
        match first {
            None | Some('\n') => return Err(here("a literal that does not end")),
            Some('"') => break,
            Some('\\') => {
                let odd = Unread {
                    at,
                    what: "an escape that is none",
                };
                at += escape(&rest[at..], &mut text).ok_or(odd)?;
            }
            Some(c) => {
                text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
                at += c.len_utf8();
            }
        }
    }
    match String::from_utf8(text) {
        Ok(text) => Ok((Token::Text(text), at + 1)),
        Err(_) => Err(here("a literal that is no text")),
    }
}

/// Reads an escape of Go's interpreted literals; its length.
fn escape(rest: &str, text: &mut Vec<u8>) -> Option<usize> {
    let kind = *rest.as_bytes().get(1)?;
    let plain = match kind {
        b'a' => Some(0x07),
        b'b' => Some(0x08),
        b'f' => Some(0x0c),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        b'v' => Some(0x0b),
        b'\\' | b'"' => Some(kind),
        _ => None,
    };
    if let Some(byte) = plain {
        text.push(byte);
        return Some(2);
    }
    let (start, digits, base) = match kind {
        b'0'..=b'7' => (1, 3, 8),
        b'x' => (2, 2, 16),
        b'u' => (2, 4, 16),
        b'U' => (2, 8, 16),
        _ => return None,
    };
    let written = rest.get(start..start + digits)?;
    let fits = written.bytes().all(|b| char::from(b).is_digit(base));
    let value = u32::from_str_radix(written, base).ok().filter(|_| fits)?;
    if matches!(kind, b'u' | b'U') {
        let c = char::from_u32(value)?;
        text.extend_from_slice(c.encode_utf8(&mut [0; 4]).as_bytes());
    } else {
        text.push(u8::try_from(value).ok()?);
    }
    Some(start + digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(source: &str) -> Result<String, &'static str> {
        match words(source) {
            Ok(words) => match words.as_slice() {
                [
                    Word {
                        token: Token::Text(text),
                        at,
                    },
                ] if *at == (0..source.len()) => Ok(text.clone()),
                other => panic!("{source} is {other:?}"),
            },
            Err(unread) => Err(unread.what),
        }
    }

    #[test]
    fn literals_are_read_as_go_reads_them() {
        assert_eq!(text(r#""a\"b\\""#), Ok("a\"b\\".to_owned()));
        assert_eq!(
            text(r#""\x41\101\u00e9\U0001F600\n""#),
            Ok("AAé😀\n".to_owned())
        );
        assert_eq!(text("`a\"\\`"), Ok("a\"\\".to_owned()));
        for wrong in [
            r#""a"#,
            "\"a\nb\"",
            r#""\z""#,
            r#""\'""#,
            r#""\x4""#,
            r#""\u12""#,
            r#""\400""#,
            "`a",
            r#""\xff""#,
            r#""\ud800""#,
            r#""\"#,
        ] {
            assert!(text(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn what_go_and_we_could_read_differently_is_refused() {
        for wrong in [
            "{} // {",
            "/* } */",
            "'a'",
            "{a=\u{201c}b\u{201d}}",
            "a;b",
            "\\",
            "é",
            "$x",
            "\u{a0}",
        ] {
            assert!(words(wrong).is_err(), "{wrong}");
        }
        assert_eq!(words("# {a=\"b\"}\n5m").map(|words| words.len()), Ok(1));
    }

    #[test]
    fn operators_are_whole() {
        let tokens = |source| -> Vec<Token> {
            let words = words(source).unwrap();
            words.into_iter().map(|word| word.token).collect()
        };
        assert_eq!(
            tokens("|= == =~"),
            [Token::Other, Token::Other, Token::Test("=~")]
        );
        assert_eq!(
            tokens("a!=b"),
            [Token::Name, Token::Test("!="), Token::Name]
        );
        assert_eq!(tokens("5m0.5 0x1F"), [Token::Other, Token::Other]);
        for line_filter in ["|=", "|~", "|>", "!>"] {
            assert_eq!(tokens(line_filter), [Token::Other], "{line_filter}");
        }
    }
}
