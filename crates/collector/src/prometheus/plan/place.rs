//! An expression in one cluster: what it says of `cluster` is settled by the cluster's name.

use promql_parser::label::{MatchOp, Matcher, Matchers};
use promql_parser::parser::token::T_LOR;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{Expr, VectorSelector};

use super::CLUSTER;
use crate::prometheus::within::each_selector;

/// A label that no series has: a selector that asks for it selects nothing.
const ELSEWHERE: &str = "__fleetscope_elsewhere__";

/// Settles every matcher of `cluster`; whether there was any.
pub(super) fn in_cluster(expression: &mut Expr, cluster: &str) -> bool {
    let mut changed = false;
    each_selector(expression, &mut |selector| {
        if selector.matchers.find_matchers(CLUSTER).is_empty() {
            return;
        }
        changed = true;
        settle(selector, cluster);
    });
    changed
}

fn settle(selector: &mut VectorSelector, cluster: &str) {
    let named = selector.name.is_some();
    settle_matchers(&mut selector.matchers, cluster, named);
}

/// Settles the matchers of a selector whose name stands among them or, where `named`, beside them.
pub(in crate::prometheus) fn settle_matchers(matchers: &mut Matchers, cluster: &str, named: bool) {
    let settled = |group: &mut Vec<Matcher>| {
        let here = group
            .iter()
            .filter(|matcher| matcher.name == CLUSTER)
            .all(|matcher| matcher.is_match(cluster));
        group.retain(|matcher| matcher.name != CLUSTER);
        here
    };
    if matchers.or_matchers.is_empty() {
        if !settled(&mut matchers.matchers) {
            matchers.matchers = vec![nothing()];
        } else if !named && matchers.is_empty_matchers() {
            matchers.matchers.push(anything());
        }
        return;
    }
    matchers.or_matchers.retain_mut(|group| settled(group));
    // One that asks for nothing more takes all that the name takes, whatever the others ask for.
    if matchers.or_matchers.iter().any(Vec::is_empty) {
        matchers.or_matchers.clear();
        matchers.matchers = if named { Vec::new() } else { vec![anything()] };
        return;
    }
    match matchers.or_matchers.len() {
        0 => matchers.matchers = vec![nothing()],
        1 => matchers.matchers = matchers.or_matchers.remove(0),
        _ => {}
    }
}

fn nothing() -> Matcher {
    Matcher::new(MatchOp::Equal, ELSEWHERE, "1")
}

/// Every series: a selector without a name needs a matcher.
fn anything() -> Matcher {
    Matcher::new(MatchOp::NotEqual, "__name__", "")
}

pub(in crate::prometheus) fn is_nothing(matchers: &Matchers) -> bool {
    matchers
        .matchers
        .iter()
        .any(|matcher| matcher.name == ELSEWHERE)
}

/// Whether the expression gives no series, whatever the server holds.
pub(super) fn is_surely_empty(expression: &Expr) -> bool {
    match expression {
        Expr::VectorSelector(selector) => is_nothing(&selector.matchers),
        Expr::MatrixSelector(matrix) => is_nothing(&matrix.vs.matchers),
        Expr::Paren(paren) => is_surely_empty(&paren.expr),
        Expr::Unary(unary) => is_surely_empty(&unary.expr),
        Expr::Subquery(subquery) => is_surely_empty(&subquery.expr),
        Expr::Aggregate(aggregate) => is_surely_empty(&aggregate.expr),
        Expr::Binary(binary) => {
            let (left, right) = (is_surely_empty(&binary.lhs), is_surely_empty(&binary.rhs));
            if binary.op.id() == T_LOR {
                return left && right;
            }
            // What `unless` takes away is no part of what there is.
            let only_left = binary.op.to_string() == "unless";
            left || right && !only_left
        }
        Expr::Call(call) => {
            let makes_of_nothing =
                matches!(call.func.name, "absent" | "absent_over_time" | "scalar");
            let of_series = |expression: &Expr| {
                matches!(
                    expression.value_type(),
                    ValueType::Vector | ValueType::Matrix
                )
            };
            let mut arguments = call.args.args.iter();
            !makes_of_nothing && arguments.any(|one| of_series(one) && is_surely_empty(one))
        }
        Expr::NumberLiteral(_) | Expr::StringLiteral(_) | Expr::Extension(_) => false,
    }
}
