//! Queries by the hundred thousand, of people who want to see more than they may. What is sent
//! carries the matcher in every selector of its syntax tree, and is otherwise what was asked.

use super::*;
use crate::drawn::{Dice, wanted};

const NAMES: &[&str] = &["up", "wage", "x:y:rate5m", "calls_total"];

/// Words that mean something elsewhere.
const WORDS: &[&str] = &["on", "by", "offset", "bool", "sum", "rate", "and", "inf"];

const MATCHERS: &[&str] = &[
    "",
    "{}",
    "{job=\"a\",}",
    "{namespace=\"shop\"}",
    "{namespace!=\"shop\"}",
    "{namespace=~\".*\"}",
    "{namespace!~\"shop|till\"}",
    "{namespace=~\"(?i)SHOP\",namespace!=\"\"}",
    "{namespace=~\"shop|\"}",
    "{job=\"a\" or namespace=\"shop\"}",
    "{namespace=~\"b.*\" or job=~\".+\" or pod!=\"\"}",
    "{job=\"\\\"} or up{\"}",
    "{job='\\'} or up{'}",
    "{job=`a\"} or {namespace=\"bank`}",
    "{job=~\"a\\\\}|b\"}",
    "{ # namespace=\"shop\"}\n job=\"a\" }",
    "{\"dotted.name\"!=\"\"}",
    "{\"namespace\"=~\".*\"}",
    "{job=\"\u{e4}\u{1f600}\\u00e4\\x41\"}",
    "{__name__=~\".+\"}",
];

/// Selectors that name no metric before their braces.
const BARE: &[&str] = &[
    "{__name__=~\".+\"}",
    "{__name__!=\"\",namespace=~\".*\"}",
    "{namespace!=\"\"}",
    "{\"wage\"}",
    "{\"w\u{e4}ge\",job=\"a\"}",
    "{\"wage\",\"namespace\"=~\"b.*\"}",
    "{__name__=\"wage\" or namespace=\"shop\"}",
];

const TIMES: &[&str] = &[
    "",
    "",
    "",
    " offset 1m",
    " offset -1m",
    " @ 1767268800",
    " @ end()",
    " @ start() offset 30s",
];

const ROUND: &[&str] = &[
    "sum by (namespace) (E)",
    "sum(E) by (namespace, pod)",
    "max without (pod) (E)",
    "topk(3, E)",
    "quantile by (job) (0.9, E)",
    "topk(scalar(E), E)",
    "quantile(scalar(max(E)), E)",
    "count_values(\"namespace\", E)",
    "count_values by (namespace) (\"v\", E)",
    "label_replace(E, \"namespace\", \"bank\", \"pod\", \"(.*)\")",
    "label_replace(E, \"was\", \"$1\", \"namespace\", \"(.*)\")",
    "label_join(E, \"all\", \"/\", \"namespace\", \"pod\")",
    "max_over_time((E)[5m:1m])",
    "sum_over_time((E)[10m:] offset 1m)",
    "rate((E)[5m:30s] @ 1767268800)",
    "(E) or (E)",
    "(E) and on (pod) (E)",
    "(E) unless ignoring (namespace) (E)",
    "(E) / on (pod) group_left (namespace) (E)",
    "(E) * ignoring (job) group_right () (E)",
    "(E) > bool scalar(max(E))",
    "(E) ^ 2 ^ 0.5",
    "-(E)",
    "+E",
    "((E))",
    "absent(E)",
    "vector(scalar(E))",
    "histogram_quantile(0.9, E)",
    "clamp_max(E, scalar(E))",
    "sort_desc(E)",
    "(E) # {namespace=\"shop\"}\n",
    "time() - timestamp(E)",
    "E + E - 1",
];

/// What is put into texts to break them open.
const HOSTILE: &[&str] = &[
    "{",
    "{,}",
    "}",
    "\"",
    "'",
    "`",
    "\\",
    "#",
    "\n",
    ",",
    "(",
    ")",
    "[5m]",
    " or ",
    " or up",
    "{}",
    " and ",
    "namespace",
    "=~\".*\"",
    "namespace=\"bank\"",
    "{namespace=\"bank\"}",
    " @ 5",
    " offset 5m",
    "\0",
    "\u{2028}",
    "\u{feff}",
    "\u{a0}",
    "[5m:1m]",
    " by (x) ",
    "-",
    "1",
    "x{",
    "}y",
    "__name__",
];

