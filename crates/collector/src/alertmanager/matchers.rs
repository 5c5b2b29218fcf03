//! Conditions on labels.

use fleetscope_model::{Labels, Matcher, Sight};
use fleetscope_ports::Result;

use crate::quote::quoted;
use crate::range::invalid;

/// Conditions of one question or silence, and characters of each part.
const MOST: usize = 32;
const LONGEST: usize = 1_000;

/// The label by which an alert tells its namespace.
const NAMESPACE: &str = "namespace";

/// Refuses (`invalid_matcher`) what can be no condition.
pub(super) fn check(matchers: &[Matcher]) -> Result<()> {
    let wrong = |message: String| Err(invalid("invalid_matcher", message));
    if matchers.len() > MOST {
        return wrong(format!(
            "there are {} matchers: at most {MOST}",
            matchers.len()
        ));
    }
    for matcher in matchers {
        if !is_label(&matcher.name) {
            let name = matcher.name.escape_debug();
            return wrong(format!(
                "'{name}' is no name of a label: letters, digits and underscores"
            ));
        }
        if matcher.value.chars().count() > LONGEST || matcher.name.len() > LONGEST {
            return wrong(format!("a matcher is longer than {LONGEST} characters"));
        }
    }
    Ok(())
}

fn is_label(name: &str) -> bool {
    let mut chars = name.chars();
    chars
        .next()
        .is_some_and(|c| c.is_ascii_alphabetic() || c == '_')
        && chars.all(|c| c.is_ascii_alphanumeric() || c == '_')
}

/// As a filter is written: the value is a literal, whatever it holds.
pub(super) fn filter(matcher: &Matcher) -> String {
    let sign = match (matcher.is_regex, matcher.is_equal) {
        (false, true) => "=",
        (false, false) => "!=",
        (true, true) => "=~",
        (true, false) => "!~",
    };
    format!("{}{sign}{}", matcher.name, quoted(&matcher.value))
}

/// Whether the caller sees an alert with these labels.
pub(super) fn shows(sight: &Sight, labels: &Labels) -> bool {
    sight.reaches(labels.get(NAMESPACE).map(String::as_str))
}

/// Whether all alerts for which these hold are ones that the caller sees: because it sees all, or
/// because one of them names a namespace that it sees. A pattern does not: what it matches is for
/// the other side to say.
pub(super) fn held_to(sight: &Sight, matchers: &[Matcher]) -> bool {
    *sight == Sight::Whole
        || matchers.iter().any(|matcher| {
            matcher.name == NAMESPACE
                && !matcher.is_regex
                && matcher.is_equal
                && !matcher.value.is_empty()
                && sight.reaches(Some(&matcher.value))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn matcher(name: &str, value: &str, is_regex: bool, is_equal: bool) -> Matcher {
        Matcher {
            name: name.to_owned(),
            value: value.to_owned(),
            is_regex,
            is_equal,
        }
    }

    #[test]
    fn a_filter_keeps_its_value_within_quotes() {
        let nasty = matcher("severity", "a\",job=~\".*", false, true);
        assert_eq!(filter(&nasty), r#"severity="a\",job=~\".*""#);
        assert_eq!(filter(&matcher("a", "x|y", true, false)), r#"a!~"x|y""#);
        assert!(check(&[matcher("a=\"b\",c", "", false, true)]).is_err());
        assert!(check(&[matcher("", "", false, true)]).is_err());
        assert!(check(&[matcher("_a9", "", false, true)]).is_ok());
    }

    #[test]
    fn only_an_exact_namespace_that_is_seen_holds_a_silence() {
        let shop = Sight::Namespaces(["shop".to_owned()].into());
        let held = |matchers: &[Matcher]| held_to(&shop, matchers);
        let severity = matcher("severity", "warning", false, true);
        assert!(held(&[
            severity.clone(),
            matcher("namespace", "shop", false, true)
        ]));
        assert!(!held(&[severity]));
        assert!(!held(&[matcher("namespace", "bank", false, true)]));
        assert!(!held(&[matcher("namespace", "shop", true, true)]));
        assert!(!held(&[matcher("namespace", "bank", false, false)]));
        assert!(!held(&[matcher("namespace", "", false, true)]));
        assert!(held_to(&Sight::Whole, &[]));
    }
}
