//! Queries, drawn from the grammar.

use super::data::{END, START};
use super::text::{Both, Grouping};

/// Random numbers that are the same for the same seed: xorshift64*, Vigna 2014.
pub(crate) struct Dice(u64);

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        let mut dice = Self((seed + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1);
        for _ in 0..8 {
            dice.next();
        }
        dice
    }

    fn next(&mut self) -> u64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        self.0.wrapping_mul(0x2545_f491_4f6c_dd1d)
    }

    pub(crate) fn fraction(&mut self) -> f64 {
        (self.next() >> 11) as f64 / (1_u64 << 53) as f64
    }

    pub(crate) fn below(&mut self, most: usize) -> usize {
        (self.fraction() * most as f64) as usize
    }

    pub(crate) fn one_of<'a, T: ?Sized>(&mut self, all: &[&'a T]) -> &'a T {
        all[self.below(all.len())]
    }

    pub(crate) fn chance(&mut self, of: f64) -> bool {
        self.fraction() < of
    }
}

/// A query and when it is asked.
#[derive(Debug)]
pub(crate) struct Question {
    pub(crate) text: Both,
    /// Whether the clusters' parts have to be put together.
    pub(crate) combined: bool,
    /// What gives something where the outermost picks among equals, if it picks.
    pub(crate) picks: Option<String>,
    pub(crate) at: f64,
    pub(crate) range: Option<(i64, i64, i64)>,
}

pub(crate) fn question(dice: &mut Dice) -> Question {
    let (text, combined, picks) = match dice.below(10) {
        0..=3 => {
            let (text, picks) = outermost(dice);
            (text, true, picks)
        }
        4 => (sorted(dice), false, None),
        _ => (vector(dice, 3), false, None),
    };
    let at = START as f64 + dice.fraction() * (END - START) as f64;
    let range = dice.chance(0.5).then(|| {
        let start = START + (dice.fraction() * 1_800.0) as i64;
        (
            start,
            start + 300 + dice.below(1_200) as i64,
            15 + dice.below(90) as i64,
        )
    });
    Question {
        text,
        combined,
        picks,
        at: (at * 1000.0).round() / 1000.0,
        range,
    }
}

/// An aggregation that stands outermost drops the cluster where nobody names it. Which of equal
/// series it picks is nobody's to say; what finds such equals is told beside it.
fn outermost(dice: &mut Dice) -> (Both, Option<String>) {
    let inner = vector(dice, 2);
    let op = dice.one_of(&[
        "sum", "sum", "min", "max", "count", "avg", "avg", "topk", "bottomk",
    ]);
    let group = dice.one_of(&[
        "",
        "by (job)",
        "by (job, zone)",
        "without (pod, cluster)",
        "without (cluster)",
        "by (cluster)",
        "by (job, cluster)",
        "without (pod)",
    ]);
    let count = 1 + dice.below(4);
    let mut picks = None;
    let text = if op == "topk" || op == "bottomk" {
        picks = Some(Grouping::read(group).equals(op, count, &inner.sure.kept));
        inner.map(|inner| format!("{op} {group} ({count}, {inner})"))
    } else {
        inner.map(|inner| format!("{op} {group} ({inner})"))
    };
    let text = if dice.chance(0.1) {
        text.map(|text| format!("sort_desc({text})"))
    } else if dice.chance(0.1) {
        text.map(|text| format!("({text})"))
    } else {
        text
    };
    (text, picks)
}

fn sorted(dice: &mut Dice) -> Both {
    let function = dice.one_of(&["sort", "sort_desc"]);
    vector(dice, 2).map(|inner| format!("{function}({inner})"))
}

fn vector(dice: &mut Dice, depth: usize) -> Both {
    if depth == 0 {
        return leaf(dice);
    }
    match dice.below(24) {
        0..=4 => leaf(dice),
        5..=9 => grouped(dice, depth - 1),
        10..=13 => with_number(dice, depth - 1),
        14..=16 => matched(dice, depth - 1),
        17..=18 => {
            let function =
                dice.one_of(&["abs", "ceil", "floor", "exp", "sqrt", "-", "sgn", "round"]);
            vector(dice, depth - 1).map(|inner| match function {
                "exp" => format!("exp(({inner}) / 1000)"),
                "-" => format!("-({inner})"),
                _ => format!("{function}({inner})"),
            })
        }
        19 => subquery(dice, depth - 1),
        20 => quantile(dice),
        21 => vector(dice, depth - 1)
            .map(|inner| format!("label_replace({inner}, \"side\", \"s-$1\", \"job\", \"(.).*\")")),
        22 => vector(dice, depth - 1).map(|inner| format!("clamp_max({inner}, 71.3)")),
        _ => across(dice, depth - 1),
    }
}

fn selector(dice: &mut Dice) -> String {
    let metric = dice.one_of(&["temp", "load", "work_total"]);
    let matchers = dice.one_of(&[
        "",
        "",
        "{job=\"api\"}",
        "{job!=\"db\"}",
        "{pod=~\".+-[01]\"}",
        "{zone=\"a\",job=~\"api|web\"}",
        "{cluster=\"east\"}",
        "{cluster!=\"west\"}",
        "{cluster=~\"east|w.*\",zone=\"a\"}",
        "{job!~\"w.*\"}",
    ]);
    format!("{metric}{matchers}")
}

fn suffix(dice: &mut Dice) -> &'static str {
    dice.one_of(&[
        "",
        "",
        "",
        "",
        " offset 1m",
        " offset 5m30s",
        " @ 1767270000",
        " @ start()",
        " @ end()",
    ])
}

