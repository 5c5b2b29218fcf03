//! One operation of the document, ready to judge requests.

use std::collections::BTreeMap;

use axum::http::HeaderMap;
use jsonschema::Validator;
use serde_json::{Value, json};

use super::violation::{Place, Violations};

/// One operation.
pub(super) struct Operation {
    parameters: Vec<Parameter>,
    body: Option<Validator>,
}

struct Parameter {
    name: String,
    place: Place,
    required: bool,
    /// Which JSON types its text may stand for.
    types: Vec<String>,
    /// The same for the items of a list.
    item_types: Vec<String>,
    validator: Validator,
}

/// Every operation of the document, by upper-case method and path template.
pub(super) fn all(document: &Value) -> BTreeMap<(String, String), Operation> {
    let mut operations = BTreeMap::new();
    let paths = document["paths"].as_object().into_iter().flatten();
    for (path, item) in paths {
        for (method, operation) in item.as_object().into_iter().flatten() {
            let key = (method.to_ascii_uppercase(), path.clone());
            operations.insert(key, Operation::read(operation, document));
        }
    }
    operations
}

/// A schema of the document by itself; its references still lead into the document.
fn validator(schema: &Value, document: &Value) -> Option<Validator> {
    let mut root = json!({ "allOf": [schema] });
    root["components"] = document["components"].clone();
    jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&root)
        .inspect_err(|error| tracing::error!(%error, "a schema of the document is none"))
        .ok()
}

impl Operation {
    fn read(operation: &Value, document: &Value) -> Self {
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let body = &operation["requestBody"]["content"]["application/json"]["schema"];
        Self {
            parameters: parameters
                .filter_map(|parameter| Parameter::read(parameter, document))
                .collect(),
            body: (!body.is_null())
                .then(|| validator(body, document))
                .flatten(),
        }
    }

    pub(super) fn has_body(&self) -> bool {
        self.body.is_some()
    }

    pub(super) fn judge_body(&self, body: &Value, violations: &mut Violations) {
        if let Some(validator) = &self.body {
            violations.collect(Place::Body, "", validator, body);
        }
    }

    pub(super) fn judge_path(&self, name: &str, value: &str, violations: &mut Violations) {
        if let Some(parameter) = self.at(Place::Path).find(|known| known.name == name) {
            parameter.judge(&[value], violations);
        }
    }

    pub(super) fn judge_query(&self, query: &str, violations: &mut Violations) {
        let pairs = serde_html_form::from_str::<Vec<(String, String)>>(query).unwrap_or_default();
        let mut given: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
        for (name, value) in &pairs {
            given.entry(name).or_default().push(value);
        }
        for parameter in self.at(Place::Query) {
            let values = given.remove(parameter.name.as_str()).unwrap_or_default();
            parameter.judge(&values, violations);
        }
        let known: Vec<_> = self.at(Place::Query).map(|p| p.name.as_str()).collect();
        for name in given.keys() {
            violations.unknown(Place::Query, name, &known);
        }
    }

    pub(super) fn judge_headers(&self, headers: &HeaderMap, violations: &mut Violations) {
        for parameter in self.at(Place::Header) {
            let given = headers.get_all(parameter.name.as_str()).iter();
            let values: Vec<_> = given.map(|value| value.to_str().unwrap_or("?")).collect();
            parameter.judge(&values, violations);
        }
    }

    fn at(&self, place: Place) -> impl Iterator<Item = &Parameter> {
        self.parameters.iter().filter(move |p| p.place == place)
    }
}

impl Parameter {
    fn read(parameter: &Value, document: &Value) -> Option<Self> {
        let schema = &parameter["schema"];
        Some(Self {
            name: parameter["name"].as_str()?.to_owned(),
            place: Place::read(parameter["in"].as_str()?)?,
            required: parameter["required"].as_bool().unwrap_or_default(),
            types: types(schema),
            item_types: types(&schema["items"]),
            validator: validator(schema, document)?,
        })
    }

    fn judge(&self, values: &[&str], violations: &mut Violations) {
        if values.is_empty() {
            if self.required {
                violations.missing(self.place, &self.name);
            }
            return;
        }
        let is_list = self.types.iter().any(|name| name == "array");
        let value = match values {
            _ if is_list => values
                .iter()
                .map(|text| typed(text, &self.item_types))
                .collect(),
            [text] => typed(text, &self.types),
            more => return violations.repeated(self.place, &self.name, more.len()),
        };
        violations.collect(self.place, &self.name, &self.validator, &value);
    }
}

fn types(schema: &Value) -> Vec<String> {
    match &schema["type"] {
        Value::String(name) => vec![name.clone()],
        Value::Array(names) => names
            .iter()
            .filter_map(|name| name.as_str().map(str::to_owned))
            .collect(),
        _ => Vec::new(),
    }
}

/// The JSON value that a text stands for where one of these types is expected.
fn typed(text: &str, types: &[String]) -> Value {
    let expects = |name: &str| types.iter().any(|known| known == name);
    let number = || serde_json::from_str::<serde_json::Number>(text).ok();
    if (expects("integer") || expects("number"))
        && let Some(number) = number()
    {
        return Value::Number(number);
    }
    match text {
        "true" | "false" if expects("boolean") => Value::Bool(text == "true"),
        _ => Value::String(text.to_owned()),
    }
}
