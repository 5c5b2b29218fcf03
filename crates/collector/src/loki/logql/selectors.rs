//! The stream selectors of a query, and the query held to some namespaces by them.
//!
//! A brace stands in LogQL, outside of literals, only round a stream selector. Every one of them
//! gets a matcher more; what is sent is read back, and does not go out unless every selector in
//! it carries that matcher.

use std::collections::BTreeSet;

use fleetscope_model::GapKind;
use fleetscope_outbound::Failure;

use super::lexer::{Token, Unread, Word, words};
use crate::quote::{names_pattern, quoted};

/// A query, and what it selects.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Read {
    source: String,
    selectors: Vec<Selector>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Selector {
    /// From its opening brace on.
    at: usize,
    /// Where its closing brace is.
    close: usize,
    matchers: Vec<Matcher>,
    /// Whether a comma stands before the closing brace.
    open_ended: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Matcher {
    name: String,
    test: &'static str,
    value: String,
}

/// A query as it is sent, and what was put into it, where.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Held {
    pub(crate) text: String,
    /// Places in `text` and lengths, in bytes, in their order.
    pub(crate) inserted: Vec<(usize, usize)>,
}

impl Held {
    /// A query that nothing was put into.
    pub(crate) fn whole(text: impl Into<String>) -> Self {
        Self {
            text: text.into(),
            inserted: Vec::new(),
        }
    }
}

impl Read {
    /// Reads a query; the message says where it can't be.
    pub(crate) fn new(source: &str) -> Result<Self, String> {
        let unread = |unread: Unread| {
            let (line, column) = position(source, unread.at);
            let what = unread.what;
            format!("parse error at line {line}, col {column}: {what}")
        };
        let words = words(source).map_err(unread)?;
        Ok(Self {
            selectors: selectors(source, &words).map_err(unread)?,
            source: source.to_owned(),
        })
    }

    /// The selectors as they are written, each once.
    pub(crate) fn selectors(&self) -> BTreeSet<&str> {
        let written = |s: &Selector| &self.source[s.at..=s.close];
        self.selectors.iter().map(written).collect()
    }

    /// The namespaces that the query names by one of these labels, where each of its selectors
    /// names one.
    pub(crate) fn named(&self, labels: &[&str]) -> Option<BTreeSet<String>> {
        let mut names = BTreeSet::new();
        for selector in &self.selectors {
            let named = selector
                .matchers
                .iter()
                .find(|matcher| matcher.test == "=" && labels.contains(&matcher.name.as_str()))?;
            names.insert(named.value.clone());
        }
        (!names.is_empty()).then_some(names)
    }

    /// The query over nothing but these values of a label. `Forbidden` where it names another one:
    /// whether there is such a one is not told.
    pub(crate) fn within(&self, label: &str, values: &BTreeSet<String>) -> Result<Held, Failure> {
        for matcher in self.selectors.iter().flat_map(|s| &s.matchers) {
            if matcher.name == label && matcher.test == "=" && !values.contains(&matcher.value) {
                return Err(not_yours(&matcher.value));
            }
        }
        let only = Matcher {
            name: label.to_owned(),
            test: "=~",
            value: names_pattern(values),
        };
        let held = self.with(&only);
        let back = Self::new(&held.text);
        let same = back.is_ok_and(|back| {
            back.selectors.len() == self.selectors.len()
                && back.selectors.iter().all(|s| s.matchers.contains(&only))
        });
        if same { Ok(held) } else { Err(unheld()) }
    }

    fn with(&self, only: &Matcher) -> Held {
        let matcher = format!("{}{}{}", only.name, only.test, quoted(&only.value));
        let mut held = Held::whole(String::with_capacity(self.source.len() + matcher.len() + 2));
        let mut from = 0;
        for selector in &self.selectors {
            held.text.push_str(&self.source[from..selector.close]);
            let at = held.text.len();
            if !selector.matchers.is_empty() && !selector.open_ended {
                held.text.push_str(", ");
            }
            held.text.push_str(&matcher);
            held.inserted.push((at, held.text.len() - at));
            from = selector.close;
        }
        held.text.push_str(&self.source[from..]);
        held
    }
}

fn selectors(source: &str, words: &[Word]) -> Result<Vec<Selector>, Unread> {
    let mut found = Vec::new();
    let mut rest = words.iter();
    while let Some(word) = rest.next() {
        match word.token {
            Token::Open => found.push(selector(source, word, &mut rest)?),
            Token::Close => return Err(odd(word.at.start, "a brace that closes nothing")),
            _ => {}
        }
    }
    Ok(found)
}

fn selector<'w>(
    source: &str,
    open: &Word,
    rest: &mut impl Iterator<Item = &'w Word>,
) -> Result<Selector, Unread> {
    let end = || odd(source.len(), "the end, where a selector goes on");
    let mut matchers = Vec::new();
    let mut open_ended = false;
    loop {
        let name = rest.next().ok_or_else(end)?;
        if name.token == Token::Close {
            return Ok(Selector {
                at: open.at.start,
                close: name.at.start,
                matchers,
                open_ended,
            });
        }
        if name.token != Token::Name || (!matchers.is_empty() && !open_ended) {
            return Err(odd(name.at.start, "no label, where a selector has one"));
        }
        let test = rest.next().ok_or_else(end)?;
        let Token::Test(sign) = test.token else {
            return Err(odd(test.at.start, "no comparison after a label"));
        };
        let value = rest.next().ok_or_else(end)?;
        let Token::Text(text) = &value.token else {
            return Err(odd(value.at.start, "no literal after a comparison"));
        };
        matchers.push(Matcher {
            name: source[name.at.clone()].to_owned(),
            test: sign,
            value: text.clone(),
        });
        let after = rest.next().ok_or_else(end)?;
        open_ended = after.token == Token::Comma;
        match after.token {
            Token::Comma => {}
            Token::Close => {
                return Ok(Selector {
                    at: open.at.start,
                    close: after.at.start,
                    matchers,
                    open_ended,
                });
            }
            _ => return Err(odd(after.at.start, "neither a comma nor a closing brace")),
        }
    }
}

fn odd(at: usize, what: &'static str) -> Unread {
    Unread { at, what }
}

/// Line and column of a place, both from 1; columns count characters.
pub(crate) fn position(source: &str, at: usize) -> (usize, usize) {
    let before = source.get(..at).unwrap_or(source);
    let line = before.matches('\n').count() + 1;
    let start = before.rfind('\n').map_or(0, |newline| newline + 1);
    (line, before[start..].chars().count() + 1)
}

fn not_yours(namespace: &str) -> Failure {
    let shown: String = namespace.chars().take(63).collect();
    Failure::new(
        GapKind::Forbidden,
        format!("the query names the namespace {shown:?}, which is none that you may see here"),
    )
}

fn unheld() -> Failure {
    Failure::new(
        GapKind::Forbidden,
        "the query can't be held to the namespaces that you may see here: write it in a simpler way",
    )
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
