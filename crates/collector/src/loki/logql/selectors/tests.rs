use proptest::prelude::*;

use super::*;

pub(super) fn only(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|&name| name.to_owned()).collect()
}

fn within(query: &str) -> Result<String, String> {
    let read = Read::new(query)?;
    let held = read.within("namespace", &only(&["shop", "till"]));
    held.map(|held| held.text).map_err(|failure| failure.detail)
}

#[test]
fn every_selector_gets_the_matcher_wherever_it_stands() {
    for (query, expected) in [
        (r#"{app="a"}"#, r#"{app="a", namespace=~"shop|till"}"#),
        (r"{}", r#"{namespace=~"shop|till"}"#),
        (
            "{ app = `a` , } |= \"{x}\"",
            "{ app = `a` , namespace=~\"shop|till\"} |= \"{x}\"",
        ),
        (
            r#"sum(rate({a="b"}[5m])) / sum by (x) (count_over_time({c!~"d"} | json | line_format "{{.x}}" [1m] offset 5m))"#,
            r#"sum(rate({a="b", namespace=~"shop|till"}[5m])) / sum by (x) (count_over_time({c!~"d", namespace=~"shop|till"} | json | line_format "{{.x}}" [1m] offset 5m))"#,
        ),
        (
            r#"{namespace="shop"} # {namespace="bank"}"#,
            r#"{namespace="shop", namespace=~"shop|till"} # {namespace="bank"}"#,
        ),
        ("vector(1)", "vector(1)"),
        (
            r#"{a="b"} |~ "x|y" !~ `z` |> "<_> ok" !> "<_> no" | label_format c=d | d >= 5ms and e == 2 or f != 3"#,
            r#"{a="b", namespace=~"shop|till"} |~ "x|y" !~ `z` |> "<_> ok" !> "<_> no" | label_format c=d | d >= 5ms and e == 2 or f != 3"#,
        ),
        (
            r#"topk(3, sum without (pod) (quantile_over_time(0.99, {a="b"} | unwrap duration_seconds(x) | __error__="" [5m:1m] @ 100))) > bool 2 ^ -1"#,
            r#"topk(3, sum without (pod) (quantile_over_time(0.99, {a="b", namespace=~"shop|till"} | unwrap duration_seconds(x) | __error__="" [5m:1m] @ 100))) > bool 2 ^ -1"#,
        ),
    ] {
        assert_eq!(within(query).as_deref(), Ok(expected), "{query}");
    }
}

#[test]
fn a_namespace_of_others_is_refused_and_excluding_ones_own_shows_no_other() {
    let refused = within(r#"{namespace="bank"}"#).unwrap_err();
    assert!(refused.contains("\"bank\""), "{refused}");
    assert_eq!(
        within(r#"{namespace!="shop"}"#).as_deref(),
        Ok(r#"{namespace!="shop", namespace=~"shop|till"}"#)
    );
}

/// Texts that try to be read in two ways.
const HOSTILE: &[&str] = &[
    "{app=\"a\"} // {namespace=\"shop\"}",
    "{app=\"a\" /* } */ }",
    "{app='a'}",
    "{app=\"a\\\"}",
    "{app=\"\\z\"}",
    "{app=\"a\n\"}",
    "{app=\"a\"} | line_format '{{.x}}'",
    "{app=\"a\"}}{b=\"c\"}",
    "{{app=\"a\"}}",
    "{app=\"a\" or namespace=\"bank\"}",
    "{app==\"a\"}",
    "{\"app\"=\"a\"}",
    "{app=\"a\" namespace=\"bank\"}",
    "{app=\u{201c}a\u{201d}}",
    "{,}",
    "{app=}",
    "{app",
    "`{`}",
    "{a=\"b\"} \u{2028}",
    "{é=\"b\"}",
];

#[test]
fn what_can_be_read_in_two_ways_is_not_read_at_all() {
    for query in HOSTILE {
        assert!(within(query).is_err(), "{query}: {:?}", within(query));
    }
}

#[test]
fn a_place_is_told_as_a_line_and_a_column() {
    let unread = Read::new("{a=\"é\"}\n | ;").unwrap_err();
    assert!(
        unread.starts_with("parse error at line 2, col 4:"),
        "{unread}"
    );
}

#[test]
fn namespaces_are_known_where_every_selector_names_one() {
    let named = |query| {
        Read::new(query)
            .unwrap()
            .named(&["namespace", "k8s_namespace_name"])
    };
    assert_eq!(named(r#"{namespace="shop"}"#), Some(only(&["shop"])));
    assert_eq!(
        named(r#"rate({namespace="shop"}[1m]) / rate({k8s_namespace_name="till"}[1m])"#),
        Some(only(&["shop", "till"]))
    );
    assert_eq!(named(r#"{namespace=~"shop"}"#), None);
    assert_eq!(
        named(r#"rate({namespace="shop"}[1m]) / rate({a="b"}[1m])"#),
        None
    );
}

/// Pieces of queries, right and wrong ones.
fn piece() -> impl Strategy<Value = String> {
    let fixed = prop::sample::select(vec![
        "{",
        "}",
        "{app=\"a\"}",
        "{namespace=\"bank\"}",
        "\"",
        "`",
        "\\",
        "#",
        "\n",
        "//",
        "/*",
        "*/",
        ",",
        "=",
        "=~",
        "!=",
        "or",
        "namespace",
        "|=",
        "|",
        "json",
        "[5m]",
        "sum(",
        ")",
        "rate(",
        " ",
        "'",
        "{{.x}}",
        "\\\"",
        "é",
        "{app=`a`}",
        "{namespace!=\"shop\"}",
    ]);
    prop_oneof![fixed.prop_map(str::to_owned), "[ -~]{0,6}"]
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20_000))]

    /// Whatever is let through carries the matcher in every selector, as the real grammar reads
    /// it: braces outside of literals and comments, found by a reader that shares nothing with
    /// the one above.
    #[test]
    fn no_query_leaves_its_namespaces(pieces in prop::collection::vec(piece(), 0..12)) {
        let query = pieces.concat();
        if let Ok(text) = within(&query) {
            for selector in plain_selectors(&text) {
                prop_assert!(
                    selector.trim_end().ends_with("namespace=~\"shop|till\""),
                    "{query} became {text}"
                );
            }
        }
    }
}

/// What stands between braces, by a scanner as plain as can be: literals, `#`, `//` and `/* */` as
/// Go's scanner takes them.
pub(super) fn plain_selectors(text: &str) -> Vec<String> {
    let (mut found, mut inside) = (Vec::new(), None::<String>);
    let mut chars = text.chars().peekable();
    while let Some(c) = chars.next() {
        let mut taken = String::from(c);
        match c {
            '"' => loop {
                match chars.next() {
                    Some('\\') => {
                        taken.push('\\');
                        taken.extend(chars.next());
                    }
                    Some(c) => {
                        taken.push(c);
                        if c == '"' {
                            break;
                        }
                    }
                    None => break,
                }
            },
            '`' => {
                for c in chars.by_ref() {
                    taken.push(c);
                    if c == '`' {
                        break;
                    }
                }
            }
            '#' => while chars.next_if(|c| *c != '\n').is_some() {},
            '/' if chars.peek() == Some(&'/') => while chars.next_if(|c| *c != '\n').is_some() {},
            '/' if chars.peek() == Some(&'*') => {
                let mut before = ' ';
                for c in chars.by_ref() {
                    if before == '*' && c == '/' {
                        break;
                    }
                    before = c;
                }
            }
            '{' => {
                inside = Some(String::new());
                continue;
            }
            '}' => {
                found.push(inside.take().unwrap_or_default());
                continue;
            }
            _ => {}
        }
        if let Some(inside) = &mut inside {
            inside.push_str(&taken);
        }
    }
    found.extend(inside);
    found
}
