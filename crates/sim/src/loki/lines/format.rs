//! Each team writes its lines in its own way.

use crate::world::happening::Level;
use crate::world::time::Tick;

/// A field of a line.
pub(super) enum Field {
    Text(String),
    Number(i64),
}

/// JSON in the shop, logfmt on the ML platform, plain text at the edge.
pub(super) fn line(
    cluster: &str,
    (tick, at): (Tick, f64),
    level: Level,
    message: &str,
    fields: &[(&str, Field)],
) -> String {
    match cluster {
        "shop" => json(level, message, fields),
        "train" => logfmt(level, message, fields),
        _ => plain((tick, at), level, message, fields),
    }
}

fn json(level: Level, message: &str, fields: &[(&str, Field)]) -> String {
    let mut line = String::with_capacity(160);
    line.push_str("{\"level\":");
    push_quoted(&mut line, level.name());
    line.push_str(",\"msg\":");
    push_quoted(&mut line, message);
    for (name, value) in fields {
        line.push(',');
        push_quoted(&mut line, name);
        line.push(':');
        match value {
            Field::Text(text) => push_quoted(&mut line, text),
            Field::Number(number) => line.push_str(&number.to_string()),
        }
    }
    line.push('}');
    line
}

/// A JSON string. A day of lines is written for one query, which a general serializer makes slow.
fn push_quoted(line: &mut String, text: &str) {
    line.push('"');
    for c in text.chars() {
        match c {
            '"' => line.push_str("\\\""),
            '\\' => line.push_str("\\\\"),
            '\n' => line.push_str("\\n"),
            c if c.is_control() => line.push(' '),
            c => line.push(c),
        }
    }
    line.push('"');
}

fn logfmt(level: Level, message: &str, fields: &[(&str, Field)]) -> String {
    let mut line = format!("level={} msg=\"{message}\"", level.name());
    line.push_str(&pairs(fields));
    line
}

fn plain((tick, at): (Tick, f64), level: Level, message: &str, fields: &[(&str, Field)]) -> String {
    let millis = tick.millis() + (at * 1000.0) as i64;
    let time = jiff::Timestamp::from_millisecond(millis).unwrap_or(jiff::Timestamp::UNIX_EPOCH);
    let level = level.name().to_ascii_uppercase();
    let mut line = format!(
        "{} {level} {message}",
        time.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    );
    line.push_str(&pairs(fields));
    line
}

fn pairs(fields: &[(&str, Field)]) -> String {
    let pair = |(name, value): &(&str, Field)| match value {
        Field::Text(text) if text.contains([' ', '"', '=']) => {
            format!(" {name}=\"{}\"", text.replace('"', "'"))
        }
        Field::Text(text) => format!(" {name}={text}"),
        Field::Number(number) => format!(" {name}={number}"),
    };
    fields.iter().map(pair).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shop_writes_json_whatever_is_in_the_texts() {
        let text = "a \"b\" \\ c\n".to_owned();
        let fields = [
            ("error", Field::Text(text.clone())),
            ("status", Field::Number(500)),
        ];
        let line = json(Level::Error, "request failed", &fields);
        let value: serde_json::Value = serde_json::from_str(&line).expect("JSON");
        assert_eq!(value["error"], text);
        assert_eq!(value["status"], 500);
    }
}
