//! TLS on the public address, with certificates that are rotated under it.

use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};

use async_trait::async_trait;
use fleetscope_config::Tls;
use fleetscope_model::Role;
use rustls::ServerConfig;
use rustls::crypto::aws_lc_rs::sign::any_supported_type;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio_rustls::TlsAcceptor;

use crate::driver::{Done, Task};
use crate::{Error, Result};

/// The certificate that is served now, and where the next one will be. Cheap to clone; all clones
/// serve the same.
#[derive(Debug, Clone)]
pub(crate) struct Certificates {
    cert_file: PathBuf,
    key_file: PathBuf,
    current: Arc<Current>,
}

#[derive(Debug)]
struct Current(RwLock<Arc<CertifiedKey>>);

impl Certificates {
    /// The certificate of the configuration; none where no TLS is spoken.
    pub(crate) async fn load(tls: &Tls) -> Result<Option<Self>> {
        let Some((cert_file, key_file)) = tls.files() else {
            return Ok(None);
        };
        let first = read(cert_file, key_file).await?;
        Ok(Some(Self {
            cert_file: cert_file.clone(),
            key_file: key_file.clone(),
            current: Arc::new(Current(RwLock::new(Arc::new(first)))),
        }))
    }

    /// Takes connections with whatever certificate is current then.
    pub(crate) fn acceptor(&self) -> TlsAcceptor {
        let mut config = ServerConfig::builder()
            .with_no_client_auth()
            .with_cert_resolver(self.current.clone());
        config.alpn_protocols = vec![b"h2".to_vec(), b"http/1.1".to_vec()];
        TlsAcceptor::from(Arc::new(config))
    }

    /// Reads the files again; says whether they hold another certificate. What can't be read
    /// leaves the one before in place.
    async fn reload(&self) -> Result<bool> {
        let read = read(&self.cert_file, &self.key_file).await?;
        if self.current.get().cert == read.cert {
            return Ok(false);
        }
        self.current.set(Arc::new(read));
        Ok(true)
    }
}

impl Current {
    fn get(&self) -> Arc<CertifiedKey> {
        let current = self.0.read().unwrap_or_else(PoisonError::into_inner);
        current.clone()
    }

    fn set(&self, next: Arc<CertifiedKey>) {
        *self.0.write().unwrap_or_else(PoisonError::into_inner) = next;
    }
}

impl ResolvesServerCert for Current {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.get())
    }
}

async fn read(cert_file: &Path, key_file: &Path) -> Result<CertifiedKey> {
    let chain = text("tls.cert_file", cert_file).await?;
    let chain: Vec<CertificateDer<'static>> = CertificateDer::pem_slice_iter(&chain)
        .collect::<std::result::Result<_, _>>()
        .map_err(|_| unusable("tls.cert_file", cert_file, "holds no PEM certificates"))?;
    if chain.is_empty() {
        let what = "holds no PEM certificate";
        return Err(unusable("tls.cert_file", cert_file, what));
    }
    let key = text("tls.key_file", key_file).await?;
    // What the parser says could hold a part of the key.
    let key = PrivateKeyDer::from_pem_slice(&key)
        .map_err(|_| unusable("tls.key_file", key_file, "holds no PEM private key"))?;
    let key = any_supported_type(&key)
        .map_err(|_| unusable("tls.key_file", key_file, "holds a key of an unknown kind"))?;
    let certified = CertifiedKey::new(chain, key);
    certified.keys_match().map_err(|_| {
        let what = "is not the key of the certificate in tls.cert_file";
        unusable("tls.key_file", key_file, what)
    })?;
    Ok(certified)
}

async fn text(key: &'static str, path: &Path) -> Result<Vec<u8>> {
    tokio::fs::read(path)
        .await
        .map_err(|error| unusable(key, path, format!("can't be read ({error})")))
}

fn unusable(key: &'static str, path: &Path, what: impl Into<String>) -> Error {
    Error::Certificate {
        key,
        path: path.to_owned(),
        what: what.into(),
    }
}

/// Reads the certificate again now and then.
pub(crate) struct Rotation(pub(crate) Certificates);

#[async_trait]
impl Task for Rotation {
    fn name(&self) -> &'static str {
        "certificates"
    }

    fn role(&self) -> Role {
        Role::Gateway
    }

    async fn activate(&self) -> std::result::Result<Done, String> {
        let reloaded = self.0.reload().await;
        let changed = reloaded.map_err(|error| fleetscope_model::Fault::message(&error))?;
        let summary = if changed {
            "another certificate is served now"
        } else {
            "the certificate is the same"
        };
        Ok(Done {
            summary: summary.to_owned(),
            busy: false,
        })
    }
}
