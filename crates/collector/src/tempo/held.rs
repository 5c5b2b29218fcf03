//! `TraceQL` that a caller wrote, held to the namespaces that it may see.
//!
//! Understood is one span set of conditions on a span itself. Everything else is refused, because
//! its answer would tell of spans that the caller may not see: structure (`>>`), aggregates, the
//! root's name, the length of the whole trace, a parent's attributes. The query is written anew
//! from its words, within parentheses that these can't close.

use std::collections::BTreeSet;

use fleetscope_model::GapKind;
use fleetscope_outbound::Failure;

use super::tokens::{Token, tokens};
use super::traceql::in_namespaces;

/// Intrinsic fields of a span itself, and the values that need no quotes.
const WORDS: [&str; 31] = [
    "name",
    "status",
    "statusMessage",
    "kind",
    "duration",
    "span:name",
    "span:status",
    "span:statusMessage",
    "span:kind",
    "span:duration",
    "span:id",
    "event:name",
    "event:timeSinceStart",
    "instrumentation:name",
    "instrumentation:version",
    "true",
    "false",
    "nil",
    "error",
    "ok",
    "unset",
    "unspecified",
    "internal",
    "server",
    "client",
    "producer",
    "consumer",
    "Inf",
    "NaN",
    "inf",
    "nan",
];
/// Scopes whose attributes are the span's own, or its process's.
const SCOPES: [&str; 5] = ["resource.", "span.", "event.", "instrumentation.", "."];
/// Structure, and joins of span sets.
const FOREIGN: [&str; 15] = [
    "{", "}", "|", ">>", "<<", "!>>", "!<<", "&>>", "&<<", "!>", "!<", "&>", "&<", "&~", ",",
];

/// The query for spans of these namespaces.
pub(super) fn held(query: &str, namespaces: &BTreeSet<String>) -> Result<String, Failure> {
    let words = tokens(query).map_err(|problem| refused(&format!("it holds {problem}")))?;
    let [Token::Sign("{"), inner @ .., Token::Sign("}")] = words.as_slice() else {
        return Err(refused("it is not one span set, { … }"));
    };
    let mut depth = 0_u32;
    for word in inner {
        match word {
            Token::Sign("(") => depth += 1,
            Token::Sign(")") => {
                depth = depth
                    .checked_sub(1)
                    .ok_or_else(|| refused("it closes a parenthesis that it did not open"))?;
            }
            Token::Sign(sign) if FOREIGN.contains(sign) => {
                return Err(refused(&format!("it holds '{sign}'")));
            }
            Token::Word(word) if !is_own(word) => {
                return Err(refused(&format!("it holds '{word}'")));
            }
            _ => {}
        }
    }
    if depth > 0 {
        return Err(refused("it opens a parenthesis that it does not close"));
    }
    let own = in_namespaces(namespaces);
    if inner.is_empty() {
        return Ok(format!("{{ {own} }}"));
    }
    let inner: Vec<String> = inner.iter().map(Token::write).collect();
    Ok(format!("{{ ( {} ) && {own} }}", inner.join(" ")))
}

fn is_own(word: &str) -> bool {
    let number = word.starts_with(|c: char| c.is_ascii_digit());
    let attribute = SCOPES.iter().any(|scope| {
        word.strip_prefix(scope)
            .is_some_and(|name| !name.is_empty())
    });
    number || attribute || WORDS.contains(&word)
}

fn refused(why: &str) -> Failure {
    Failure::new(
        GapKind::Forbidden,
        format!(
            "you may see some namespaces here, and of TraceQL only conditions on spans can be held \
             to them: {why}; write one span set such as {{ resource.service.name = \"cart\" && \
             status = error }}, or search by fields"
        ),
    )
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn shop() -> BTreeSet<String> {
        ["shop".to_owned()].into()
    }

    #[test]
    fn conditions_are_put_into_parentheses_beside_the_namespaces() {
        assert_eq!(
            held("{ name=\"a\" || true }", &shop()).unwrap(),
            "{ ( name = \"a\" || true ) && resource.k8s.namespace.name =~ \"^(?:shop)$\" }"
        );
        assert_eq!(
            held("{}", &shop()).unwrap(),
            "{ resource.k8s.namespace.name =~ \"^(?:shop)$\" }"
        );
    }

    #[test]
    fn what_would_tell_of_other_spans_is_refused() {
        for query in [
            "{ true ) || ( true }",
            "{ true } || { true }",
            "{ true } >> { true }",
            "{ name = \"a\" } | select(resource.secret)",
            "{ true } | count() > 1",
            "{ rootServiceName = \"bank\" }",
            "{ trace:rootName = \"bank\" }",
            "{ traceDuration > 1s }",
            "{ parent.secret = \"x\" }",
            "{ parent.resource.secret = \"x\" }",
            "{ nestedSetParent < 0 }",
            "{ span:childCount > 1 }",
            "{ true // }\n || true }",
            "{ \"\n\" = \"\" }",
            "{ ( true }",
            "{ resource. = 1 }",
            "true",
            "{",
            "",
        ] {
            let failure = held(query, &shop()).unwrap_err();
            assert_eq!(failure.kind, GapKind::Forbidden, "{query}");
        }
    }

    proptest! {
        /// Whatever is written, the query that is sent says of every span that it is in the
        /// namespace: its last words are the condition, outside of all parentheses.
        #[test]
        fn no_text_leaves_its_parentheses(
            parts in prop::collection::vec(prop_oneof![
                Just("{"), Just("}"), Just("("), Just(")"), Just("||"), Just("&&"), Just("\""),
                Just("`"), Just("\\"), Just("//"), Just("/*"), Just("*/"), Just("\n"), Just("true"),
                Just("name"), Just("="), Just("\"a\""), Just(">>"), Just("|"), Just(" "), Just("span.x"),
            ], 0..14)
        ) {
            let text = format!("{{{}}}", parts.concat());
            if let Ok(sent) = held(&text, &shop()) {
                let words = tokens(&sent).unwrap();
                let end = [
                    Token::Sign(")"),
                    Token::Sign("&&"),
                    Token::Word("resource.k8s.namespace.name"),
                    Token::Sign("=~"),
                    Token::Text("^(?:shop)$".to_owned()),
                    Token::Sign("}"),
                ];
                if words.len() == 5 {
                    // No condition but that of the namespaces.
                    return Ok(());
                }
                let mut depth = 0_i32;
                let body = words.len() - end.len();
                prop_assert_eq!(&words[body..], &end[..]);
                for (at, word) in words.iter().enumerate().skip(1).take(body) {
                    depth += i32::from(*word == Token::Sign("(")) - i32::from(*word == Token::Sign(")"));
                    prop_assert!(depth > 0 || at == body, "{}", sent);
                    prop_assert!(![Token::Sign("{"), Token::Sign("}")].contains(word), "{}", sent);
                }
            }
        }
    }
}
