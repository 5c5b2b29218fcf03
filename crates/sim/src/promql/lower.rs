//! From the parser's tree to a plan: operands get types, and what is outside the subset is refused.

mod call;
mod operator;
mod selector;

use promql_parser::parser::token as t;
use promql_parser::parser::value::ValueType;
use promql_parser::parser::{AggregateExpr, Expr, LabelModifier};

pub use selector::parse_selector;

use super::Error;
use super::plan::{Aggregate, Grouping, Operation, Plan, Reduction};

/// Lowers a whole query.
pub(super) fn lower(expression: &Expr) -> Result<Plan, Error> {
    match expression {
        Expr::NumberLiteral(number) => Ok(Plan::Number(number.val)),
        Expr::StringLiteral(text) => Ok(Plan::Text(text.val.clone())),
        Expr::Paren(paren) => lower(&paren.expr),
        Expr::Unary(unary) => Ok(Plan::Negate(Box::new(lower(&unary.expr)?))),
        Expr::VectorSelector(vector) => Ok(Plan::Selector(selector::instant(vector)?)),
        Expr::MatrixSelector(_) | Expr::Subquery(_) => {
            Ok(Plan::Range(selector::range(expression)?))
        }
        Expr::Binary(binary) => operator::lower(binary),
        Expr::Aggregate(aggregate) => lower_aggregate(aggregate).map(Plan::Aggregate),
        Expr::Call(call) => call::lower(call),
        Expr::Extension(extension) => Err(Error::unsupported(extension.expr.name())),
    }
}

/// Lowers an operand that must be an instant vector.
fn vector(expression: &Expr) -> Result<Box<Plan>, Error> {
    typed(expression, ValueType::Vector)
}

/// Lowers an operand that must be a scalar.
fn scalar(expression: &Expr) -> Result<Box<Plan>, Error> {
    typed(expression, ValueType::Scalar)
}

/// The parser checks most types itself, but lets some arguments pass unseen.
fn typed(expression: &Expr, wanted: ValueType) -> Result<Box<Plan>, Error> {
    let found = expression.value_type();
    if found == wanted {
        return lower(expression).map(Box::new);
    }
    Err(Error::BadData(format!(
        "parse error: expected type {wanted}, got {found}"
    )))
}

/// The text of an operand that must be a string literal, parentheses aside.
fn text(expression: &Expr) -> Result<String, Error> {
    match expression {
        Expr::StringLiteral(literal) => Ok(literal.val.clone()),
        Expr::Paren(paren) => text(&paren.expr),
        other => Err(Error::BadData(format!(
            "parse error: expected type string, got {}",
            other.value_type()
        ))),
    }
}

fn lower_aggregate(aggregate: &AggregateExpr) -> Result<Aggregate, Error> {
    Ok(Aggregate {
        operation: operation(aggregate)?,
        vector: vector(&aggregate.expr)?,
        grouping: grouping(aggregate.modifier.as_ref()),
    })
}

fn operation(aggregate: &AggregateExpr) -> Result<Operation, Error> {
    let reduction = match aggregate.op.id() {
        t::T_SUM => Reduction::Sum,
        t::T_AVG => Reduction::Avg,
        t::T_MIN => Reduction::Min,
        t::T_MAX => Reduction::Max,
        t::T_COUNT => Reduction::Count,
        t::T_GROUP => Reduction::Group,
        t::T_STDDEV => Reduction::Stddev,
        t::T_STDVAR => Reduction::Stdvar,
        t::T_QUANTILE => Reduction::Quantile,
        t::T_TOPK => Reduction::TopK,
        t::T_BOTTOMK => Reduction::BottomK,
        t::T_COUNT_VALUES => return Ok(Operation::CountValues(text(parameter(aggregate)?)?)),
        _ => {
            let what = format!("the aggregation {}", aggregate.op);
            return Err(Error::unsupported(&what));
        }
    };
    let takes_number = aggregate.op.is_aggregator_with_param();
    let number = takes_number.then(|| scalar(parameter(aggregate)?));
    Ok(Operation::Reduce(reduction, number.transpose()?))
}

fn parameter(aggregate: &AggregateExpr) -> Result<&Expr, Error> {
    let missing = || format!("parse error: {} needs a parameter", aggregate.op);
    let parameter = aggregate.param.as_deref();
    parameter.ok_or_else(|| Error::BadData(missing()))
}

fn grouping(modifier: Option<&LabelModifier>) -> Grouping {
    Grouping {
        without: matches!(modifier, Some(LabelModifier::Exclude(_))),
        labels: modifier.map_or_else(Vec::new, |m| m.labels().labels.clone()),
    }
}
