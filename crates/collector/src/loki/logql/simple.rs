//! Queries that can be carried out without a Loki: one selector, and filters of lines.

use fleetscope_model::Labels;
use regex::Regex;

use super::lexer::{Token, Word, words};

/// Memory of one compiled expression: what a person writes takes some kilobytes.
const MOST_MEMORY: usize = 1024 * 1024;

/// A query of that kind.
pub(crate) struct Simple {
    labels: Vec<(String, Test)>,
    lines: Vec<Test>,
}

struct Test {
    negated: bool,
    what: What,
}

enum What {
    Text(String),
    Pattern(Regex),
}

impl Simple {
    /// Reads a query; none where it asks for more.
    pub(crate) fn new(source: &str) -> Option<Self> {
        let words = words(source).ok()?;
        let mut rest = words.iter();
        if rest.next()?.token != Token::Open {
            return None;
        }
        let mut labels = Vec::new();
        loop {
            let name = rest.next()?;
            match name.token {
                Token::Close => break,
                Token::Comma => continue,
                Token::Name => {}
                _ => return None,
            }
            let (sign, text) = (rest.next()?, rest.next()?);
            let test = test(source, sign, text, true)?;
            labels.push((source[name.at.clone()].to_owned(), test));
        }
        let mut lines = Vec::new();
        while let Some(sign) = rest.next() {
            lines.push(test(source, sign, rest.next()?, false)?);
        }
        Some(Self { labels, lines })
    }

    /// Whether a stream with these labels is asked for.
    pub(crate) fn selects(&self, labels: &Labels) -> bool {
        self.labels.iter().all(|(name, test)| {
            let value = labels.get(name).map_or("", String::as_str);
            test.admits(value, true)
        })
    }

    /// Whether a line is asked for.
    pub(crate) fn admits(&self, line: &str) -> bool {
        self.lines.iter().all(|test| test.admits(line, false))
    }
}

impl Test {
    fn admits(&self, text: &str, whole: bool) -> bool {
        let holds = match &self.what {
            What::Text(wanted) if whole => text == wanted,
            What::Text(wanted) => text.contains(wanted.as_str()),
            What::Pattern(pattern) => pattern.is_match(text),
        };
        holds != self.negated
    }
}

fn test(source: &str, sign: &Word, text: &Word, of_label: bool) -> Option<Test> {
    let Token::Text(value) = &text.token else {
        return None;
    };
    let (negated, pattern) = match (&source[sign.at.clone()], of_label) {
        ("=", true) | ("|=", false) => (false, false),
        ("!=", _) => (true, false),
        ("=~", true) | ("|~", false) => (false, true),
        ("!~", _) => (true, true),
        _ => return None,
    };
    let what = if pattern {
        let anchored = format!("^(?:{value})$");
        let pattern = if of_label { &anchored } else { value };
        let built = regex::RegexBuilder::new(pattern)
            .size_limit(MOST_MEMORY)
            .build();
        What::Pattern(built.ok()?)
    } else {
        What::Text(value.clone())
    };
    Some(Test { negated, what })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn labels(app: &str) -> Labels {
        [("namespace", "shop"), ("app", app)]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into()
    }

    #[test]
    fn selectors_and_line_filters_mean_what_they_mean_to_loki() {
        let query = r#"{namespace="shop", app=~"ca.t", x!="y", app!~"b.*"} |= "er" != `no` |~ "ro?r" !~ "z""#;
        let simple = Simple::new(query).unwrap();
        assert!(simple.selects(&labels("cart")));
        assert!(
            !simple.selects(&labels("carts")),
            "a label matches as a whole"
        );
        assert!(!simple.selects(&labels("till")));
        assert!(simple.admits("an error"));
        for line in ["no error", "z error", "er"] {
            assert!(!simple.admits(line), "{line}");
        }
    }

    #[test]
    fn what_needs_a_loki_is_not_simple() {
        for query in [
            "{a=\"b\"} | json",
            "rate({a=\"b\"}[5m])",
            "{a=\"b\"} |= \"x\" or \"y\"",
            "{a=\"b\"} | x=\"y\"",
            "{a=~\"(\"}",
            "{a=\"b\"",
            "",
        ] {
            assert!(Simple::new(query).is_none(), "{query}");
        }
    }
}
