//! Queries put together at random, from a seed: what nobody thought of writing down.
//!
//! Functions that blow up the last digits of a float (`%`, `floor` and comparisons of computed
//! values) are left to the written queries: both sides may be right and differ.

use rand::rngs::SmallRng;
use rand::seq::IndexedRandom;
use rand::{Rng, SeedableRng};

/// This many queries, always the same ones.
pub(super) fn queries(count: usize) -> Vec<String> {
    let mut rng = SmallRng::seed_from_u64(8);
    (0..count).map(|_| vector(&mut rng, 3)).collect()
}

/// An instant vector expression.
fn vector(rng: &mut SmallRng, depth: u32) -> String {
    if depth == 0 {
        return selector(rng) + modifier(rng);
    }
    match rng.random_range(0..10) {
        0 => selector(rng) + modifier(rng),
        1 | 2 => window(rng, depth),
        3 | 4 => aggregation(rng, depth),
        5 | 6 => arithmetic(rng, depth),
        7 => set(rng, depth),
        8 => call(rng, depth),
        _ => format!("({})", vector(rng, depth - 1)),
    }
}

fn pick<'a>(rng: &mut SmallRng, choices: &[&'a str]) -> &'a str {
    choices.choose(rng).copied().unwrap_or_default()
}

fn selector(rng: &mut SmallRng) -> String {
    let names = [
        "up",
        "memory_bytes",
        "temperature_celsius",
        "http_requests_total",
        "interrupted",
        "instance_info",
        "tied",
    ];
    let matchers = [
        "",
        "",
        "",
        "{job=\"api\"}",
        "{instance=~\"api-[12]\"}",
        "{job!=\"web\"}",
        "{code=~\"5..|\"}",
    ];
    format!("{}{}", pick(rng, &names), pick(rng, &matchers))
}

fn modifier(rng: &mut SmallRng) -> &'static str {
    let modifiers = [
        "",
        "",
        "",
        "",
        " offset 7m",
        " offset -3m",
        " @ 1700011111",
        " @ start()",
        " @ end() offset 11m",
    ];
    pick(rng, &modifiers)
}

fn window(rng: &mut SmallRng, depth: u32) -> String {
    let functions = [
        "rate",
        "increase",
        "delta",
        "irate",
        "idelta",
        "changes",
        "resets",
        "avg_over_time",
        "min_over_time",
        "max_over_time",
        "sum_over_time",
        "count_over_time",
        "last_over_time",
        "present_over_time",
    ];
    let function = pick(rng, &functions);
    let inner = if rng.random_ratio(2, 3) {
        let range = pick(rng, &["[1m]", "[5m]", "[17m]", "[1h]"]);
        selector(rng) + range
    } else {
        let range = pick(rng, &["[10m:1m]", "[23m:4m]", "[5m:]", "[7m:37s]"]);
        format!("({}){range}", vector(rng, depth - 1))
    };
    format!("{function}({inner}{})", modifier(rng))
}

fn aggregation(rng: &mut SmallRng, depth: u32) -> String {
    let operator = pick(
        rng,
        &[
            "sum", "avg", "min", "max", "count", "group", "quantile", "topk", "bottomk",
        ],
    );
    let parameter = match operator {
        "quantile" => pick(rng, &["0.5, ", "0.9, ", "0, "]),
        "topk" | "bottomk" => pick(rng, &["1, ", "2, ", "5, "]),
        _ => "",
    };
    let grouping = pick(
        rng,
        &[
            "",
            " by (job)",
            " by (instance, kind)",
            " without (code, method)",
            " without ()",
            " by ()",
        ],
    );
    // Which of two equal elements stays depends on the order of the input, which is not defined
    // for computed ones.
    let inner = if parameter.len() == 3 {
        selector(rng)
    } else {
        vector(rng, depth - 1)
    };
    format!("{operator}{grouping}({parameter}{inner})")
}

fn arithmetic(rng: &mut SmallRng, depth: u32) -> String {
    let operator = pick(rng, &["+", "-", "*", "/"]);
    let left = vector(rng, depth - 1);
    if rng.random_ratio(1, 3) {
        let number = pick(rng, &["2", "-0.5", "1e3", "scalar(constant)", "time()"]);
        return format!("({left}) {operator} {number}");
    }
    let matching = [
        "",
        " on (instance)",
        " on (instance, job)",
        " ignoring (code, method)",
        " on (job)",
        " ignoring (job, kind)",
        " on (instance) group_left ()",
        " on (instance) group_left (node)",
        " on (instance) group_right (job)",
        " ignoring (code, method) group_left",
        " on () group_left",
    ];
    let right = vector(rng, depth - 1);
    format!("({left}) {operator}{} ({right})", pick(rng, &matching))
}

fn set(rng: &mut SmallRng, depth: u32) -> String {
    let operator = pick(rng, &["and", "or", "unless"]);
    let matching = pick(
        rng,
        &[
            "",
            " on (job)",
            " on (instance)",
            " ignoring (code, method, kind)",
            " on ()",
        ],
    );
    let (left, right) = (vector(rng, depth - 1), vector(rng, depth - 1));
    format!("({left}) {operator}{matching} ({right})")
}

fn call(rng: &mut SmallRng, depth: u32) -> String {
    let inner = vector(rng, depth - 1);
    match rng.random_range(0..8) {
        0 => format!("abs({inner})"),
        1 => format!("-({inner})"),
        2 => format!("clamp({inner}, -10, 1e6)"),
        3 => format!("absent({inner})"),
        4 => format!("vector(scalar({inner}))"),
        5 => format!("label_replace({inner}, \"node\", \"$1\", \"instance\", \"(.*)-.*\")"),
        6 => format!("label_join({inner}, \"instance\", \"/\", \"job\", \"kind\")"),
        _ => format!("timestamp(({inner}) + 0)"),
    }
}
