//! How an endpoint is reached, beside its URL.

use std::sync::Arc;

use fleetscope_model::Endpoint;
use url::Url;

use crate::base;
use crate::certificate::ClientCertificate;

/// What makes connections of its own necessary. Two endpoints with the same way share a pool.
#[derive(Debug, Clone, PartialEq, Eq, Hash)]
pub(crate) struct Way {
    encrypted: bool,
    ca_bundle: Option<Arc<str>>,
    /// The name on the certificate, and the host that it stands for.
    other_name: Option<(String, String)>,
    proxy: Option<Url>,
    certificate: Option<ClientCertificate>,
    /// Whether requests show nothing. A connection keeps bytes of its last request and answer until
    /// others take their place: what shows nothing may be a stream without end, and takes none over
    /// by which a credential went.
    bare: bool,
}

impl Way {
    /// The way to whatever is reached by this scheme alone.
    pub(crate) fn default_of(scheme: &str) -> Self {
        Self {
            encrypted: scheme == "https",
            ca_bundle: None,
            other_name: None,
            proxy: None,
            certificate: None,
            bare: false,
        }
    }

    /// The way to an endpoint whose base URL is `base`, and the URL that requests are made to:
    /// with the name on the certificate in it, where that is another one. The message is one for
    /// people and repeats no URL.
    pub(crate) fn to(endpoint: &Endpoint, base: &Url) -> Result<(Self, Url), String> {
        let mut way = Self::default_of(base.scheme());
        let mut target = base.clone();
        if let Some(pem) = endpoint.ca_bundle.as_deref().filter(|_| way.encrypted) {
            way.ca_bundle = Some(pem.into());
        }
        if let Some(proxy) = &endpoint.proxy_url {
            let proxy = base::parse(proxy).map_err(|said| format!("its proxy: {said}"))?;
            way.proxy = Some(proxy);
        }
        let named = endpoint.server_name.as_deref().filter(|_| way.encrypted);
        if let Some(name) = named.filter(|name| base.host_str() != Some(name)) {
            if way.proxy.is_some() {
                return Err(
                    "a proxy finds the server by its name: leave server_name out".to_owned(),
                );
            }
            target
                .set_host(Some(name))
                .map_err(|error| format!("the server_name is no host name ({error})"))?;
            let name = target.host_str().unwrap_or_default().to_owned();
            let host = base.host_str().unwrap_or_default().to_owned();
            way.other_name = Some((name, host));
        }
        Ok((way, target))
    }

    /// The same way, showing a certificate of our own. Without TLS there is none to show.
    pub(crate) fn presenting(&mut self, certificate: ClientCertificate) {
        self.certificate = Some(certificate).filter(|_| self.encrypted);
    }

    /// The same way for requests that show nothing.
    pub(crate) fn showing_nothing(&mut self) {
        self.bare = true;
    }

    pub(crate) fn encrypted(&self) -> bool {
        self.encrypted
    }

    pub(crate) fn proxy(&self) -> Option<&Url> {
        self.proxy.as_ref()
    }

    pub(crate) fn ca_bundle(&self) -> Option<&str> {
        self.ca_bundle.as_deref()
    }

    pub(crate) fn other_name(&self) -> Option<(String, String)> {
        self.other_name.clone()
    }

    pub(crate) fn certificate(&self) -> Option<&ClientCertificate> {
        self.certificate.as_ref()
    }
}

#[cfg(test)]
mod tests;
