//! Aggregates as JSON. Unknown fields are ignored on reading, so that an older version reads what
//! a newer one wrote as long as the meaning of the fields it knows is kept.

use std::fmt::Display;

use fleetscope_model::ErrorKind;
use fleetscope_ports::{Error, Result};
use serde::Serialize;
use serde::de::DeserializeOwned;

/// The document of a thing. It is read back before it is stored: JSON has no NaN and no infinity,
/// and a document that can't be read again would be lost.
pub(crate) fn encode<T>(what: &str, id: &dyn Display, thing: &T) -> Result<String>
where
    T: Serialize + DeserializeOwned,
{
    let refuse = |error: serde_json::Error| {
        let message = format!(
            "the {what} '{id}' can't be stored, because it could not be read again: this is a fault \
             of the program; see the log for the cause"
        );
        Error::new(ErrorKind::Internal, "document_unstorable", message).because(error)
    };
    let text = serde_json::to_string(thing).map_err(refuse)?;
    serde_json::from_str::<T>(&text).map_err(refuse)?;
    Ok(text)
}

/// The thing that a document tells of.
pub(crate) fn decode<T: DeserializeOwned>(what: &str, id: &dyn Display, text: &str) -> Result<T> {
    serde_json::from_str(text).map_err(|error| {
        let message = format!(
            "the stored {what} '{id}' can't be read: it is damaged, or a newer version wrote it; \
             start that version, or restore the data folder from a backup"
        );
        Error::new(ErrorKind::Internal, "document_unreadable", message).because(error)
    })
}

/// The things that documents tell of, for a task that works through them: one that can't be read
/// is logged and left out, so that it does not hold up the others.
pub(crate) fn decode_readable<T: DeserializeOwned>(
    what: &'static str,
    rows: Vec<(String, String)>,
) -> Vec<T> {
    let readable = rows.into_iter().filter_map(|(id, text)| {
        decode(what, &id, &text)
            .inspect_err(|error| {
                tracing::error!(what, id, cause = ?error, "a stored document is left out");
            })
            .ok()
    });
    readable.collect()
}
