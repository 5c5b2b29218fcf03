//! A query held to some namespaces. It is rewritten in its syntax tree, never as text: every
//! selector gets a matcher beside those that it has, so whatever the query says of namespaces
//! can only narrow what comes back.

use std::collections::BTreeSet;

use fleetscope_model::GapKind;
use fleetscope_outbound::Failure;
use promql_parser::label::{MatchOp, Matcher, Matchers};
use promql_parser::parser::token::{T_EQL, T_EQL_REGEX};
use promql_parser::parser::{Expr, VectorSelector, parse};

use crate::quote::names_pattern;

/// The label by which series of a cluster tell their namespace.
const LABEL: &str = "namespace";

/// How deep a tree may be that is written down again, which recurses: beyond what people and
/// dashboards write, and far within a thread's stack.
const MOST_DEPTH: usize = 200;

/// The namespaces that a query names, where each of its selectors names one: only these need be
/// asked about. None where one of them does not, or there is no selector.
pub(crate) fn named(query: &str) -> Option<BTreeSet<String>> {
    let mut expression = parse(query).ok()?;
    let mut names = Some(BTreeSet::new());
    each_selector(&mut expression, &mut |selector| {
        let matchers = selector.matchers.find_matchers(LABEL);
        let plain = selector.matchers.or_matchers.is_empty();
        let equal = matchers.iter().find(|m| m.op == MatchOp::Equal && plain);
        match (equal, &mut names) {
            (Some(matcher), Some(names)) => {
                names.insert(matcher.value.clone());
            }
            _ => names = None,
        }
    });
    names.filter(|names| !names.is_empty())
}

/// The query over nothing but these namespaces. `Forbidden` where it names one that is not among
/// them: whether there is such a one is not told.
pub(crate) fn within(query: &str, namespaces: &BTreeSet<String>) -> Result<String, Failure> {
    let mut expression = parse(query).map_err(|_| unheld())?;
    if is_too_deep(&mut expression) {
        return Err(unheld());
    }
    let mut outside = None;
    let only = matcher(namespaces)?;
    each_selector(&mut expression, &mut |selector| {
        for known in selector.matchers.find_matchers(LABEL) {
            if known.op == MatchOp::Equal && !namespaces.contains(&known.value) {
                outside = Some(known.value);
            }
        }
        hold(&mut selector.matchers, &only);
    });
    if let Some(namespace) = outside {
        return Err(not_yours(&namespace));
    }
    name_plainly(&mut expression);
    let text = expression.to_string();
    // What is sent is read back: a tree that was written down as another one does not go out.
    let same = parse(&text).is_ok_and(|read| held(read, &only));
    if same { Ok(text) } else { Err(unheld()) }
}

/// Writes names that can't stand before the braces (UTF-8 ones, of Prometheus 3) into them.
pub(super) fn name_plainly(expression: &mut Expr) {
    let plain = |c: char| c.is_ascii_alphanumeric() || c == '_' || c == ':';
    each_selector(expression, &mut |selector| {
        let odd = selector.name.take_if(|name| !name.chars().all(plain));
        if let Some(name) = odd {
            let named = Matcher::new(MatchOp::Equal, "__name__", &name);
            let matchers = &mut selector.matchers;
            for group in &mut matchers.or_matchers {
                group.push(named.clone());
            }
            if matchers.or_matchers.is_empty() {
                matchers.matchers.push(named);
            }
        }
    });
}

/// Whether every selector carries the matcher.
fn held(mut expression: Expr, only: &Matcher) -> bool {
    let mut all = true;
    each_selector(&mut expression, &mut |selector| {
        let groups = &selector.matchers.or_matchers;
        let plain = groups.is_empty() && selector.matchers.matchers.contains(only);
        let grouped = !groups.is_empty() && groups.iter().all(|group| group.contains(only));
        all &= plain || grouped;
    });
    all
}

fn hold(matchers: &mut Matchers, only: &Matcher) {
    for group in &mut matchers.or_matchers {
        group.push(only.clone());
    }
    if matchers.or_matchers.is_empty() {
        matchers.matchers.push(only.clone());
    }
}

/// `namespace="a"`, or `namespace=~"a|b"`.
fn matcher(namespaces: &BTreeSet<String>) -> Result<Matcher, Failure> {
    let pattern = names_pattern(namespaces);
    let token = if pattern.contains('|') {
        T_EQL_REGEX
    } else {
        T_EQL
    };
    Matcher::new_matcher(token, LABEL.to_owned(), pattern).map_err(|_| unheld())
}

