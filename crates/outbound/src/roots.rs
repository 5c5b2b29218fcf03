//! The certificates of a file, which are replaced while they are in use.

use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use tokio::time::Instant;

/// How long the file is believed before it is read again. Authorities overlap for days when they
/// are replaced, and who is cut off is cut off for no longer than this.
const FRESH: Duration = Duration::from_secs(10);

/// More than any bundle of certificates.
const MOST_BYTES: u64 = 4 * 1024 * 1024;

/// A file with certificates, and what it held last.
pub(crate) struct Roots {
    path: PathBuf,
    read: Mutex<Read>,
}

struct Read {
    at: Instant,
    pem: Vec<u8>,
}

impl Roots {
    /// A file that holds this now.
    pub(crate) fn new(path: &Path, pem: &[u8]) -> Self {
        Self {
            path: path.to_owned(),
            read: Mutex::new(Read {
                at: Instant::now(),
                pem: pem.to_owned(),
            }),
        }
    }

    /// What the file holds, where that is old news by now and something else than before.
    pub(crate) async fn changed(&self) -> Option<Vec<u8>> {
        {
            let mut read = self.lock();
            if read.at.elapsed() < FRESH {
                return None;
            }
            // Others go on with what there is meanwhile.
            read.at = Instant::now();
        }
        let pem = self.pem().await?;
        let mut read = self.lock();
        if read.pem == pem {
            return None;
        }
        read.pem.clone_from(&pem);
        Some(pem)
    }

    /// Somebody was not trusted: the file is read again before the next use.
    pub(crate) fn doubt(&self) {
        let mut read = self.lock();
        if let Some(before) = Instant::now().checked_sub(FRESH) {
            read.at = before;
        }
    }

    async fn pem(&self) -> Option<Vec<u8>> {
        let (path, most) = (self.path.display(), MOST_BYTES);
        let read = async {
            let length = tokio::fs::metadata(&self.path).await?.len();
            if length > most {
                return Err(std::io::Error::other(format!(
                    "it has more than {most} bytes"
                )));
            }
            tokio::fs::read(&self.path).await
        };
        match read.await {
            Ok(pem) => Some(pem),
            Err(error) => {
                tracing::warn!(%path, %error, "certificates can't be read again: those before stay");
                None
            }
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, Read> {
        self.read.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_file_is_read_again_after_a_while_or_a_doubt_and_told_where_it_changed() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("ca.crt");
        std::fs::write(&path, "one").unwrap();
        let roots = Roots::new(&path, b"one");
        tokio::time::advance(FRESH).await;
        assert_eq!(roots.changed().await, None);
        std::fs::write(&path, "two").unwrap();
        assert_eq!(roots.changed().await, None, "it is not read at each use");
        tokio::time::advance(FRESH).await;
        assert_eq!(roots.changed().await.as_deref(), Some(&b"two"[..]));
        std::fs::write(&path, "three").unwrap();
        roots.doubt();
        assert_eq!(roots.changed().await.as_deref(), Some(&b"three"[..]));
        std::fs::remove_file(&path).unwrap();
        roots.doubt();
        assert_eq!(roots.changed().await, None);
    }
}
