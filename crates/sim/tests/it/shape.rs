//! Recorded answers of real servers, and ours compared with their form.

use serde_json::Value;

use crate::fleet::Fleet;

/// The exchange with this name.
pub(crate) fn recorded(file: &str, name: &str) -> Value {
    let all: Vec<Value> = serde_json::from_str(file).expect("JSON");
    let found = all.into_iter().find(|exchange| exchange["name"] == name);
    found.unwrap_or_else(|| panic!("no exchange is named {name}"))
}

/// Objects must have the same keys, arrays the same kind of first element, leaves the same type.
/// What is below a key of `leave` has keys that are data, and is not looked at; and neither are
/// attributes' values, which are of one type each.
pub(crate) fn same(real: &Value, ours: &Value, leave: &[&str]) {
    compare(real, ours, leave, "");
}

/// Every recorded refusal, asked of ours at `prefix`: status, content type and body must be equal.
pub(crate) async fn refusals(fleet: &Fleet, prefix: &str, file: &str, except: &[&str]) {
    let all: Vec<Value> = serde_json::from_str(file).expect("JSON");
    let mut asked = 0;
    for exchange in all {
        let name = exchange["name"].as_str().expect("a name");
        let status = exchange["response"]["status"].as_u64().expect("a status");
        let get = exchange["request"]["method"] == "GET";
        let text = exchange["response"]["content_type"]
            .as_str()
            .is_some_and(|t| t.starts_with("text"));
        if status < 400 || !get || !text || except.contains(&name) {
            continue;
        }
        let path = exchange["request"]["path"].as_str().expect("a path");
        let (ours, body) = fleet.get(&format!("{prefix}{path}")).await;
        let real = exchange["response"]["body"].as_str().unwrap_or_default();
        assert_eq!(
            (u64::from(ours.as_u16()), body.as_str()),
            (status, real),
            "{name}"
        );
        asked += 1;
    }
    assert!(asked > 8, "only {asked} refusals were compared");
}

fn has_keys_of(ours: &Value, real: &Value) -> bool {
    let (Some(ours), Some(real)) = (ours.as_object(), real.as_object()) else {
        return false;
    };
    ours.len() == real.len() && real.keys().all(|key| ours.contains_key(key))
}

fn compare(real: &Value, ours: &Value, leave: &[&str], at: &str) {
    match (real, ours) {
        (Value::Object(real), Value::Object(ours)) => {
            let keys = |map: &serde_json::Map<String, Value>| {
                let mut keys: Vec<String> = map.keys().cloned().collect();
                keys.sort();
                keys
            };
            assert_eq!(keys(real), keys(ours), "keys at `{at}`");
            for (key, value) in real {
                if !leave.contains(&key.as_str()) {
                    compare(value, &ours[key], leave, &format!("{at}/{key}"));
                }
            }
        }
        (Value::Array(real), Value::Array(ours)) => {
            // Servers give lists in any order, and what is optional makes items differ.
            let Some(real) = real.first() else { return };
            let alike = ours.iter().find(|ours| has_keys_of(ours, real));
            if let Some(ours) = alike.or(ours.first()) {
                compare(real, ours, leave, &format!("{at}/0"));
            }
        }
        _ => assert_eq!(kind(real), kind(ours), "type at `{at}`"),
    }
}

fn kind(value: &Value) -> &'static str {
    match value {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(_) => "number",
        Value::String(_) => "string",
        Value::Array(_) => "array",
        Value::Object(_) => "object",
    }
}
