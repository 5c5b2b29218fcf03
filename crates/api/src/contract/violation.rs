//! What is wrong with a request, in words: where, what was expected, and what was found.

use fleetscope_client::wire::FieldProblem;
use jsonschema::error::{TypeKind, ValidationErrorKind as Kind};
use jsonschema::{ValidationError, Validator};
use serde_json::Value;

use crate::error::ApiError;

/// More than a person reads; a request that is wrong in more places is wrong in kind.
const MOST: usize = 100;

/// The longest text of the caller's that is shown back.
const LONGEST_SHOWN: usize = 64;

/// Which part of a request.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Path,
    Query,
    Header,
    Body,
}

impl Place {
    /// By the document's name for it.
    pub(super) fn read(name: &str) -> Option<Self> {
        match name {
            "path" => Some(Self::Path),
            "query" => Some(Self::Query),
            "header" => Some(Self::Header),
            _ => None,
        }
    }

    const fn as_str(self) -> &'static str {
        match self {
            Self::Path => "path",
            Self::Query => "query",
            Self::Header => "header",
            Self::Body => "body",
        }
    }
}

/// Everything that is wrong with one request.
#[derive(Debug, Default)]
pub(super) struct Violations(Vec<FieldProblem>);

impl Violations {
    /// Nothing where nothing is wrong, else the error that says it all.
    pub(super) fn none(self) -> Result<(), ApiError> {
        if self.0.is_empty() {
            return Ok(());
        }
        Err(ApiError::violations(self.0))
    }

    /// A parameter that must be there is not.
    pub(super) fn missing(&mut self, place: Place, name: &str) {
        self.add(place, name.to_owned(), "a value".to_owned(), "nothing");
    }

    /// A parameter that may be there once is there more often.
    pub(super) fn repeated(&mut self, place: Place, name: &str, count: usize) {
        let found = format!("{count} values");
        self.add(place, name.to_owned(), "one value".to_owned(), &found);
    }

    /// A parameter that nobody knows.
    pub(super) fn unknown(&mut self, place: Place, name: &str, known: &[&str]) {
        let expected = match known {
            [] => "no parameters".to_owned(),
            known => format!("only the parameters {}", known.join(", ")),
        };
        let shown: String = name.chars().take(LONGEST_SHOWN).collect();
        self.add(place, shown, expected, "an unknown parameter");
    }

    /// Whatever the validator finds in a value that stands at `base`.
    pub(super) fn collect(
        &mut self,
        place: Place,
        base: &str,
        validator: &Validator,
        value: &Value,
    ) {
        for error in validator.iter_errors(value) {
            self.describe(place, base, &error);
        }
    }

    fn describe(&mut self, place: Place, base: &str, error: &ValidationError<'_>) {
        let at = format!("{base}{}", error.instance_path().as_str());
        let found = error.instance().as_ref();
        match error.kind() {
            Kind::Required { property } => {
                let name = property.as_str().unwrap_or_default();
                self.add(place, below(&at, name), "a value".to_owned(), "nothing");
            }
            Kind::AdditionalProperties { unexpected }
            | Kind::UnevaluatedProperties { unexpected } => {
                for name in unexpected {
                    let what = describe(&found[name.as_str()]);
                    let expected = "no field of this name".to_owned();
                    self.add(place, below(&at, name), expected, &what);
                }
            }
            Kind::PropertyNames { error } => {
                let name = error.instance().as_str().unwrap_or_default();
                let (expected, found) = words(error);
                self.add(place, below(&at, name), expected, &found);
            }
            Kind::AnyOf { context } | Kind::OneOfNotValid { context } => {
                self.describe_choice(place, base, error, context);
            }
            _ => {
                let (expected, found) = words(error);
                self.add(place, at, expected, &found);
            }
        }
    }

