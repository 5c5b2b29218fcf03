//! One expression over many clusters: what each of them evaluates, and how that becomes one answer.
//!
//! Each cluster evaluates the whole, so every grouping and matching keeps `cluster` by itself. Only
//! an outermost aggregation that drops `cluster` is put together from the parts. Whatever else
//! would have to look at several clusters at once is refused: a wrong number is worse than none.

mod judge;
mod place;

use fleetscope_outbound::Failure;
use fleetscope_ports::Result;
use promql_parser::parser::token::{
    T_AVG, T_BOTTOMK, T_COUNT, T_MAX, T_MIN, T_SUM, T_TOPK, TokenType,
};
use promql_parser::parser::{AggregateExpr, Expr, LabelModifier, parse};

use crate::prometheus::merge::{Fold, Grouping, Merge, Order, Pick};
use crate::prometheus::within;
use crate::range::invalid;

/// The label by which series tell their cluster.
pub(crate) const CLUSTER: &str = "cluster";

/// How an expression is carried out.
#[derive(Debug)]
pub(crate) struct Plan {
    /// As it was written.
    text: String,
    /// What each cluster evaluates; two of an average.
    parts: Vec<Expr>,
    /// Whether the parts are the text itself.
    plain: bool,
    /// How the parts become one.
    pub(crate) merge: Merge,
    /// In which order an instant's series are shown.
    pub(crate) order: Option<Order>,
    /// The expression with `cluster` wherever it was kept without being named.
    pub(crate) meaning: Option<String>,
}

impl Plan {
    /// Each cluster by itself. The text is known to be PromQL.
    pub(crate) fn each(text: &str) -> Result<Self> {
        let mut expression = read(text)?;
        let order = outermost(&expression).1;
        let plain = !judge::names_cluster(&mut expression);
        judge::forget_cluster(&mut expression);
        Ok(Self {
            text: text.to_owned(),
            parts: vec![expression],
            plain,
            merge: Merge::Each,
            order,
            meaning: None,
        })
    }

    /// One cluster's own answer: the text as it is.
    pub(crate) fn plain(text: &str) -> Self {
        Self {
            text: text.to_owned(),
            parts: Vec::new(),
            plain: true,
            merge: Merge::Same,
            order: None,
            meaning: None,
        }
    }

    /// As one server would that held all series. `Invalid` (`across_clusters`) with the reason
    /// where that would need several clusters at once.
    pub(crate) fn one(text: &str) -> Result<Self> {
        let mut expression = read(text)?;
        let (core, order) = outermost(&expression);
        let core = core.clone();
        if let Some((merge, parts)) = combined(core)? {
            let meaning = judge::meaning(&expression, true);
            return Ok(Self {
                text: text.to_owned(),
                parts,
                plain: false,
                merge,
                order,
                meaning,
            });
        }
        let reach = judge::reach(&expression).map_err(refused)?;
        let meaning = judge::meaning(&expression, false);
        let plain = !judge::names_cluster(&mut expression);
        judge::forget_cluster(&mut expression);
        Ok(Self {
            text: text.to_owned(),
            parts: vec![expression],
            plain,
            merge: match reach {
                judge::Reach::Clusters => Merge::Each,
                judge::Reach::Nowhere => Merge::Same,
            },
            order,
            meaning,
        })
    }

    /// What a cluster of this name evaluates; nothing where none of its series can match.
    pub(crate) fn texts(&self, cluster: &str) -> Result<Vec<String>, Failure> {
        if self.parts.is_empty() {
            return Ok(vec![self.text.clone()]);
        }
        let mut texts = Vec::new();
        for part in &self.parts {
            let mut part = part.clone();
            let changed = place::in_cluster(&mut part, cluster);
            if place::is_surely_empty(&part) {
                return Ok(Vec::new());
            }
            if self.plain && !changed {
                texts.push(self.text.clone());
            } else {
                texts.push(written(&part)?);
            }
        }
        Ok(texts)
    }
}

/// The expression of a text that was checked before; too deep a one is refused.
fn read(text: &str) -> Result<Expr> {
    let unread = || {
        invalid(
            "invalid_query",
            "the query is nested too deep: write it more simply",
        )
    };
    let mut expression = parse(text).map_err(|_| unread())?;
    if within::is_too_deep(&mut expression) {
        return Err(unread());
    }
    Ok(expression)
}

