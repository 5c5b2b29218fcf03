//! The data folder, claimed by one process.

use std::fs::{self, DirBuilder, File, OpenOptions, TryLockError};
use std::io::{self, Read, Write};
use std::os::unix::fs::DirBuilderExt;
use std::path::{Path, PathBuf};

use fleetscope_model::ErrorKind;
use fleetscope_ports::{Error, Result};

/// Only the owner: the folder holds digests of tokens.
const MODE: u32 = 0o700;

/// A data folder that no other process uses. The claim ends with the value, or with the process,
/// however it ends.
#[derive(Debug)]
pub(crate) struct Folder {
    path: PathBuf,
    _lock: File,
}

impl Folder {
    /// Makes the folder where there is none, and claims it.
    pub(crate) fn claim(path: &Path) -> Result<Self> {
        let made = DirBuilder::new().recursive(true).mode(MODE).create(path);
        made.map_err(|error| unusable(path, error))?;
        let path = fs::canonicalize(path).map_err(|error| unusable(path, error))?;
        let lock = lock(&path)?;
        Ok(Self { path, _lock: lock })
    }

    /// The database file.
    pub(crate) fn database(&self) -> PathBuf {
        self.path.join("fleetscope.db")
    }

    /// The folder of the objects.
    pub(crate) fn objects(&self) -> PathBuf {
        self.path.join("objects")
    }

    /// The folder itself.
    pub(crate) fn path(&self) -> &Path {
        &self.path
    }
}

/// The folder can't be made, read or written.
pub(crate) fn unusable(path: &Path, error: io::Error) -> Error {
    let message = format!(
        "the data folder {} can't be used ({error}): give a folder that this user may write, with \
         --data-dir or storage.data_dir",
        path.display()
    );
    Error::new(ErrorKind::Unavailable, "data_dir_unusable", message).because(error)
}

fn lock(folder: &Path) -> Result<File> {
    let unusable = |error| unusable(folder, error);
    let mut file = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .open(folder.join("fleetscope.lock"))
        .map_err(unusable)?;
    match file.try_lock() {
        Ok(()) => {}
        Err(TryLockError::WouldBlock) => return Err(in_use(folder, &mut file)),
        Err(TryLockError::Error(error)) => return Err(unusable(error)),
    }
    file.set_len(0).map_err(unusable)?;
    writeln!(file, "{}", std::process::id()).map_err(unusable)?;
    Ok(file)
}

fn in_use(folder: &Path, file: &mut File) -> Error {
    let mut owner = String::new();
    // For the message only, and the owner may be writing it at this moment.
    let _ = file.read_to_string(&mut owner);
    let owner = match owner.trim() {
        "" => "another process".to_owned(),
        id => format!("process {id}"),
    };
    let message = format!(
        "{owner} is using the data folder {}: stop it, or give this one a folder of its own with \
         --data-dir",
        folder.display()
    );
    Error::new(ErrorKind::Conflict, "data_dir_in_use", message)
}