    /// What is wrong with a value that might have had several shapes. Where it has the type of
    /// only one of them (an object where there may also be null), that one's errors are meant.
    fn describe_choice(
        &mut self,
        place: Place,
        base: &str,
        error: &ValidationError<'_>,
        shapes: &[Vec<ValidationError<'static>>],
    ) {
        let of_another_type = |shape: &&Vec<ValidationError<'static>>| {
            shape.iter().any(|inner| {
                matches!(inner.kind(), Kind::Type { .. })
                    && inner.instance_path() == error.instance_path()
            })
        };
        let (other, meant): (Vec<_>, Vec<_>) = shapes.iter().partition(of_another_type);
        if let [meant] = meant.as_slice() {
            return meant
                .iter()
                .for_each(|inner| self.describe(place, base, inner));
        }
        let at = format!("{base}{}", error.instance_path().as_str());
        let expected = if meant.is_empty() {
            let types = other.iter().flat_map(|shape| shape.iter());
            let types: Vec<_> = types.map(|inner| words(inner).0).collect();
            types.join(" or ")
        } else {
            "one of the documented shapes".to_owned()
        };
        self.add(place, at, expected, &describe(error.instance().as_ref()));
    }

    fn add(&mut self, place: Place, pointer: String, expected: String, found: &str) {
        if self.0.len() < MOST {
            self.0.push(FieldProblem {
                place: Some(place.as_str().to_owned()),
                pointer,
                detail: format!("expected {expected}, found {found}"),
                expected: Some(expected),
                found: Some(found.to_owned()),
            });
        }
    }
}

/// RFC 6901.
fn below(pointer: &str, name: &str) -> String {
    format!("{pointer}/{}", name.replace('~', "~0").replace('/', "~1"))
}

fn words(error: &ValidationError<'_>) -> (String, String) {
    let value = error.instance().as_ref();
    let expected = match error.kind() {
        Kind::Type { kind } => return (types(kind), describe(value)),
        Kind::Enum { options } => return (one_of(options), shown(value)),
        Kind::Format { format } => return (format!("text of the format {format}"), shown(value)),
        Kind::MaxLength { limit } => format!("at most {limit} characters"),
        Kind::MinLength { limit } => format!("at least {limit} characters"),
        Kind::Maximum { limit } => format!("at most {limit}"),
        Kind::Minimum { limit } => format!("at least {limit}"),
        Kind::ExclusiveMaximum { limit } => format!("less than {limit}"),
        Kind::ExclusiveMinimum { limit } => format!("more than {limit}"),
        Kind::MaxItems { limit } => format!("at most {limit} items"),
        Kind::MinItems { limit } => format!("at least {limit} items"),
        Kind::MaxProperties { limit } => format!("at most {limit} fields"),
        Kind::MinProperties { limit } => format!("at least {limit} fields"),
        Kind::Pattern { pattern } => format!("text that matches {pattern}"),
        Kind::UniqueItems => "no item twice".to_owned(),
        Kind::AnyOf { .. } | Kind::OneOfNotValid { .. } | Kind::OneOfMultipleValid { .. } => {
            "one of the documented shapes".to_owned()
        }
        other => format!("what the document's '{}' asks", other.keyword()),
    };
    (expected, describe(value))
}

fn types(kind: &TypeKind) -> String {
    match kind {
        TypeKind::Single(name) => name.to_string(),
        TypeKind::Multiple(names) => {
            let names: Vec<_> = names.iter().map(|name| name.to_string()).collect();
            names.join(" or ")
        }
    }
}

fn one_of(options: &Value) -> String {
    let options = options.as_array().into_iter().flatten();
    let options: Vec<_> = options.map(Value::to_string).collect();
    format!("one of {}", options.join(", "))
}

/// A value by its kind and size. Its text is not repeated: it may be one that was meant for
/// another field, such as a credential.
fn describe(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::Bool(value) => value.to_string(),
        Value::Number(number) => number.to_string(),
        Value::String(text) => format!("text of {} characters", text.chars().count()),
        Value::Array(items) => format!("a list of {}", items.len()),
        Value::Object(fields) => format!("an object of {} fields", fields.len()),
    }
}

/// A value as it is, where its field can only hold a choice, an id or a time.
fn shown(value: &Value) -> String {
    match value {
        Value::String(text) if text.chars().count() <= LONGEST_SHOWN => value.to_string(),
        _ => describe(value),
    }
}