/// The tree as text, if that text is the tree's.
fn written(expression: &Expr) -> Result<String, Failure> {
    let mut plain = expression.clone();
    within::name_plainly(&mut plain);
    let text = plain.to_string();
    let same = parse(&text).is_ok_and(|read| read.to_string() == text);
    if same {
        Ok(text)
    } else {
        Err(within::unheld())
    }
}

/// The expression without what stands around it and changes no value, and the order it asks for.
fn outermost(expression: &Expr) -> (&Expr, Option<Order>) {
    let (mut core, mut order) = (expression, None);
    loop {
        match core {
            Expr::Paren(paren) => core = &paren.expr,
            Expr::Call(call) if matches!(call.func.name, "sort" | "sort_desc") => {
                let descending = call.func.name == "sort_desc";
                order = order.or(Some(if descending {
                    Order::Descending
                } else {
                    Order::Ascending
                }));
                match call.args.args.as_slice() {
                    [inner] => core = inner,
                    _ => return (core, order),
                }
            }
            _ => return (core, order),
        }
    }
}

/// How an outermost aggregation that drops `cluster` is put together, if the expression is one.
fn combined(core: Expr) -> Result<Option<(Merge, Vec<Expr>)>> {
    let Expr::Aggregate(mut aggregate) = core else {
        return Ok(None);
    };
    if keeps_cluster(&aggregate) {
        return Ok(None);
    }
    judge::inside(&aggregate).map_err(refused)?;
    if judge::reach(&aggregate.expr).map_err(refused)? == judge::Reach::Nowhere {
        return Ok(None);
    }
    let grouping = grouping(&aggregate);
    judge::forget_cluster(&mut aggregate.expr);
    if let Some(LabelModifier::Exclude(labels)) = &mut aggregate.modifier {
        labels.labels.retain(|label| label != CLUSTER);
    }
    let with = |op| {
        let mut other = aggregate.clone();
        other.op = TokenType::new(op);
        Expr::Aggregate(other)
    };
    let op = aggregate.op.id();
    let merge = match op {
        T_SUM | T_COUNT => Merge::Fold(Fold::Sum),
        T_MIN => Merge::Fold(Fold::Min),
        T_MAX => Merge::Fold(Fold::Max),
        T_AVG => return Ok(Some((Merge::Average, vec![with(T_SUM), with(T_COUNT)]))),
        T_TOPK | T_BOTTOMK => {
            let largest = op == T_TOPK;
            Merge::Pick(pick(&aggregate, grouping, largest).map_err(refused)?)
        }
        _ => return Err(refused(not_combined(&aggregate))),
    };
    Ok(Some((merge, vec![with(op)])))
}

fn keeps_cluster(aggregate: &AggregateExpr) -> bool {
    let names = |labels: &[String]| labels.iter().any(|label| label == CLUSTER);
    match &aggregate.modifier {
        None => false,
        Some(LabelModifier::Include(by)) => names(&by.labels),
        Some(LabelModifier::Exclude(without)) => !names(&without.labels),
    }
}

fn grouping(aggregate: &AggregateExpr) -> Grouping {
    match &aggregate.modifier {
        None => Grouping::By(Vec::new()),
        Some(LabelModifier::Include(by)) => Grouping::By(by.labels.clone()),
        Some(LabelModifier::Exclude(without)) => Grouping::Without(without.labels.clone()),
    }
}

fn pick(aggregate: &AggregateExpr, grouping: Grouping, largest: bool) -> Result<Pick, String> {
    let count = aggregate.param.as_deref().and_then(judge::number);
    let count = count.filter(|count| !count.is_nan()).ok_or_else(|| {
        let op = aggregate.op;
        format!("how many series {op} picks has to be a plain number over several clusters")
    })?;
    Ok(Pick {
        // As Prometheus does: cut, and none below one.
        count: count.max(0.0) as usize,
        grouping,
        largest,
    })
}

fn not_combined(aggregate: &AggregateExpr) -> String {
    let op = aggregate.op;
    format!(
        "{op} can't be put together from what each cluster gives: keep the clusters apart with \
         'by (cluster, …)', or use sum, min, max, count, avg, topk or bottomk"
    )
}

fn refused(reason: impl Into<String>) -> fleetscope_ports::Error {
    invalid("across_clusters", reason)
}

#[cfg(test)]
mod tests;
