//! The cases by which prom-label-proxy holds its own rewriting (`injectproxy/enforce_test.go`, as
//! of its commit 0664164), put to ours. Where it refuses whatever can't match, ours refuses only a
//! namespace that is named and not one's own, and narrows the rest: nothing is replaced, so what
//! comes back is what both, the query and the rights, let through.

use super::*;

fn set(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn held(query: &str) -> Result<String, GapKind> {
    within(query, &set(&["ns"])).map_err(|failure| failure.kind)
}

#[test]
fn every_kind_of_expression_is_held() {
    for (query, expected) in [
        (
            r#"round(metric1{label="baz"},3)"#,
            r#"round(metric1{label="baz",namespace="ns"}, 3)"#,
        ),
        (
            r#"sum by (pod) (metric1{label="baz"})"#,
            r#"sum by (pod) (metric1{label="baz",namespace="ns"})"#,
        ),
        (
            r#"metric1{} + sum by (pod) (metric2{label="baz"})"#,
            r#"metric1{namespace="ns"} + sum by (pod) (metric2{label="baz",namespace="ns"})"#,
        ),
        (
            r#"metric1{} + on(pod,namespace) sum by (pod) (metric2{label="baz"})"#,
            r#"metric1{namespace="ns"} + on (pod, namespace) sum by (pod) (metric2{label="baz",namespace="ns"})"#,
        ),
        (
            "metric_a + fill(0) metric_b",
            r#"metric_a{namespace="ns"} + fill (0) metric_b{namespace="ns"}"#,
        ),
    ] {
        assert_eq!(held(query).as_deref(), Ok(expected), "{query}");
    }
}

#[test]
fn a_namespace_of_others_is_refused_in_every_kind_of_expression() {
    for query in [
        r#"round(metric1{label="baz",pod="POD",namespace="bar"},3)"#,
        r#"sum by (pod) (metric1{label="baz",pod="foo",namespace="bar"})"#,
        r#"metric1{pod="baz"} + sum by (pod) (metric2{label="baz",pod="foo",namespace="bar"})"#,
        r#"metric1{pod="baz"} + on (pod,namespace) sum by (pod) (metric2{label="baz",namespace="bar"})"#,
    ] {
        assert_eq!(held(query), Err(GapKind::Forbidden), "{query}");
    }
}

#[test]
fn ones_own_namespace_may_be_named_in_every_kind_of_expression() {
    for (query, selectors) in [
        (r#"round(metric1{label="baz",namespace="ns"},3)"#, 1),
        (r#"sum by (pod) (metric1{label="baz",namespace="ns"})"#, 1),
        (
            r#"metric1{pod="POD"} + sum by (pod) (metric2{label="baz",namespace="ns"})"#,
            2,
        ),
        (
            r#"metric1{pod="POD"} + on (pod,namespace) sum by (pod) (metric2{namespace="ns"})"#,
            2,
        ),
    ] {
        let text = held(query).unwrap();
        let mut count = 0;
        each_selector(&mut parse(&text).unwrap(), &mut |selector| {
            count += 1;
            let matchers = selector.matchers.find_matchers(LABEL);
            let own = |m: &Matcher| m.op == MatchOp::Equal && m.value == "ns";
            assert!(!matchers.is_empty() && matchers.iter().all(own), "{text}");
        });
        assert_eq!(count, selectors, "{text}");
    }
}

#[test]
fn what_is_no_promql_is_not_sent() {
    for query in [
        r#"metric1{pod="baz""#,
        "rate(metric[5m * 2])",
        "metric anchored",
    ] {
        assert_eq!(held(query), Err(GapKind::Refused), "{query}");
    }
}

/// Every matcher of the proxy's table.
const MATCHERS: &[&str] = &[
    "",
    r#"job="""#,
    r#"job="foo""#,
    r#"job="bar""#,
    r#"job="fred""#,
    r#"job="foo",job="foo""#,
    r#"job!="""#,
    r#"job!="foo""#,
    r#"job!="bar""#,
    r#"job!="fred""#,
    r#"job=~"""#,
    r#"job=~"foo""#,
    r#"job=~"bar""#,
    r#"job=~"fred""#,
    r#"job=~"foo|fred""#,
    r#"job=~"foo|bar""#,
    r#"job!~"""#,
    r#"job!~"foo""#,
    r#"job!~"bar""#,
    r#"job!~"fred""#,
    r#"job!~"foo|fred""#,
    r#"job!~"foo|bar""#,
    r#"job!~"foo.*""#,
];

/// Whether a series of a namespace (none where it is empty) is selected.
fn selects(query: &str, namespace: &str) -> bool {
    let Ok(Expr::VectorSelector(selector)) = parse(query) else {
        panic!("{query} is no selector");
    };
    let matchers = selector.matchers.find_matchers(LABEL);
    matchers.iter().all(|matcher| matcher.is_match(namespace))
}

#[test]
fn whatever_a_selector_says_of_namespaces_it_selects_what_it_says_of_ones_own() {
    for own in [&["foo"][..], &["bar", "foo"]] {
        let names = set(own);
        for matchers in MATCHERS {
            // The label that the proxy was told to enforce is another; ours has one.
            let query = format!("up{{{}}}", matchers.replace("job", LABEL));
            let named = matchers
                .strip_prefix("job=\"")
                .map(|rest| &rest[..rest.len() - 1]);
            let named = named.map(|value| value.split('"').next().unwrap_or_default());
            match within(&query, &names) {
                Ok(text) => {
                    assert!(named.is_none_or(|name| names.contains(name)), "{query}");
                    for namespace in ["", "foo", "bar", "fred", "foobar"] {
                        let expected = names.contains(namespace) && selects(&query, namespace);
                        assert_eq!(selects(&text, namespace), expected, "{text}: {namespace:?}");
                    }
                }
                Err(failure) => {
                    assert_eq!(failure.kind, GapKind::Forbidden, "{query}");
                    assert!(named.is_some_and(|name| !names.contains(name)), "{query}");
                }
            }
        }
    }
}

#[test]
fn a_name_that_is_a_pattern_or_no_name_holds_to_nothing_rather_than_to_more() {
    for (names, expected) in [
        (&["default", "some|thing"][..], r#"up{namespace="default"}"#),
        (&["some|thing"], r#"up{namespace="-"}"#),
        (&[".+-monitoring"], r#"up{namespace="-"}"#),
        (&["", "default"], r#"up{namespace="default"}"#),
        (&[], r#"up{namespace="-"}"#),
    ] {
        assert_eq!(within("up", &set(names)).as_deref(), Ok(expected));
    }
}
