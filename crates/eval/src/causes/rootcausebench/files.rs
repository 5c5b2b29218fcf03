//! Reading the files of a case.

use std::path::Path;

use serde::de::DeserializeOwned;

use crate::Error;

/// A JSON file.
pub(super) fn json<T: DeserializeOwned>(path: &Path) -> Result<T, Error> {
    let text = std::fs::read_to_string(path).map_err(Error::unreadable(path))?;
    serde_json::from_str(&text).map_err(|e| Error::malformed(path, e))
}

/// A JSON file that not every case has.
pub(super) fn json_if_there<T: DeserializeOwned + Default>(path: &Path) -> Result<T, Error> {
    if path.exists() {
        json(path)
    } else {
        Ok(T::default())
    }
}

/// A file with a JSON value a line.
pub(super) fn json_lines<T: DeserializeOwned>(path: &Path) -> Result<Vec<T>, Error> {
    if !path.exists() {
        return Ok(Vec::new());
    }
    let text = std::fs::read_to_string(path).map_err(Error::unreadable(path))?;
    text.lines()
        .filter(|line| !line.trim().is_empty())
        .map(|line| serde_json::from_str(line).map_err(|e| Error::malformed(path, e)))
        .collect()
}
