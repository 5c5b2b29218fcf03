//! From text to the parser's tree, with the checks that the parser does not make.
//!
//! The parser follows Prometheus 3: it takes syntax that 2.42 refuses, and some of it can no longer
//! be told apart once it is parsed. It also panics on a duration such as `[NaN]`, has no bound on
//! the depth of what it builds, and looks for escapes in raw strings.

use std::borrow::Cow;

use promql_parser::parser::Expr;

use super::Error;
use super::duration::duration_ms;

/// The most words and signs in a query, and the deepest nesting of parentheses. The evaluator
/// recurses, so there must be some bound; these are beyond what people and dashboards write.
const MAX_TOKENS: usize = 2000;
const MAX_DEPTH: usize = 100;

/// Parses a query, of which [`check`] has nothing to say.
pub(super) fn parse(text: &str) -> Result<Expr, Error> {
    check(text)?;
    promql_parser::parser::parse(&without_raw_strings(text)).map_err(|m| parse_error(&m))
}

/// Refuses text that is too long, too deep, or written in syntax newer than Prometheus 2.42.
fn check(text: &str) -> Result<(), Error> {
    let tokens: Vec<Token> = pieces(text)
        .into_iter()
        .filter_map(|(token, _)| token)
        .collect();
    if tokens.len() > MAX_TOKENS {
        return Err(parse_error(&format!(
            "the query has more than {MAX_TOKENS} words and signs"
        )));
    }
    let mut place = Place::default();
    for (position, token) in tokens.iter().enumerate() {
        let before = position.checked_sub(1).and_then(|p| tokens.get(p).copied());
        let after = tokens.get(position + 1).copied();
        place.check(before, *token, after)?;
    }
    Ok(())
}

/// The query with raw strings, the ones between backticks, written with escapes instead.
fn without_raw_strings(text: &str) -> Cow<'_, str> {
    if !text.contains('`') {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for (token, piece) in pieces(text) {
        let inner = piece
            .strip_prefix('`')
            .and_then(|rest| rest.strip_suffix('`'));
        match (token, inner) {
            (Some(Token::Text), Some(inner)) => push_quoted(&mut out, inner),
            _ => out.push_str(piece),
        }
    }
    Cow::Owned(out)
}

fn push_quoted(out: &mut String, raw: &str) {
    out.push('"');
    for character in raw.chars() {
        match character {
            '\\' => out.push_str("\\\\"),
            '"' => out.push_str("\\\""),
            '\n' => out.push_str("\\n"),
            other => out.push(other),
        }
    }
    out.push('"');
}

/// A word, string or sign; words include numbers and durations.
#[derive(Clone, Copy, PartialEq)]
enum Token<'a> {
    Word(&'a str),
    Text,
    Sign(char),
}

/// Splits the text; spaces and comments are no tokens. Strings that don't end are left to the
/// parser.
fn pieces(text: &str) -> Vec<(Option<Token<'_>>, &str)> {
    let mut pieces = Vec::new();
    let mut rest = text;
    let mut in_brackets = false;
    while let Some(first) = rest.chars().next() {
        // Between brackets a colon comes before the step of a subquery, elsewhere it is part of
        // the name of a recording rule.
        let is_word = |c: char| is_word(c) || (c == ':' && !in_brackets);
        let while_true =
            |holds: &dyn Fn(char) -> bool| rest.find(|c| !holds(c)).unwrap_or(rest.len());
        let length = match first {
            '#' => rest.find('\n').unwrap_or(rest.len()),
            '"' | '\'' | '`' => string_length(rest, first),
            c if c.is_whitespace() => while_true(&char::is_whitespace),
            c if is_word(c) => while_true(&is_word),
            c => c.len_utf8(),
        };
        let (piece, after) = rest.split_at(length);
        let token = match first {
            '#' => None,
            '"' | '\'' | '`' => Some(Token::Text),
            c if c.is_whitespace() => None,
            c if is_word(c) => Some(Token::Word(piece)),
            c => Some(Token::Sign(c)),
        };
        if let Some(Token::Sign(sign)) = token {
            in_brackets = (in_brackets && sign != ']') || sign == '[';
        }
        pieces.push((token, piece));
        rest = after;
    }
    pieces
}

fn string_length(text: &str, quote: char) -> usize {
    let mut escaped = false;
    for (at, character) in text.char_indices().skip(1) {
        match character {
            _ if escaped => escaped = false,
            '\\' if quote != '`' => escaped = true,
            c if c == quote => return at + 1,
            _ => {}
        }
    }
    text.len()
}

fn is_word(character: char) -> bool {
    character.is_ascii_alphanumeric() || character == '_' || character == '.'
}

/// What kind of list the query is inside of.
#[derive(Clone, Copy, Default, PartialEq)]
enum Inside {
    #[default]
    Expression,
    /// `{}`, the matchers of a selector.
    Braces,
    /// `[]`, a range.
    Brackets,
    /// The labels of `by ()`, `on ()` and their like.
    Grouping,
}

/// Where in the query we are.
#[derive(Default)]
struct Place {
    inside: Inside,
    after_offset: bool,
    depth: usize,
}

impl Place {
    fn check(
        &mut self,
        before: Option<Token>,
        token: Token,
        after: Option<Token>,
    ) -> Result<(), Error> {
        match (self.inside, token) {
            (_, Token::Sign(sign)) => self.check_sign(before, sign, after)?,
            (Inside::Braces, Token::Text) if !is_matcher_operator(before) => {
                return Err(Error::unsupported("a quoted name between braces"));
            }
            (Inside::Braces, Token::Word(_)) if before == Some(Token::Text) => {
                return Err(Error::unsupported("\"or\" between matchers"));
            }
            (Inside::Grouping, Token::Text) => {
                return Err(Error::unsupported("a quoted label name"));
            }
            (Inside::Expression | Inside::Brackets, Token::Word(word)) => self.check_word(word)?,
            _ => {}
        }
        self.after_offset = match token {
            Token::Word(word) => {
                let is_keyword = self.inside == Inside::Expression && !is_prefix(before);
                is_keyword && word.eq_ignore_ascii_case("offset")
            }
            Token::Sign('+' | '-') => self.after_offset,
            _ => false,
        };
        Ok(())
    }

