//! The token with which a request authenticates itself.

use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use fleetscope_model::GapKind;
use http::HeaderValue;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::time::Instant;

use crate::Failure;

/// How long a token file is believed before it is read again. The kubelet writes a projected
/// token anew when a fifth of its life is left, two minutes at least, so this is early enough.
const FRESH: Duration = Duration::from_secs(10);

/// More than any token.
const MOST_BYTES: u64 = 64 * 1024;

/// A bearer token of our own, or of whom a request is made for. Cheap to clone; prints nothing.
#[derive(Clone)]
pub struct Bearer(Kind);

#[derive(Clone)]
enum Kind {
    Token(HeaderValue),
    File(Arc<File>),
}

struct File {
    path: PathBuf,
    read: Mutex<Option<(Instant, HeaderValue)>>,
}

impl Bearer {
    /// This token. `Unauthenticated` where it holds what no header may hold.
    pub fn token(token: &SecretString) -> Result<Self, Failure> {
        let header = header(token.expose_secret()).ok_or_else(|| {
            let said = "the token holds characters that no header may hold";
            Failure::new(GapKind::Unauthenticated, said)
        })?;
        Ok(Self(Kind::Token(header)))
    }

    /// Whatever token the file holds: it is read again every few seconds, and at once after it was
    /// refused, as tokens of service accounts are replaced while they are in use.
    pub fn file(path: impl Into<PathBuf>) -> Self {
        Self(Kind::File(Arc::new(File {
            path: path.into(),
            read: Mutex::default(),
        })))
    }

    /// The value of the `Authorization` header now.
    pub async fn header(&self) -> Result<HeaderValue, Failure> {
        let file = match &self.0 {
            Kind::Token(header) => return Ok(header.clone()),
            Kind::File(file) => file,
        };
        if let Some(header) = file.fresh() {
            return Ok(header);
        }
        let text = read(&file.path).await?;
        let header = header(text.expose_secret().trim()).ok_or_else(|| unusable(&file.path))?;
        *file.read.lock().unwrap_or_else(PoisonError::into_inner) =
            Some((Instant::now(), header.clone()));
        Ok(header)
    }

    /// The token itself now, for where it does not travel in a header.
    pub async fn text(&self) -> Result<SecretString, Failure> {
        let header = self.header().await?;
        let text = header
            .to_str()
            .ok()
            .and_then(|text| text.strip_prefix("Bearer "));
        Ok(text.unwrap_or_default().into())
    }

    /// The token was refused: a file is read again before the next use.
    pub fn refused(&self) {
        if let Kind::File(file) = &self.0 {
            *file.read.lock().unwrap_or_else(PoisonError::into_inner) = None;
        }
    }
}

impl std::fmt::Debug for Bearer {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.0 {
            Kind::Token(_) => f.write_str("Bearer(<redacted>)"),
            Kind::File(file) => f.debug_tuple("Bearer").field(&file.path).finish(),
        }
    }
}

impl File {
    fn fresh(&self) -> Option<HeaderValue> {
        let read = self.read.lock().unwrap_or_else(PoisonError::into_inner);
        let (at, header) = read.as_ref()?;
        (at.elapsed() < FRESH).then(|| header.clone())
    }
}

fn header(token: &str) -> Option<HeaderValue> {
    if token.is_empty() {
        return None;
    }
    let mut header = HeaderValue::try_from(format!("Bearer {token}")).ok()?;
    header.set_sensitive(true);
    Some(header)
}

async fn read(path: &Path) -> Result<SecretString, Failure> {
    let failed = |error: std::io::Error| {
        Failure::new(
            GapKind::Unauthenticated,
            format!(
                "the token file {} can't be read ({error}): check that it is mounted and readable",
                path.display()
            ),
        )
    };
    let length = tokio::fs::metadata(path).await.map_err(failed)?.len();
    if length > MOST_BYTES {
        return Err(unusable(path));
    }
    let text = tokio::fs::read_to_string(path).await.map_err(failed)?;
    Ok(text.into())
}

fn unusable(path: &Path) -> Failure {
    Failure::new(
        GapKind::Unauthenticated,
        format!(
            "the token file {} holds no token: write one there",
            path.display()
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test(start_paused = true)]
    async fn a_token_file_is_read_again_after_a_while_and_after_a_refusal() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("token");
        let bearer = Bearer::file(&path);
        assert!(bearer.header().await.is_err());
        std::fs::write(&path, "one\n").unwrap();
        assert_eq!(bearer.header().await.unwrap(), "Bearer one");
        std::fs::write(&path, "two\n").unwrap();
        assert_eq!(bearer.header().await.unwrap(), "Bearer one");
        tokio::time::advance(FRESH).await;
        assert_eq!(bearer.header().await.unwrap(), "Bearer two");
        std::fs::write(&path, "three").unwrap();
        bearer.refused();
        assert_eq!(bearer.header().await.unwrap(), "Bearer three");
    }

    #[tokio::test]
    async fn a_token_is_not_printed() {
        let bearer = Bearer::token(&"canary".into()).unwrap();
        let header = bearer.header().await.unwrap();
        assert!(!format!("{bearer:?}{header:?}").contains("canary"));
        assert!(Bearer::token(&"a\nb".into()).is_err());
    }
}
