//! Whether an expression can be evaluated in each cluster alone, and what it means over all.

use promql_parser::label::Labels;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{AggregateExpr, BinaryExpr, Call, Expr, LabelModifier, StringLiteral};

use super::CLUSTER;
use crate::prometheus::within::{each_selector, parts};

/// Where the value of an expression comes from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Reach {
    /// From no series: it is the same everywhere.
    Nowhere,
    /// From series of clusters.
    Clusters,
}

/// Of functions that take the time where they get nothing, and of `vector`.
const OF_NO_SERIES: &str = "a vector that is made of no series belongs to no cluster";

/// Where the value comes from; the reason where it would need several clusters at once.
pub(super) fn reach(expression: &Expr) -> Result<Reach, String> {
    match expression {
        Expr::VectorSelector(_) | Expr::MatrixSelector(_) => Ok(Reach::Clusters),
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) => Ok(Reach::Nowhere),
        Expr::Paren(paren) => reach(&paren.expr),
        Expr::Unary(unary) => reach(&unary.expr),
        Expr::Subquery(subquery) => reach(&subquery.expr),
        Expr::Aggregate(aggregate) => of_aggregate(aggregate),
        Expr::Binary(binary) => of_binary(binary),
        Expr::Call(call) => of_call(call),
        Expr::Extension(_) => Err("the query holds what is no PromQL".to_owned()),
    }
}

fn of_aggregate(aggregate: &AggregateExpr) -> Result<Reach, String> {
    if let Some(LabelModifier::Exclude(without)) = &aggregate.modifier
        && names(without)
    {
        let op = aggregate.op;
        return Err(format!(
            "{op} without (cluster) is put together over clusters only where it stands outermost: \
             leave cluster out of it there"
        ));
    }
    inside(aggregate)?;
    reach(&aggregate.expr)
}

/// What an aggregation's parameter may be, wherever it stands.
pub(super) fn inside(aggregate: &AggregateExpr) -> Result<(), String> {
    let Some(param) = aggregate.param.as_deref() else {
        return Ok(());
    };
    if is_cluster(param) {
        return Err("count_values can't write into the label cluster".to_owned());
    }
    match reach(param)? {
        Reach::Nowhere => Ok(()),
        Reach::Clusters => Err(format!(
            "the number that {} takes has to be the same in each cluster",
            aggregate.op
        )),
    }
}

fn of_binary(binary: &BinaryExpr) -> Result<Reach, String> {
    let (left, right) = (reach(&binary.lhs)?, reach(&binary.rhs)?);
    let vectors = [&binary.lhs, &binary.rhs].map(|side| side.value_type() == ValueType::Vector);
    if left != right {
        let made = usize::from(left != Reach::Nowhere);
        if vectors[0] && vectors[1] && vectors[made] {
            return Err(format!(
                "{OF_NO_SERIES}, so it can't be matched with series of each: compare with a plain \
                 number"
            ));
        }
        return Ok(Reach::Clusters);
    }
    if let Some(modifier) = &binary.modifier {
        let ignored = |m: &LabelModifier| matches!(m, LabelModifier::Exclude(l) if names(l));
        if modifier.matching.as_ref().is_some_and(ignored) {
            return Err(
                "ignoring (cluster) would match series of different clusters: leave cluster out of \
                 it"
                .to_owned(),
            );
        }
        if modifier.card.labels().is_some_and(names) {
            return Err(
                "group_left and group_right keep cluster by themselves: leave it out of them"
                    .to_owned(),
            );
        }
    }
    Ok(left)
}

fn of_call(call: &Call) -> Result<Reach, String> {
    let name = call.func.name;
    let mut whole = Reach::Nowhere;
    for argument in &call.args.args {
        if reach(argument)? == Reach::Clusters {
            whole = Reach::Clusters;
        }
    }
    if whole == Reach::Nowhere {
        return Ok(whole);
    }
    match name {
        "scalar" => Err(
            "scalar needs the one series of all clusters: compare with a plain number, or join on \
             labels"
                .to_owned(),
        ),
        "absent" | "absent_over_time" => Err(format!(
            "{name} asks whether no cluster has a series: ask each cluster by itself"
        )),
        "label_replace" | "label_join" if names_as_label(call) => Err(format!(
            "{name} can't read or write the label cluster, which is added to what a cluster gives"
        )),
        _ => Ok(whole),
    }
}

