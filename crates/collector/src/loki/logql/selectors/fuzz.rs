//! Queries by the hundred thousand, right ones and broken ones: what is sent carries the matcher in
//! every selector, as a reader finds them that shares nothing with ours.

use super::tests::{only, plain_selectors};
use super::*;
use crate::drawn::{Dice, wanted};

const HELD: &str = "namespace=~\"shop|till\"";

const SELECTORS: &[&str] = &[
    "{}",
    "{app=\"a\"}",
    "{ app = `a` , }",
    "{app=\"a\",pod!~\"b.*\",}",
    "{namespace=\"shop\"}",
    "{namespace!=\"shop\"}",
    "{namespace=~\".*\"}",
    "{namespace!~\"shop|till\",app=\"}\"}",
    "{app=\"\\\"} or {namespace=\\\"bank\"}",
    "{app=`\"} or {namespace=\"bank`}",
    "{app=\"a\\u00e9\\x41\" # }\n}",
    "{k8s_namespace_name=\"shop\", app=\"{\"}",
];

const STAGES: &[&str] = &[
    "",
    "",
    " |= \"{x}\"",
    " != `}`",
    " |~ \"a|b\" !~ \"{\"",
    " |> \"<_> ok\"",
    " | json",
    " | logfmt | level=\"error\"",
    " | json | line_format \"{{.x}} }{\"",
    " | label_format namespace=pod",
    " | label_format namespace=\"shop\"",
    " | unwrap duration_seconds(x) | __error__=\"\"",
    " | d >= 5ms and e == 2 or f != 3",
    " # {namespace=\"shop\"}\n",
    " | decolorize | drop namespace",
];

/// What stands round a selector with its stages, and round that.
const ROUND: &[&str] = &[
    "sum(rate(L[5m]))",
    "sum by (namespace) (count_over_time(L[1m] offset 5m))",
    "quantile_over_time(0.99, L | unwrap x [5m]) by (pod)",
    "topk(3, sum without (pod) (bytes_rate(L[5m])))",
    "rate(L[5m]) / on (namespace) group_left () rate(L[5m])",
    "label_replace(rate(L[1m]), \"namespace\", \"bank\", \"pod\", \"(.*)\")",
    "(rate(L[1m]) or rate(L[1m])) unless rate(L[1m])",
    "absent_over_time(L[1m]) > bool 2 ^ -1",
    "vector(1) + sum(rate(L[1m]))",
    "L",
    "L",
];

const HOSTILE: &[&str] = &[
    "{",
    "}",
    "\"",
    "'",
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
    " or ",
    "{}",
    "{namespace=\"bank\"}",
    "namespace=\"bank\",",
    "}{",
    "\u{e9}",
    "\u{2028}",
    "\0",
    "|",
    "{{.x}}",
];

/// A query, and how many selectors it has.
fn drawn(dice: &mut Dice) -> (String, usize) {
    let (mut text, mut count) = (String::new(), 0);
    for (place, piece) in dice.one_of(ROUND).split('L').enumerate() {
        if place > 0 {
            count += 1;
            text.push_str(dice.one_of(SELECTORS));
            for _ in 0..dice.below(3) {
                text.push_str(dice.one_of(STAGES));
            }
        }
        text.push_str(piece);
    }
    (text, count)
}

#[test]
fn whoever_asks_whatever_every_selector_that_is_sent_carries_the_matcher() {
    let names = only(&["shop", "till"]);
    let (mut sent, mut refused, mut unread) = (0, 0, 0);
    for seed in 0..wanted() {
        let mut dice = Dice::new(seed);
        let (mut query, count) = drawn(&mut dice);
        let broken = dice.once_in(3);
        if broken {
            query = dice.spoilt(&query, HOSTILE);
        }
        let Ok(read) = Read::new(&query) else {
            assert!(broken, "{query} is right, and was not read");
            unread += 1;
            continue;
        };
        let Ok(held) = read.within("namespace", &names) else {
            assert!(broken, "{query} names nobody else's");
            refused += 1;
            continue;
        };
        let found = plain_selectors(&held.text);
        assert!(
            broken || found.len() == count,
            "{query} became {}",
            held.text
        );
        for selector in &found {
            let carries = selector.trim_end().ends_with(HELD);
            assert!(carries, "{query} became {}", held.text);
        }
        assert_eq!(held.inserted.len(), found.len(), "{query}");
        // Without what was put in it is what was asked.
        let mut back = held.text.clone();
        for &(at, length) in held.inserted.iter().rev() {
            back.replace_range(at..at + length, "");
        }
        assert_eq!(back, query);
        sent += 1;
    }
    println!("{sent} sent, {refused} refused, {unread} no LogQL");
    assert!(sent * 2 > wanted(), "only {sent} were sent");
}
