//! Operators between two operands.

use promql_parser::parser::token as t;
use promql_parser::parser::{
    BinModifier, BinaryExpr, LabelModifier, VectorMatchCardinality, VectorMatchFillValues,
};

use super::lower as lower_expression;
use crate::promql::Error;
use crate::promql::plan::{Binary, Cardinality, Matching, Operator, Plan, Set, SetOperator};

pub(super) fn lower(binary: &BinaryExpr) -> Result<Plan, Error> {
    let modifier = binary.modifier.as_ref();
    if modifier.is_some_and(|m| m.fill_values != VectorMatchFillValues::default()) {
        return Err(Error::unsupported("the fill modifier"));
    }
    let left = Box::new(lower_expression(&binary.lhs)?);
    let right = Box::new(lower_expression(&binary.rhs)?);
    let matching = matching(modifier);
    if let Some(operator) = set_operator(binary.op.id()) {
        let set = Set {
            operator,
            left,
            right,
            matching,
        };
        return Ok(Plan::Set(set));
    }
    let Some(operator) = operator(binary.op.id()) else {
        return Err(Error::unsupported(&format!("the operator {}", binary.op)));
    };
    Ok(Plan::Binary(Binary {
        operator,
        returns_bool: binary.return_bool(),
        left,
        right,
        matching,
        cardinality: cardinality(modifier)?,
    }))
}

fn set_operator(token: t::TokenId) -> Option<SetOperator> {
    match token {
        t::T_LAND => Some(SetOperator::And),
        t::T_LOR => Some(SetOperator::Or),
        t::T_LUNLESS => Some(SetOperator::Unless),
        _ => None,
    }
}

fn operator(token: t::TokenId) -> Option<Operator> {
    let operator = match token {
        t::T_ADD => Operator::Add,
        t::T_SUB => Operator::Subtract,
        t::T_MUL => Operator::Multiply,
        t::T_DIV => Operator::Divide,
        t::T_MOD => Operator::Modulo,
        t::T_POW => Operator::Power,
        t::T_ATAN2 => Operator::Atan2,
        t::T_EQLC => Operator::Equal,
        t::T_NEQ => Operator::NotEqual,
        t::T_GTR => Operator::Greater,
        t::T_LSS => Operator::Less,
        t::T_GTE => Operator::GreaterOrEqual,
        t::T_LTE => Operator::LessOrEqual,
        _ => return None,
    };
    Some(operator)
}

/// Without a modifier all labels but the name have to agree: `ignoring ()`.
fn matching(modifier: Option<&BinModifier>) -> Matching {
    let labels = modifier.and_then(|m| m.matching.as_ref());
    Matching {
        on: matches!(labels, Some(LabelModifier::Include(_))),
        labels: labels.map_or_else(Vec::new, |l| l.labels().labels.clone()),
    }
}

fn cardinality(modifier: Option<&BinModifier>) -> Result<Cardinality, Error> {
    match modifier.map(|m| &m.card) {
        None | Some(VectorMatchCardinality::OneToOne) => Ok(Cardinality::OneToOne),
        Some(VectorMatchCardinality::ManyToOne(include)) => {
            Ok(Cardinality::ManyToOne(include.labels.clone()))
        }
        Some(VectorMatchCardinality::OneToMany(include)) => {
            Ok(Cardinality::OneToMany(include.labels.clone()))
        }
        Some(VectorMatchCardinality::ManyToMany) => Err(Error::unsupported(
            "many-to-many matching of an arithmetic operator",
        )),
    }
}
