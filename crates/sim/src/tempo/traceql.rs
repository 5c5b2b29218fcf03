//! The part of TraceQL that is understood: one span set `{ … }` with comparisons joined by `&&`,
//! `||` and parentheses, then `| select(…)`. Everything else is refused as a syntax error.
//!
//! Fields: `name`, `duration`, `status`, `statusMessage`, `kind`, `rootName`, `rootServiceName`,
//! `traceDuration`, their forms with `span:` and `trace:`, and attributes as `resource.…`,
//! `span.…`, `event.…` or `.…`.

mod lexer;
mod parser;

use regex::Regex;

use super::attributes::{Attribute, Named};

pub(super) use parser::{identifier, parse};

/// A search.
#[derive(Debug)]
pub(super) struct Query {
    /// `None` for `{}`.
    pub(super) filter: Option<Expression>,
    /// Fields of `select()`.
    pub(super) selected: Vec<Field>,
}

#[derive(Debug)]
pub(super) enum Expression {
    And(Box<Self>, Box<Self>),
    Or(Box<Self>, Box<Self>),
    Compare {
        field: Field,
        operator: Operator,
        value: Literal,
    },
}

/// What is compared.
#[derive(Clone, PartialEq, Eq, Debug)]
pub(super) enum Field {
    Name,
    Duration,
    Status,
    StatusMessage,
    Kind,
    RootName,
    RootServiceName,
    TraceDuration,
    Resource(String),
    Span(String),
    Event(String),
    /// Of the span or, where it has none, of its resource.
    Any(String),
}

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operator {
    Equal,
    Unequal,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Matches,
    MatchesNot,
}

#[derive(Debug)]
pub(super) enum Literal {
    Text(String),
    Pattern(Regex),
    Number(f64),
    /// Nanoseconds.
    Duration(f64),
    /// `error`, `ok`, `unset`, or a kind.
    Keyword(String),
}

/// A span with all that can be asked of it.
pub(super) struct View {
    pub(super) name: &'static str,
    pub(super) nanos: i64,
    pub(super) error: bool,
    pub(super) message: String,
    pub(super) kind: &'static str,
    pub(super) root_name: &'static str,
    pub(super) root_service: &'static str,
    pub(super) trace_nanos: i64,
    pub(super) resource: Vec<Named>,
    pub(super) span: Vec<Named>,
    pub(super) event: Vec<Named>,
}

impl Query {
    /// The fields that the answer shows.
    pub(super) fn fields(&self) -> Vec<&Field> {
        let mut fields = Vec::new();
        if let Some(filter) = &self.filter {
            filter.collect(&mut fields);
        }
        fields.extend(&self.selected);
        fields
    }
}

impl Expression {
    pub(super) fn holds(&self, view: &View) -> bool {
        match self {
            Self::And(left, right) => left.holds(view) && right.holds(view),
            Self::Or(left, right) => left.holds(view) || right.holds(view),
            Self::Compare {
                field,
                operator,
                value,
            } => field
                .value(view)
                .is_some_and(|found| operator.compare(&found, value)),
        }
    }

    fn collect<'a>(&'a self, fields: &mut Vec<&'a Field>) {
        match self {
            Self::And(left, right) | Self::Or(left, right) => {
                left.collect(fields);
                right.collect(fields);
            }
            Self::Compare { field, .. } => {
                if !fields.contains(&field) {
                    fields.push(field);
                }
            }
        }
    }
}

impl Field {
    /// The value in a span; `None` where it has none.
    pub(super) fn value(&self, view: &View) -> Option<Attribute> {
        let of = |named: &[Named], name: &str| {
            named
                .iter()
                .find(|(key, _)| *key == name)
                .map(|(_, value)| value.clone())
        };
        match self {
            Self::Name => Some(Attribute::Text(view.name.to_owned())),
            Self::Duration => Some(Attribute::Number(view.nanos)),
            Self::Status => Some(Attribute::Text(
                if view.error { "error" } else { "unset" }.to_owned(),
            )),
            Self::StatusMessage => Some(Attribute::Text(view.message.clone())),
            Self::Kind => Some(Attribute::Text(view.kind.to_owned())),
            Self::RootName => Some(Attribute::Text(view.root_name.to_owned())),
            Self::RootServiceName => Some(Attribute::Text(view.root_service.to_owned())),
            Self::TraceDuration => Some(Attribute::Number(view.trace_nanos)),
            Self::Resource(name) => of(&view.resource, name),
            Self::Span(name) => of(&view.span, name),
            Self::Event(name) => of(&view.event, name),
            Self::Any(name) => of(&view.span, name).or_else(|| of(&view.resource, name)),
        }
    }

    /// The key under which the answer shows it: attributes lose their scope. `None` for those
    /// that have a place of their own in a span.
    pub(super) fn shown(&self) -> Option<&str> {
        match self {
            Self::Name | Self::Duration | Self::TraceDuration => None,
            Self::Status => Some("status"),
            Self::StatusMessage => Some("statusMessage"),
            Self::Kind => Some("kind"),
            Self::RootName => Some("rootName"),
            Self::RootServiceName => Some("rootServiceName"),
            Self::Resource(name) | Self::Span(name) | Self::Event(name) | Self::Any(name) => {
                Some(name)
            }
        }
    }
}

impl Operator {
    /// Values of different types are never equal, and never unequal either.
    fn compare(self, found: &Attribute, value: &Literal) -> bool {
        match (found, value) {
            (Attribute::Text(text), Literal::Text(wanted) | Literal::Keyword(wanted)) => match self
            {
                Self::Equal => text == wanted,
                Self::Unequal => text != wanted,
                Self::Less => text < wanted,
                Self::LessOrEqual => text <= wanted,
                Self::Greater => text > wanted,
                Self::GreaterOrEqual => text >= wanted,
                Self::Matches | Self::MatchesNot => false,
            },
            (Attribute::Text(text), Literal::Pattern(pattern)) => {
                pattern.is_match(text) == (self == Self::Matches)
            }
            (Attribute::Number(number), Literal::Number(wanted) | Literal::Duration(wanted)) => {
                self.compare_numbers(*number as f64, *wanted)
            }
            _ => false,
        }
    }

    fn compare_numbers(self, number: f64, wanted: f64) -> bool {
        let order = number.total_cmp(&wanted);
        match self {
            Self::Equal => order.is_eq(),
            Self::Unequal => order.is_ne(),
            Self::Less => order.is_lt(),
            Self::LessOrEqual => order.is_le(),
            Self::Greater => order.is_gt(),
            Self::GreaterOrEqual => order.is_ge(),
            Self::Matches | Self::MatchesNot => false,
        }
    }
}