/// Every selector of the tree, wherever it stands.
pub(super) fn each_selector(expression: &mut Expr, visit: &mut impl FnMut(&mut VectorSelector)) {
    let mut open = vec![expression];
    while let Some(expression) = open.pop() {
        match expression {
            Expr::VectorSelector(selector) => visit(selector),
            Expr::MatrixSelector(matrix) => visit(&mut matrix.vs),
            other => open.extend(parts(other)),
        }
    }
}

/// The expressions that one is made of.
pub(super) fn parts(expression: &mut Expr) -> Vec<&mut Expr> {
    match expression {
        Expr::Aggregate(aggregate) => {
            let param = aggregate.param.as_deref_mut();
            param.into_iter().chain([&mut *aggregate.expr]).collect()
        }
        Expr::Unary(unary) => vec![&mut unary.expr],
        Expr::Binary(binary) => vec![&mut binary.lhs, &mut binary.rhs],
        Expr::Paren(paren) => vec![&mut paren.expr],
        Expr::Subquery(subquery) => vec![&mut subquery.expr],
        Expr::Call(call) => call.args.args.iter_mut().map(AsMut::as_mut).collect(),
        Expr::VectorSelector(_)
        | Expr::MatrixSelector(_)
        | Expr::NumberLiteral(_)
        | Expr::StringLiteral(_)
        | Expr::Extension(_) => Vec::new(),
    }
}

/// Whether something in the tree stands deeper than [`MOST_DEPTH`].
pub(super) fn is_too_deep(expression: &mut Expr) -> bool {
    let mut open = vec![(expression, 1)];
    while let Some((expression, depth)) = open.pop() {
        if depth > MOST_DEPTH {
            return true;
        }
        open.extend(parts(expression).into_iter().map(|part| (part, depth + 1)));
    }
    false
}

fn not_yours(namespace: &str) -> Failure {
    let shown: String = namespace.chars().take(63).collect();
    Failure::new(
        GapKind::Forbidden,
        format!("the query names the namespace {shown:?}, which is none that you may see here"),
    )
}

pub(crate) fn unheld() -> Failure {
    Failure::new(
        GapKind::Refused,
        "the query can't be held to the namespaces that you may see here: write it more simply",
    )
}

