//! Whole objects as files of a folder.
//!
//! A key is words of `A-Z a-z 0-9 . _ -` joined by `/`, none beginning with a dot: what every
//! object store and every file system can name, and what can't leave the folder. A put writes a
//! file beside (`<key>#1`), flushes it to disk, and moves it to its place, so that it is seen
//! whole or not at all, also after a power cut.

use std::collections::BTreeSet;
use std::error::Error as StdError;
use std::path::{Path as FilePath, PathBuf};
use std::{fs, io};

use async_trait::async_trait;
use bytes::Bytes;
use fleetscope_model::ErrorKind;
use fleetscope_ports::{Error, Objects, Result};
use futures::TryStreamExt;
use object_store::local::LocalFileSystem;
use object_store::path::Path;
use object_store::{ObjectStore, ObjectStoreExt};
use tracing::instrument;

use crate::folder::unusable;

/// The longest key, in bytes: each part has to be a file name (255), and S3 takes 1024 in all.
const LONGEST: usize = 200;

pub(crate) struct LocalObjects {
    folder: PathBuf,
    files: LocalFileSystem,
}

impl LocalObjects {
    /// Opens the folder, making it where there is none. What a put left half done when a process
    /// was killed is removed: nobody else is writing, see `folder.rs`.
    pub(crate) fn open(folder: &FilePath) -> Result<Self> {
        let unusable = |error| unusable(folder, error);
        fs::create_dir_all(folder).map_err(unusable)?;
        remove_unfinished(folder).map_err(unusable)?;
        let files = LocalFileSystem::new_with_prefix(folder)
            .map_err(|error| failure("objects", error))?
            .with_fsync(true);
        Ok(Self {
            folder: folder.to_owned(),
            files,
        })
    }
}

#[async_trait]
impl Objects for LocalObjects {
    #[instrument(level = "debug", skip_all, name = "objects.put", fields(otel.kind = "client"))]
    async fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        let put = self.files.put(&path(key)?, bytes.into()).await;
        put.map(drop).map_err(|error| failure(key, error))
    }

    #[instrument(level = "debug", skip_all, name = "objects.get", fields(otel.kind = "client"))]
    async fn get(&self, key: &str) -> Result<Bytes> {
        let found = self.files.get(&path(key)?).await;
        let bytes = found.map_err(|error| failure(key, error))?.bytes().await;
        bytes.map_err(|error| failure(key, error))
    }

    #[instrument(level = "debug", skip_all, name = "objects.delete", fields(otel.kind = "client"))]
    async fn delete(&self, key: &str) -> Result<()> {
        match self.files.delete(&path(key)?).await {
            Ok(()) | Err(object_store::Error::NotFound { .. }) => Ok(()),
            Err(error) => Err(failure(key, error)),
        }
    }

    #[instrument(level = "debug", skip_all, name = "objects.list", fields(otel.kind = "client"))]
    async fn list(&self, prefix: &str, limit: usize) -> Result<Vec<String>> {
        // The folder that the prefix names for certain; the rest may be the beginning of a name.
        let folder = match prefix.rsplit_once('/') {
            Some((folder, _)) => Some(path(folder)?),
            None => None,
        };
        // Without its folder a listing is empty, which would hide that everything is gone.
        if !self.folder.is_dir() {
            return Err(failure(prefix, no_folder()));
        }
        let mut entries = self.files.list(folder.as_ref());
        let mut first = BTreeSet::new();
        while let Some(entry) = entries
            .try_next()
            .await
            .map_err(|error| failure(prefix, error))?
        {
            let key = entry.location.to_string();
            if key.starts_with(prefix) {
                first.insert(key);
            }
            if first.len() > limit {
                first.pop_last();
            }
        }
        Ok(first.into_iter().collect())
    }
}

/// The path of a key that is well formed.
fn path(key: &str) -> Result<Path> {
    let fine = |c: char| c.is_ascii_alphanumeric() || matches!(c, '.' | '_' | '-');
    let well_formed = key.len() <= LONGEST
        && key
            .split('/')
            .all(|part| !part.is_empty() && !part.starts_with('.') && part.chars().all(fine));
    if well_formed {
        return Ok(Path::from(key));
    }
    let shown: String = key.chars().take(64).collect();
    let message = format!(
        "'{shown}' is not a key of an object: write at most {LONGEST} characters, words of letters, \
         digits, '.', '_' and '-' joined by '/', none beginning with '.'"
    );
    Err(Error::new(
        ErrorKind::Invalid,
        "object_key_invalid",
        message,
    ))
}

fn remove_unfinished(folder: &FilePath) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            remove_unfinished(&entry.path())?;
        } else if entry.file_name().to_string_lossy().contains('#') {
            fs::remove_file(entry.path())?;
        }
    }
    Ok(())
}

fn no_folder() -> object_store::Error {
    object_store::Error::Generic {
        store: "objects",
        source: Box::new(io::Error::from(io::ErrorKind::NotADirectory)),
    }
}

fn failure(key: &str, error: object_store::Error) -> Error {
    if matches!(error, object_store::Error::NotFound { .. }) {
        return Error::not_found("object", &key);
    }
    let (code, message) = match io_kind(&error) {
        Some(io::ErrorKind::StorageFull | io::ErrorKind::QuotaExceeded) => (
            "disk_full",
            "the disk of the data folder is full, so nothing was stored: free some space and try \
             again",
        ),
        _ => (
            "objects_io",
            "the folder of the objects can't be read or written: see the log, and check the disk \
             and the rights of the data folder",
        ),
    };
    Error::new(ErrorKind::Unavailable, code, message).because(error)
}

/// What the operating system said, where it was the one to refuse.
fn io_kind(error: &object_store::Error) -> Option<io::ErrorKind> {
    let mut cause: Option<&(dyn StdError + 'static)> = Some(error);
    while let Some(error) = cause {
        if let Some(error) = error.downcast_ref::<io::Error>() {
            return Some(error.kind());
        }
        cause = error.source();
    }
    None
}
