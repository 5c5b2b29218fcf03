//! Lengths of time, written as people write them: `30s`, `5m`, `1h30m`. A serde module for
//! fields of type [`Duration`].

use std::time::Duration;

use jiff::SignedDuration;
use schemars::{Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, Serializer};

/// Writes `5m`.
pub(crate) fn serialize<S: Serializer>(
    length: &Duration,
    serializer: S,
) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&display(*length))
}

/// Reads `5m`; a negative length and a bare number are refused.
pub(crate) fn deserialize<'de, D: Deserializer<'de>>(
    deserializer: D,
) -> Result<Duration, D::Error> {
    let text = String::deserialize(deserializer)?;
    text.parse::<SignedDuration>()
        .ok()
        .and_then(|length| Duration::try_from(length).ok())
        .ok_or_else(|| {
            let text: String = text.chars().take(64).collect();
            serde::de::Error::custom(format!(
                "'{text}' is not a length of time: write a number and a unit, as in 30s, 5m or 1h30m"
            ))
        })
}

/// The schema of such a field.
pub(crate) fn schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "string", "examples": ["30s", "5m", "1h30m"] })
}

/// As it is written in a file.
pub(crate) fn display(length: Duration) -> String {
    SignedDuration::try_from(length).map_or_else(
        |_| format!("{}s", length.as_secs()),
        |length| format!("{length:#}"),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(serde::Serialize, Deserialize)]
    struct Holder {
        #[serde(with = "super")]
        length: Duration,
    }

    fn read(text: &str) -> Result<Duration, toml::de::Error> {
        toml::from_str::<Holder>(&format!("length = \"{text}\"")).map(|holder| holder.length)
    }

    #[test]
    fn a_length_is_read_and_written_as_people_write_it() {
        for (text, length) in [
            ("30s", Duration::from_secs(30)),
            ("1m 30s", Duration::from_secs(90)),
            ("1h 30m", Duration::from_mins(90)),
            ("250ms", Duration::from_millis(250)),
        ] {
            assert_eq!(read(text).unwrap(), length);
            assert_eq!(display(length), text);
        }
        assert_eq!(read("1h30m").unwrap(), Duration::from_mins(90));
    }

    #[test]
    fn a_negative_length_and_a_bare_number_are_refused_with_an_example() {
        for text in ["-5s", "5s ago", "30", "soon", ""] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains("as in 30s"), "{error}");
        }
    }
}