#[cfg(test)]
mod enforced;
#[cfg(test)]
mod fuzz;

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|&name| name.to_owned()).collect()
    }

    fn one(query: &str) -> String {
        within(query, &set(&["shop"])).unwrap()
    }

    #[test]
    fn every_selector_is_held_wherever_it_stands() {
        for (query, held) in [
            ("up", r#"up{namespace="shop"}"#),
            (r#"{job="a"}"#, r#"{job="a",namespace="shop"}"#),
            ("rate(x[5m])", r#"rate(x{namespace="shop"}[5m])"#),
            (
                "max_over_time(rate(x[5m])[1h:1m] offset 5m)",
                r#"max_over_time(rate(x{namespace="shop"}[5m])[1h:1m] offset 5m)"#,
            ),
            (
                "topk(scalar(y), x) by (pod) - -z",
                r#"topk by (pod) (scalar(y{namespace="shop"}), x{namespace="shop"}) - -z{namespace="shop"}"#,
            ),
            (
                "(a and on (pod) b) unless (c or d @ 5)",
                r#"(a{namespace="shop"} and on (pod) b{namespace="shop"}) unless (c{namespace="shop"} or d{namespace="shop"} @ 5.000)"#,
            ),
            (
                r#"label_replace(x, "namespace", "shop", "", "")"#,
                r#"label_replace(x{namespace="shop"}, "namespace", "shop", "", "")"#,
            ),
            (
                "absent(x) or vector(1)",
                r#"absent(x{namespace="shop"}) or vector(1)"#,
            ),
            ("1 + time()", "1 + time()"),
        ] {
            assert_eq!(one(query), held, "{query}");
        }
    }

    #[test]
    fn several_namespaces_are_one_pattern() {
        assert_eq!(
            within("up", &set(&["shop", "shop-2"])).unwrap(),
            r#"up{namespace=~"shop|shop-2"}"#
        );
    }

    #[test]
    fn what_a_query_says_of_namespaces_itself_only_narrows() {
        assert_eq!(
            one(r#"x{namespace!="shop"}"#),
            r#"x{namespace!="shop",namespace="shop"}"#
        );
        assert_eq!(
            one(r#"x{namespace=~".*"}"#),
            r#"x{namespace="shop",namespace=~".*"}"#
        );
        let groups = one(r#"x{namespace="shop" or job="a"}"#);
        assert_eq!(groups.matches(r#"namespace="shop""#).count(), 3, "{groups}");
    }

    #[test]
    fn a_namespace_that_is_not_yours_is_refused_and_not_told_of() {
        for name in ["bank", "no-such-one"] {
            let query = format!("a + b{{namespace=\"{name}\"}}");
            let failure = within(&query, &set(&["shop"])).unwrap_err();
            assert_eq!(failure.kind, GapKind::Forbidden);
            assert_eq!(
                failure.detail.replace(name, "N"),
                "the query names the namespace \"N\", which is none that you may see here"
            );
        }
    }

    #[test]
    fn a_query_that_names_its_namespaces_need_not_be_asked_about_others() {
        let names = |query| named(query);
        assert_eq!(
            names(r#"a{namespace="x"} / b{namespace="y",job="z"}"#),
            Some(set(&["x", "y"]))
        );
        assert_eq!(names(r#"a{namespace="x"} / b"#), None);
        assert_eq!(names(r#"a{namespace=~"x"}"#), None);
        assert_eq!(names(r#"a{namespace="x" or job="z"}"#), None);
        assert_eq!(names("1"), None);
    }

    #[test]
    fn a_query_nested_as_deep_as_its_length_allows_is_refused_and_a_deep_one_held() {
        let held = |times| {
            let query = format!("x{}", "^x".repeat(times));
            within(&query, &set(&["shop"]))
        };
        assert!(held(150).is_ok());
        assert_eq!(held(4_999).unwrap_err(), unheld());
        let numbers = format!("1{}", "^1".repeat(4_999));
        assert_eq!(within(&numbers, &set(&["shop"])).unwrap_err(), unheld());
    }

    fn selector() -> impl Strategy<Value = String> {
        let name = prop::sample::select(vec!["up", "x:y", "z_total"]);
        let matchers = prop::sample::select(vec![
            "",
            "{}",
            r#"{a="\"}"}"#,
            r#"{namespace=~"a|b"}"#,
            r#"{namespace!~".+",b!='}'}"#,
            "{a=`\\`}",
            r#"{"dotted.label"="x"}"#,
        ]);
        (name, matchers).prop_map(|(name, matchers)| format!("{name}{matchers}"))
    }

    fn query() -> impl Strategy<Value = String> {
        selector().prop_recursive(4, 24, 3, |inner| {
            prop_oneof![
                selector().prop_map(|s| format!("rate({s}[5m] offset 1m)")),
                inner
                    .clone()
                    .prop_map(|q| format!("sum by (namespace, a) ({q})")),
                inner
                    .clone()
                    .prop_map(|q| format!("quantile without (b) (0.9, {q})")),
                inner.clone().prop_map(|q| format!("-({q})")),
                inner
                    .clone()
                    .prop_map(|q| format!("max_over_time(({q})[1h:5m])")),
                inner
                    .clone()
                    .prop_map(|q| format!(r#"label_replace({q}, "namespace", "bank", "x", ".*")"#)),
                (inner.clone(), inner.clone()).prop_map(|(a, b)| format!("({a}) or ({b})")),
                (inner.clone(), inner)
                    .prop_map(|(a, b)| format!("({a}) / on (pod) group_left (b) ({b})")),
            ]
        })
    }

    proptest! {
        #[test]
        fn whatever_is_sent_has_the_matcher_in_every_selector(query in query()) {
            prop_assume!(parse(&query).is_ok());
            let namespaces = set(&["shop", "till"]);
            let text = within(&query, &namespaces).unwrap();
            let only = matcher(&namespaces).unwrap();
            let mut count = 0;
            let mut read = parse(&text).unwrap();
            each_selector(&mut read, &mut |selector| {
                count += 1;
                assert!(selector.matchers.matchers.contains(&only), "{text}");
            });
            let mut before = 0;
            each_selector(&mut parse(&query).unwrap(), &mut |_| before += 1);
            prop_assert_eq!(count, before);
        }
    }
}
