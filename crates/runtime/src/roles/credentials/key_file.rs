//! The key of an installation that was given none: made once, beside the database.

use std::io::Write as _;
use std::path::Path;

use fleetscope_registry::envelope::Key;
use zeroize::Zeroizing;

use crate::{Error, Result};

const KEY: &str = "credentials.keys";

/// The text of the file, which is made where it is not there, for its owner alone.
pub(super) fn read_or_make(path: &Path) -> Result<Zeroizing<String>> {
    if let Some(text) = read(path)? {
        return Ok(text);
    }
    let text = Key::generate().ok_or(Error::NoRandomness)?;
    match make(path, &text) {
        Ok(()) => {
            tracing::warn!(
                path = %path.display(),
                "made the key that clusters' credentials are sealed under: back it up apart from \
                 the database; without it they are lost"
            );
            Ok(text)
        }
        Err(cause) => Err(failed(path, cause)),
    }
}

/// The text of a file; none where it is not there.
pub(super) fn read(path: &Path) -> Result<Option<Zeroizing<String>>> {
    match std::fs::read_to_string(path) {
        Ok(text) => Ok(Some(Zeroizing::new(text))),
        Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(None),
        Err(cause) => Err(failed(path, cause)),
    }
}

/// Written whole and flushed under another name first: half a key, found at the next start, would
/// be worse than none.
pub(crate) fn make(path: &Path, text: &str) -> std::io::Result<()> {
    let partial = path.with_extension("key.new");
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    {
        use std::os::unix::fs::OpenOptionsExt as _;
        options.mode(0o600);
    }
    let mut file = options.open(&partial)?;
    file.write_all(text.as_bytes())?;
    file.write_all(b"\n")?;
    file.sync_all()?;
    // Never over a key that is there; the folder is this process's alone.
    if path.exists() {
        return Err(std::io::ErrorKind::AlreadyExists.into());
    }
    std::fs::rename(&partial, path)?;
    if let Some(folder) = path.parent() {
        std::fs::File::open(folder)?.sync_all()?;
    }
    Ok(())
}

pub(super) fn failed(path: &Path, cause: std::io::Error) -> Error {
    Error::File {
        key: KEY,
        path: path.to_owned(),
        cause,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_is_made_once_for_its_owner_alone() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("credentials.key");
        let made = read_or_make(&path).unwrap();
        assert_eq!(read_or_make(&path).unwrap().trim(), made.trim());
        assert!(Key::parse("default", &made).is_ok());
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt as _;
            let mode = std::fs::metadata(&path).unwrap().permissions().mode();
            assert_eq!(mode & 0o777, 0o600);
        }
        assert!(make(&path, "another").is_err());
        assert_eq!(read(&path).unwrap().unwrap().trim(), made.trim());
    }
}