fn leaf(dice: &mut Dice) -> String {
    let selector = if dice.once_in(5) {
        dice.one_of(BARE).to_owned()
    } else {
        let names = if dice.once_in(30) { WORDS } else { NAMES };
        format!("{}{}", dice.one_of(names), dice.one_of(MATCHERS))
    };
    let time = dice.one_of(TIMES);
    match dice.below(5) {
        0 => format!("rate({selector}[5m]{time})"),
        1 => format!("max_over_time({selector}[5m]{time})"),
        2 => format!("absent_over_time({selector}[5m]{time})"),
        _ => format!("{selector}{time}"),
    }
}

fn drawn(dice: &mut Dice, depth: usize) -> String {
    if depth == 0 || dice.once_in(6) {
        return leaf(dice);
    }
    let mut text = String::new();
    for (place, piece) in dice.one_of(ROUND).split('E').enumerate() {
        if place > 0 {
            text.push_str(&drawn(dice, depth - 1));
        }
        text.push_str(piece);
    }
    text
}

/// What the tree says of itself: each selector of it has this name there, and nothing that is
/// drawn has it.
fn selectors_told(expression: &Expr) -> usize {
    format!("{expression:?}")
        .matches("VectorSelector { name")
        .count()
}

/// Takes one matcher out of every selector, once out of every group.
fn let_go(expression: &mut Expr, only: &Matcher) {
    each_selector(expression, &mut |selector| {
        let matchers = &mut selector.matchers;
        let plain = matchers.or_matchers.is_empty();
        let groups = matchers.or_matchers.iter_mut();
        for group in groups.chain(plain.then_some(&mut matchers.matchers)) {
            let at = group.iter().rposition(|matcher| matcher == only);
            group.remove(at.expect("every group carries the matcher"));
        }
    });
}

#[test]
fn whoever_asks_whatever_every_selector_that_is_sent_carries_the_matcher() {
    let namespaces: BTreeSet<String> = ["shop", "till"].map(ToOwned::to_owned).into();
    let only = matcher(&namespaces).unwrap();
    let (mut sent, mut refused, mut unread, mut selectors) = (0, 0, 0, 0);
    for seed in 0..wanted() {
        let mut dice = Dice::new(seed);
        let depth = dice.below(4);
        let mut query = drawn(&mut dice, depth);
        if dice.once_in(3) {
            query = dice.spoilt(&query, HOSTILE);
        }
        let Ok(mut asked) = parse(&query) else {
            assert!(within(&query, &namespaces).is_err(), "{query}");
            unread += 1;
            if unread < 20 {
                println!("no PromQL: {query}");
            }
            continue;
        };
        let text = match within(&query, &namespaces) {
            Ok(text) => text,
            Err(failure) => {
                // Only what names a namespace of others is refused, and what the tree can't be
                // written down as.
                let names = query.contains("namespace");
                assert!(failure.kind == GapKind::Refused || names, "{query}");
                refused += 1;
                continue;
            }
        };
        let mut read = parse(&text).unwrap();
        let mut count = 0;
        each_selector(&mut read, &mut |selector| {
            count += 1;
            let matchers = &selector.matchers;
            let held = if matchers.or_matchers.is_empty() {
                matchers.matchers.contains(&only)
            } else {
                matchers.or_matchers.iter().all(|g| g.contains(&only))
            };
            assert!(held, "{query} became {text}");
        });
        assert_eq!(count, selectors_told(&read), "{query} became {text}");
        let_go(&mut read, &only);
        name_plainly(&mut asked);
        assert_eq!(read.to_string(), asked.to_string(), "{query} became {text}");
        sent += 1;
        selectors += count;
    }
    println!("{sent} sent with {selectors} selectors, {refused} refused, {unread} no PromQL");
    assert!(sent * 2 > wanted(), "only {sent} were sent");
    assert!(refused * 10 < wanted(), "{refused} were refused");
}