    fn check_sign(
        &mut self,
        before: Option<Token>,
        sign: char,
        after: Option<Token>,
    ) -> Result<(), Error> {
        match sign {
            '(' => {
                self.depth += 1;
                let is_list = matches!(before, Some(Token::Word(word)) if is_grouping(word));
                self.inside = if is_list {
                    Inside::Grouping
                } else {
                    Inside::Expression
                };
            }
            ')' => {
                self.depth = self.depth.saturating_sub(1);
                self.inside = Inside::Expression;
            }
            '{' => self.inside = Inside::Braces,
            '[' => self.inside = Inside::Brackets,
            '}' | ']' => self.inside = Inside::Expression,
            '+' if is_prefix(before) && !is_number(after) => {
                return Err(Error::unsupported(
                    "unary plus before anything but a number",
                ));
            }
            _ => {}
        }
        if self.depth > MAX_DEPTH {
            let message = format!("parentheses are nested deeper than {MAX_DEPTH}");
            return Err(parse_error(&message));
        }
        Ok(())
    }

    /// Durations must stand where 2.42 wants them, and be written as it wants them.
    fn check_word(&self, word: &str) -> Result<(), Error> {
        if self.inside == Inside::Brackets || self.after_offset {
            return check_duration(word);
        }
        if duration_ms(word).is_some() {
            let message = format!("unexpected duration {word:?}, expected a number");
            return Err(parse_error(&message));
        }
        Ok(())
    }
}

fn check_duration(word: &str) -> Result<(), Error> {
    match duration_ms(word) {
        Some(1..) => Ok(()),
        Some(_) => Err(parse_error("duration must be greater than 0")),
        None => Err(parse_error(&format!(
            "not a valid duration string: {word:?}"
        ))),
    }
}

fn is_grouping(word: &str) -> bool {
    [
        "by",
        "without",
        "on",
        "ignoring",
        "group_left",
        "group_right",
    ]
    .iter()
    .any(|keyword| word.eq_ignore_ascii_case(keyword))
}

fn is_matcher_operator(before: Option<Token>) -> bool {
    matches!(before, Some(Token::Sign('=' | '~')))
}

/// Whether what follows is an operand and not an operator.
fn is_prefix(before: Option<Token>) -> bool {
    match before {
        None => true,
        Some(Token::Sign(sign)) => !matches!(sign, ')' | ']' | '}'),
        Some(Token::Text) => false,
        Some(Token::Word(word)) => {
            let operators = ["and", "or", "unless", "atan2", "bool"];
            let is_operator = |name: &&str| word.eq_ignore_ascii_case(name);
            operators.iter().any(is_operator) || is_grouping(word)
        }
    }
}

fn is_number(after: Option<Token>) -> bool {
    let is_named = |word: &str| {
        ["inf", "nan"]
            .iter()
            .any(|name| word.eq_ignore_ascii_case(name))
    };
    let starts = |c: char| c.is_ascii_digit() || c == '.';
    matches!(after, Some(Token::Word(word)) if is_named(word) || word.starts_with(starts))
}

fn parse_error(message: &str) -> Error {
    Error::BadData(format!("parse error: {message}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn syntax_of_prometheus_2_42_passes() {
        for query in [
            "job:rate5m:sum{a=\"{'[\"} offset -1h30m",
            "rate(foo[5m] offset 1m) # [NaN]",
            "foo[1h:5m] @ 1.5e+3",
            "max_over_time(foo[1h:] offset +5m)",
            "-foo + +1 + 1e5 * 0x1F",
            "sum by (offset, or) (offset) + offset",
            "foo{or=\"1\",and=~`a\\`}",
            "a * on (b) group_left (c) d",
        ] {
            assert_eq!(check(query), Ok(()), "{query}");
        }
    }

    #[test]
    fn newer_syntax_and_bad_durations_are_refused() {
        for query in [
            "foo[NaN]",
            "foo[300]",
            "foo[1.5h]",
            "foo[0s]",
            "foo[5m1h]",
            "foo[99999999999y]",
            "foo offset 300",
            "foo offset -inf",
            "foo offset - 300",
            "foo + 5m",
            "{\"foo\"}",
            "{\"foo\", a=\"1\"}",
            "{a=\"1\" or b=\"2\"}",
            "sum by (\"a\") (foo)",
            "+foo",
            "rate(+foo[5m])",
            "1 + + \"a\"",
        ] {
            assert!(matches!(check(query), Err(Error::BadData(_))), "{query}");
        }
    }

    #[test]
    fn a_query_may_be_neither_endless_nor_bottomless() {
        assert!(check(&"-".repeat(MAX_TOKENS + 1)).is_err());
        assert!(check(&"(".repeat(MAX_DEPTH + 1)).is_err());
        assert!(check(&format!("{}1{}", "(".repeat(100), ")".repeat(100))).is_ok());
    }

    #[test]
    fn raw_strings_are_rewritten_and_nothing_else_is() {
        let query = "a{b=~`\\d \"x\"`} # `c`\n + b{c=\"`\"}";
        let expected = "a{b=~\"\\\\d \\\"x\\\"\"} # `c`\n + b{c=\"`\"}";
        assert_eq!(without_raw_strings(query), expected);
    }
}
