//! Attributes of the JSON form of OTLP.

use std::collections::BTreeMap;

use fleetscope_model::{AttributeValue, Attributes};
use serde::Deserialize;
use serde_json::Value;

/// Attributes kept of one span, process or event.
const MOST: usize = 128;
/// Characters kept of a value.
const LONGEST: usize = 2_000;

/// A name with its value.
#[derive(Debug, Deserialize)]
pub(super) struct Pair {
    key: String,
    #[serde(default)]
    value: Value,
}

/// Of each name one value; what is too much is cut off.
pub(super) fn attributes(pairs: Vec<Pair>) -> Attributes {
    let mut all = BTreeMap::new();
    for pair in pairs {
        if all.len() >= MOST {
            break;
        }
        if let Some(value) = value(&pair.value) {
            all.insert(pair.key, value);
        }
    }
    all
}

/// The text of a text attribute.
pub(super) fn text<'a>(attributes: &'a Attributes, name: &str) -> Option<&'a str> {
    match attributes.get(name)? {
        AttributeValue::Text(text) if !text.is_empty() => Some(text),
        _ => None,
    }
}

/// Whole numbers are texts, since JSON has no 64 bits.
fn value(value: &Value) -> Option<AttributeValue> {
    let (kind, inner) = value.as_object()?.iter().next()?;
    let whole = || {
        let text = inner.as_str();
        text.map_or_else(|| inner.as_i64(), |text| text.parse().ok())
    };
    Some(match kind.as_str() {
        "stringValue" | "bytesValue" => AttributeValue::Text(cut(inner.as_str()?)),
        "intValue" => AttributeValue::Integer(whole()?),
        "doubleValue" => match inner.as_f64() {
            Some(number) => AttributeValue::Number(number),
            // NaN and infinities are texts.
            None => AttributeValue::Text(cut(inner.as_str()?)),
        },
        "boolValue" => AttributeValue::Truth(inner.as_bool()?),
        _ => AttributeValue::Text(cut(&plain(value).to_string())),
    })
}

/// A list or map without the wrapping of each of its values. Deep ones do not come: the parser of
/// the answer takes 128 levels.
fn plain(value: &Value) -> Value {
    let Some((kind, inner)) = value.as_object().and_then(|all| all.iter().next()) else {
        return Value::Null;
    };
    match kind.as_str() {
        "arrayValue" => {
            let values = inner["values"].as_array().into_iter().flatten();
            values.map(plain).collect()
        }
        "kvlistValue" => {
            let values = inner["values"].as_array().into_iter().flatten();
            let named = |pair: &Value| {
                let key = pair["key"].as_str().unwrap_or_default().to_owned();
                (key, plain(&pair["value"]))
            };
            Value::Object(values.map(named).collect())
        }
        _ => inner.clone(),
    }
}

/// At most so many characters of a text.
pub(super) fn cut(text: &str) -> String {
    match text.char_indices().nth(LONGEST) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn values_keep_their_type_and_lists_lose_their_wrapping() {
        let one = |of: Value| value(&of).unwrap().to_string();
        assert_eq!(
            one(json!({"intValue": "9007199254740993"})),
            "9007199254740993"
        );
        assert_eq!(one(json!({"intValue": 5})), "5");
        assert_eq!(one(json!({"boolValue": true})), "true");
        assert_eq!(one(json!({"doubleValue": 185.9})), "185.9");
        assert_eq!(one(json!({"doubleValue": "NaN"})), "NaN");
        let list = json!({"arrayValue": {"values": [{"stringValue": "eu"}, {"intValue": "1"}]}});
        assert_eq!(one(list), r#"["eu","1"]"#);
        let map = json!({"kvlistValue": {"values": [{"key": "a", "value": {"boolValue": false}}]}});
        assert_eq!(one(map), r#"{"a":false}"#);
        assert_eq!(value(&json!({})), None);
        assert_eq!(cut(&"é".repeat(2_001)).chars().count(), 2_001);
    }
}
