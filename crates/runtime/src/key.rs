//! New keys for `credentials.keys`.

use std::path::Path;

use fleetscope_registry::envelope::Key;

use crate::roles::credentials::key_file;
use crate::{Error, Result};

/// Makes a key in a file that only its owner can read.
///
/// # Errors
/// `file_not_writable` where the file is there already, or can't be made.
pub fn new_key_file(path: &Path) -> Result<()> {
    let text = Key::generate().ok_or(Error::NoRandomness)?;
    key_file::make(path, &text).map_err(|cause| Error::KeyFile {
        path: path.to_owned(),
        cause,
    })
}
