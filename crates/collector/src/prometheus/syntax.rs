//! Where a query stops being `PromQL`. The parser names the culprit of most errors itself; for a
//! token that merely stands in the wrong place it only says that the query is wrong.

use promql_parser::parser::parse;

/// What the parser says when it says nothing.
const SILENT: &str = "invalid promql query";

/// Ways in which the beginning of a query may go on. A beginning after which none of them makes a
/// whole query is taken to be wrong.
const ENDINGS: [&str; 9] = [
    "", " x", "(x)", "(x)(x)", "(x) x", "\"x\"", "=\"x\"", " 5m", "5m",
];

/// The parser's own words and the place that they are about, or else the first token that can't
/// stand where it stands.
pub(crate) fn describe(query: &str, problem: &str) -> String {
    let tokens = tokens(query);
    if problem != SILENT {
        return match place_of(query, problem, &tokens) {
            Some(place) => format!("{problem} at character {place}"),
            None => problem.to_owned(),
        };
    }
    let good = tokens.partition_point(|token| may_go_on(&query[..token.1], &tokens));
    match tokens.get(good) {
        Some(&(start, end)) => {
            let place = query[..start].chars().count() + 1;
            format!("unexpected '{}' at character {place}", &query[start..end])
        }
        None => "unexpected end of the query".to_owned(),
    }
}

/// What the parser's words are about: the word that they quote, where the query has it; what is
/// left open is missed at the end; else the first token after which the query can't be right.
fn place_of(query: &str, problem: &str, tokens: &[(usize, usize)]) -> Option<usize> {
    let place = |start: usize| query[..start].chars().count() + 1;
    if tokens.is_empty() || problem.contains("at character") {
        return None;
    }
    if problem.contains("unclosed") {
        return Some(place(query.len()));
    }
    let quoted = problem.split('\'').nth(1);
    let named = quoted.and_then(|word| {
        let mut tokens = tokens.iter();
        tokens.find(|&&(start, end)| &query[start..end] == word)
    });
    let wrong = || {
        let good = tokens.partition_point(|token| may_go_on(&query[..token.1], tokens));
        tokens.get(good)
    };
    named.or_else(wrong).map(|&(start, _)| place(start))
}

fn may_go_on(beginning: &str, tokens: &[(usize, usize)]) -> bool {
    let closing = closing(beginning, tokens);
    ENDINGS
        .iter()
        .any(|ending| parse(&format!("{beginning}{ending}{closing}")).is_ok())
}

/// What closes the brackets that are open at the end of a beginning.
fn closing(beginning: &str, tokens: &[(usize, usize)]) -> String {
    let mut open = Vec::new();
    for &(start, end) in tokens.iter().take_while(|token| token.1 <= beginning.len()) {
        match &beginning[start..end] {
            "(" => open.push(')'),
            "{" => open.push('}'),
            "[" => open.push(']'),
            ")" | "}" | "]" => {
                open.pop();
            }
            _ => {}
        }
    }
    open.into_iter().rev().collect()
}

/// Start and end of each word, string and single other character.
fn tokens(query: &str) -> Vec<(usize, usize)> {
    let mut tokens: Vec<(usize, usize)> = Vec::new();
    let mut chars = query.char_indices().peekable();
    while let Some((start, c)) = chars.next() {
        if c.is_whitespace() {
            continue;
        }
        let mut end = start + c.len_utf8();
        let mut escaped = false;
        let in_string = matches!(c, '"' | '\'' | '`');
        while let Some(&(at, next)) = chars.peek() {
            let goes_on = in_string || is_word(c) && is_word(next);
            if !goes_on {
                break;
            }
            chars.next();
            end = at + next.len_utf8();
            if in_string && next == c && !escaped {
                break;
            }
            escaped = next == '\\' && !escaped && c != '`';
        }
        tokens.push((start, end));
    }
    tokens
}

fn is_word(c: char) -> bool {
    c.is_alphanumeric() || matches!(c, '_' | ':' | '.')
}
