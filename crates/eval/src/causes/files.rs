//! Folders and files of a corpus.

use std::fs;
use std::path::{Path, PathBuf};

use serde::Deserialize;

use crate::Error;

/// The folders in a folder, by name.
pub(super) fn folders(path: &Path) -> Result<Vec<PathBuf>, Error> {
    let mut found = Vec::new();
    for entry in fs::read_dir(path).map_err(Error::unreadable(path))? {
        let entry = entry.map_err(Error::unreadable(path))?.path();
        if entry.is_dir() {
            found.push(entry);
        }
    }
    found.sort();
    Ok(found)
}

/// A JSON file.
pub(super) fn json<T: for<'de> Deserialize<'de>>(path: &Path) -> Result<T, Error> {
    let text = fs::read_to_string(path).map_err(Error::unreadable(path))?;
    serde_json::from_str(&text).map_err(|why| Error::malformed(path, &why))
}