/// Whether one of the labels that `label_replace` and `label_join` name is `cluster`: all of their
/// texts but the replacement, the pattern and the separator.
fn names_as_label(call: &Call) -> bool {
    let labels = |index: usize| match (call.func.name, index) {
        (_, 1) | ("label_replace", 3) => true,
        ("label_join", index) => index >= 3,
        _ => false,
    };
    let mut arguments = call.args.args.iter().enumerate();
    arguments.any(|(index, argument)| labels(index) && is_cluster(argument))
}

fn is_cluster(expression: &Expr) -> bool {
    match expression {
        Expr::StringLiteral(StringLiteral { val }) => val == CLUSTER,
        Expr::Paren(paren) => is_cluster(&paren.expr),
        _ => false,
    }
}

fn names(labels: &Labels) -> bool {
    labels.labels.iter().any(|label| label == CLUSTER)
}

/// A number that is written down.
pub(super) fn number(expression: &Expr) -> Option<f64> {
    match expression {
        Expr::NumberLiteral(literal) => Some(literal.val),
        Expr::Paren(paren) => number(&paren.expr),
        Expr::Unary(unary) => number(&unary.expr).map(|number| -number),
        _ => None,
    }
}

/// Whether the expression says anything of `cluster` that a cluster could not know.
pub(super) fn names_cluster(expression: &mut Expr) -> bool {
    let mut found = false;
    each_selector(expression, &mut |selector| {
        found |= !selector.matchers.find_matchers(CLUSTER).is_empty();
    });
    let mut open = vec![expression];
    while let Some(expression) = open.pop() {
        found |= match &*expression {
            Expr::Aggregate(aggregate) => aggregate
                .modifier
                .as_ref()
                .is_some_and(|m| names(m.labels())),
            Expr::Binary(binary) => binary
                .modifier
                .as_ref()
                .and_then(|modifier| modifier.matching.as_ref())
                .is_some_and(|m| names(m.labels())),
            _ => false,
        };
        open.extend(parts(expression));
    }
    found
}

/// Takes `cluster` out of every grouping and matching: in one cluster it has one value.
pub(super) fn forget_cluster(expression: &mut Expr) {
    let mut open = vec![expression];
    while let Some(expression) = open.pop() {
        match expression {
            Expr::Aggregate(aggregate) => {
                if let Some(modifier) = &mut aggregate.modifier {
                    forget(modifier);
                }
                let nothing = matches!(&aggregate.modifier,
                    Some(LabelModifier::Include(by)) if by.is_empty());
                if nothing {
                    aggregate.modifier = None;
                }
            }
            Expr::Binary(binary) => {
                let matching = binary.modifier.as_mut().and_then(|m| m.matching.as_mut());
                if let Some(matching) = matching {
                    forget(matching);
                }
            }
            _ => {}
        }
        open.extend(parts(expression));
    }
}

fn forget(modifier: &mut LabelModifier) {
    match modifier {
        LabelModifier::Include(labels) | LabelModifier::Exclude(labels) => {
            labels.labels.retain(|label| label != CLUSTER);
        }
    }
}

/// The expression with `cluster` in every grouping and matching that keeps it unsaid; none where
/// it is kept nowhere so. The outermost aggregation, where it is put together, keeps it not.
pub(super) fn meaning(expression: &Expr, combined: bool) -> Option<String> {
    let mut meant = expression.clone();
    let mut skip = combined;
    let mut said = false;
    let mut open = vec![&mut meant];
    while let Some(expression) = open.pop() {
        match expression {
            Expr::Aggregate(aggregate) if !skip => {
                said |= keep_in_group(&mut aggregate.modifier);
            }
            Expr::Aggregate(_) => skip = false,
            Expr::Binary(binary) => said |= keep_in_match(binary),
            _ => {}
        }
        open.extend(parts(expression));
    }
    said.then(|| meant.to_string())
}

fn keep_in_group(modifier: &mut Option<LabelModifier>) -> bool {
    match modifier {
        Some(LabelModifier::Include(by)) if !names(by) => {
            by.labels.push(CLUSTER.to_owned());
            true
        }
        Some(_) => false,
        None => {
            *modifier = Some(LabelModifier::Include(Labels::new(vec![CLUSTER])));
            true
        }
    }
}

fn keep_in_match(binary: &mut BinaryExpr) -> bool {
    match binary
        .modifier
        .as_mut()
        .and_then(|modifier| modifier.matching.as_mut())
    {
        Some(LabelModifier::Include(on)) if !names(on) => {
            on.labels.push(CLUSTER.to_owned());
            true
        }
        _ => false,
    }
}