fn leaf(dice: &mut Dice) -> Both {
    let (selector, suffix) = (selector(dice), suffix(dice));
    if dice.chance(0.4) {
        return Both::same(format!("{selector}{suffix}"));
    }
    let length = dice.one_of(&["1m", "2m", "5m", "7m30s"]);
    let function = dice.one_of(&[
        "rate",
        "increase",
        "delta",
        "irate",
        "avg_over_time",
        "max_over_time",
        "min_over_time",
        "sum_over_time",
        "count_over_time",
        "last_over_time",
        "stddev_over_time",
        "changes",
        "resets",
        "deriv",
        "present_over_time",
    ]);
    Both::same(format!("{function}({selector}[{length}]{suffix})"))
}

/// An aggregation inside keeps the cluster, said or not.
fn grouped(dice: &mut Dice, depth: usize) -> Both {
    let inner = vector(dice, depth);
    let op = dice.one_of(&[
        "sum", "avg", "min", "max", "count", "stddev", "group", "quantile", "topk",
    ]);
    let (plain, kept) = match dice.below(5) {
        0 => ("", "by (cluster)"),
        1 => ("by (job)", "by (job, cluster)"),
        2 => ("by (zone, job)", "by (zone, job, cluster)"),
        3 => ("by (cluster, zone)", "by (cluster, zone)"),
        _ => ("without (pod)", "without (pod)"),
    };
    if op == "topk" {
        let groups = [plain, kept].map(Grouping::read);
        return inner.picked(&groups, 2);
    }
    let parameter = if op == "quantile" { "0.7, " } else { "" };
    // So that the aggregation is never the outermost.
    inner.each(
        |inner| format!("({op} {plain} ({parameter}{inner})) * 1"),
        |inner| format!("({op} {kept} ({parameter}{inner})) * 1"),
    )
}

fn with_number(dice: &mut Dice, depth: usize) -> Both {
    let op = dice.one_of(&["+", "-", "*", "/", "%", ">", "<", ">= bool", "!= bool"]);
    let number = dice.one_of(&["37.31", "2", "-1.5", "time() / 1e8", "0.25"]);
    let inner = vector(dice, depth);
    if dice.chance(0.8) {
        inner.map(|inner| format!("({inner}) {op} {number}"))
    } else {
        inner.map(|inner| format!("{number} {op} ({inner})"))
    }
}

fn matched(dice: &mut Dice, depth: usize) -> Both {
    if dice.chance(0.5) {
        let op = dice.one_of(&["and", "or", "unless"]);
        let (left, right) = (vector(dice, depth), vector(dice, depth));
        if op != "or" && dice.chance(0.4) {
            return left.pair(
                &right,
                |left, right| format!("({left}) {op} on (job) ({right})"),
                |left, right| format!("({left}) {op} on (job, cluster) ({right})"),
            );
        }
        return left.join(&right, |left, right| format!("({left}) {op} ({right})"));
    }
    let op = dice.one_of(&["+", "-", "*", "/", "> bool"]);
    let form = dice.below(3);
    let (one, two) = (leaf(dice), leaf(dice));
    match form {
        0 => one.join(&two, |a, b| format!("({a}) {op} ({b})")),
        1 => one.pair(
            &two,
            |a, b| format!("sum by (job) ({a}) {op} sum by (job) ({b})"),
            |a, b| format!("sum by (job, cluster) ({a}) {op} sum by (job, cluster) ({b})"),
        ),
        _ => one.pair(
            &two,
            |a, b| format!("({a}) {op} on (job) group_left () max by (job) ({b})"),
            |a, b| {
                format!("({a}) {op} on (job, cluster) group_left () max by (job, cluster) ({b})")
            },
        ),
    }
}

fn subquery(dice: &mut Dice, depth: usize) -> Both {
    let function = dice.one_of(&[
        "max_over_time",
        "avg_over_time",
        "min_over_time",
        "count_over_time",
    ]);
    let range = dice.one_of(&["10m:1m", "5m:30s", "3m:20s"]);
    let suffix = dice.one_of(&["", "", " offset 1m"]);
    let text = vector(dice, depth);
    // What was equal at one of the subquery's instants is in its answer.
    text.map(|inner| format!("{function}(({inner})[{range}]{suffix})"))
        .found(|equals| format!("count_over_time(({equals})[{range}]{suffix})"))
}

fn quantile(dice: &mut Dice) -> Both {
    let at = dice.one_of(&["0.5", "0.9", "0.99"]);
    let rate = "rate(took_bucket[5m])";
    match dice.below(3) {
        0 => Both::same(format!("histogram_quantile({at}, {rate})")),
        1 => Both::two(
            format!("histogram_quantile({at}, sum by (le) ({rate}))"),
            format!("histogram_quantile({at}, sum by (le, cluster) ({rate}))"),
        ),
        _ => Both::two(
            format!("histogram_quantile({at}, sum by (le, job) ({rate}))"),
            format!("histogram_quantile({at}, sum by (le, job, cluster) ({rate}))"),
        ),
    }
}

/// What would need several clusters at once.
fn across(dice: &mut Dice, depth: usize) -> Both {
    let inner = vector(dice, depth);
    match dice.below(6) {
        0 => inner.map(|inner| format!("scalar({inner}) + temp")),
        1 => inner.map(|inner| format!("absent({inner})")),
        2 => inner.map(|inner| format!("sum without (cluster) ({inner}) + 1")),
        3 => inner.map(|inner| format!("({inner}) or vector(0)")),
        4 => inner.map(|inner| format!("({inner}) / ignoring (cluster) temp")),
        _ => inner.map(|inner| format!("topk(scalar(load), {inner})")),
    }
}
