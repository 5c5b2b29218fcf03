//! Kubeconfigs, taken apart: <https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/>.
//!
//! What a file says is data. Programs that it names are never run and files that it names never
//! read: whoever wrote it would else run and read them as this server.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetscope_model::Endpoint;
use fleetscope_ports::{Opened, Plain};
use serde::Deserialize;
use serde::de::IgnoredAny;

use super::value::{InvalidCredential, check, wrong};

/// The longest file, in bytes: far more than hundreds of contexts have.
const LONGEST: usize = 1024 * 1024;
const AT: &str = "/kubeconfig";

/// A kubeconfig that was read. It can be neither printed nor copied.
#[derive(Deserialize)]
pub struct Kubeconfig {
    #[serde(rename = "current-context", default)]
    current: Option<String>,
    #[serde(default)]
    contexts: Vec<Named<ContextPart>>,
    #[serde(default)]
    clusters: Vec<Named<ClusterPart>>,
    #[serde(default)]
    users: Vec<Named<UserPart>>,
}

#[derive(Deserialize)]
struct Named<T> {
    name: String,
    #[serde(alias = "context", alias = "cluster", alias = "user")]
    of: T,
}

#[derive(Deserialize)]
struct ContextPart {
    cluster: String,
    #[serde(default)]
    user: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct ClusterPart {
    server: String,
    #[serde(default)]
    certificate_authority_data: Option<String>,
    #[serde(default)]
    certificate_authority: Option<String>,
    #[serde(default)]
    insecure_skip_tls_verify: bool,
    #[serde(default)]
    tls_server_name: Option<String>,
    #[serde(default)]
    proxy_url: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct UserPart {
    #[serde(default)]
    token: Option<Text>,
    #[serde(default, rename = "tokenFile")]
    token_file: Option<IgnoredAny>,
    #[serde(default)]
    client_certificate_data: Option<Text>,
    #[serde(default)]
    client_key_data: Option<Text>,
    #[serde(default)]
    client_certificate: Option<IgnoredAny>,
    #[serde(default)]
    client_key: Option<IgnoredAny>,
    #[serde(default)]
    username: Option<Text>,
    #[serde(default)]
    password: Option<Text>,
    #[serde(default)]
    exec: Option<IgnoredAny>,
    #[serde(default)]
    auth_provider: Option<IgnoredAny>,
    #[serde(default, rename = "as")]
    impersonate: Option<IgnoredAny>,
}

/// A text that goes straight into memory that is wiped.
struct Text(Plain);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        String::deserialize(deserializer).map(|text| Self(Plain::new(text)))
    }
}

/// One context: a cluster, and who one is there.
pub struct Context<'a> {
    name: &'a str,
    cluster: &'a ClusterPart,
    user: Option<&'a UserPart>,
}

impl Kubeconfig {
    /// Reads a file, YAML or JSON.
    ///
    /// # Errors
    /// `invalid_credential` where it is none. What it says is not repeated.
    pub fn parse(text: &str) -> Result<Self, InvalidCredential> {
        if text.len() > LONGEST {
            return Err(wrong(AT, format!("longer than {LONGEST} bytes")));
        }
        // The reader's own words quote the file, secrets and all.
        let parsed: Self = serde_saphyr::from_str(text).map_err(|_| {
            wrong(
                AT,
                "this is no kubeconfig: write the output of `kubectl config view --raw --flatten`",
            )
        })?;
        if parsed.contexts.is_empty() {
            let detail = "there is no context in it: write the output of `kubectl config view \
                          --raw --flatten`";
            return Err(wrong(AT, detail));
        }
        Ok(parsed)
    }

    /// The names of its contexts.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.contexts.iter().map(|context| context.name.as_str())
    }

    /// One context; the current one where none is named.
    ///
    /// # Errors
    /// `invalid_credential` where there is none of that name.
    pub fn context(&self, name: Option<&str>) -> Result<Context<'_>, InvalidCredential> {
        let only = (self.contexts.len() == 1).then(|| self.contexts[0].name.as_str());
        let current = self.current.as_deref().filter(|name| !name.is_empty());
        let name = name.or(current).or(only).ok_or_else(|| {
            wrong(
                "/context",
                "no context is the current one: name one of them",
            )
        })?;
        let missing = |what: &str| {
            wrong(
                "/context",
                format!(
                    "the kubeconfig has no {what} for the context '{name}': name another one, or \
                     write the output of `kubectl config view --raw --flatten`"
                ),
            )
        };
        let context = find(&self.contexts, name).ok_or_else(|| missing("entry"))?;
        let cluster = find(&self.clusters, &context.cluster).ok_or_else(|| missing("cluster"))?;
        let user = find(&self.users, &context.user);
        if user.is_none() && !context.user.is_empty() {
            return Err(missing("user"));
        }
        Ok(Context {
            name: self.named(name),
            cluster,
            user,
        })
    }

    /// The name as the file has it.
    fn named(&self, name: &str) -> &str {
        self.names().find(|own| *own == name).unwrap_or_default()
    }
}

fn find<'a, T>(all: &'a [Named<T>], name: &str) -> Option<&'a T> {
    all.iter().find(|one| one.name == name).map(|one| &one.of)
}

impl Context<'_> {
    /// Its name.
    pub const fn name(&self) -> &str {
        self.name
    }

    /// The API server, as far as it may be said of an endpoint; whoever takes it checks it.
    ///
    /// # Errors
    /// `invalid_credential` where certificates would not be checked, or stand in another file.
    pub fn endpoint(&self) -> Result<Endpoint, InvalidCredential> {
        let name = self.name;
        if self.cluster.insecure_skip_tls_verify {
            return Err(wrong(
                AT,
                format!(
                    "the context '{name}' does not check the server's certificate \
                     (insecure-skip-tls-verify), and so anybody on the way could read the \
                     credential: put the certificate of its authority into \
                     certificate-authority-data"
                ),
            ));
        }
        if self.cluster.certificate_authority.is_some()
            && self.cluster.certificate_authority_data.is_none()
        {
            return Err(elsewhere(name, "certificate-authority"));
        }
        let ca_bundle = self
            .cluster
            .certificate_authority_data
            .as_deref()
            .map(|data| decoded(name, "certificate-authority-data", data))
            .transpose()?;
        Ok(Endpoint {
            ca_bundle: ca_bundle.map(|pem| pem.expose().to_owned()),
            server_name: self.cluster.tls_server_name.clone(),
            proxy_url: self.cluster.proxy_url.clone(),
            ..Endpoint::at(&self.cluster.server)
        })
    }

    /// What its user shows to the API server.
    ///
    /// # Errors
    /// `invalid_credential` where that is nothing, or comes from a program or another file.
    pub fn into_credential(self) -> Result<Opened, InvalidCredential> {
        let name = self.name;
        let user = self.user.ok_or_else(|| nothing(name))?;
        for (what, there) in [
            ("a program (exec)", user.exec.is_some()),
            ("a plugin (auth-provider)", user.auth_provider.is_some()),
        ] {
            if there {
                return Err(program(name, what));
            }
        }
        if user.impersonate.is_some() {
            let detail = format!(
                "the user of the context '{name}' acts as somebody else (as): give a credential of \
                 its own, such as a token of a ServiceAccount"
            );
            return Err(wrong(AT, detail));
        }
        let opened = match user {
            UserPart {
                token: Some(Text(token)),
                ..
            } => Opened::Token(copy(token)),
            UserPart {
                client_certificate_data: Some(Text(certificate)),
                client_key_data: Some(Text(key)),
                ..
            } => Opened::ClientCertificate {
                certificate: decoded(name, "client-certificate-data", certificate.expose())?,
                key: decoded(name, "client-key-data", key.expose())?,
            },
            UserPart {
                username: Some(Text(username)),
                password: Some(Text(password)),
                ..
            } => Opened::Basic {
                username: copy(username),
                password: copy(password),
            },
            user => return Err(absent(name, user)),
        };
        check(&opened).map_err(|error| wrong(AT, error.detail))?;
        Ok(opened)
    }
}

fn copy(plain: &Plain) -> Plain {
    Plain::new(plain.expose().to_owned())
}

fn decoded(name: &str, key: &str, data: &str) -> Result<Plain, InvalidCredential> {
    let bytes = STANDARD.decode(data.trim()).ok();
    let text = bytes.and_then(|bytes| String::from_utf8(bytes).ok());
    text.map(Plain::new).ok_or_else(|| {
        let detail = format!("{key} of the context '{name}' is no PEM in base64: export it again");
        wrong(AT, detail)
    })
}

fn absent(name: &str, user: &UserPart) -> InvalidCredential {
    for (key, there) in [
        ("tokenFile", user.token_file.is_some()),
        ("client-certificate", user.client_certificate.is_some()),
        ("client-key", user.client_key.is_some()),
    ] {
        if there {
            return elsewhere(name, key);
        }
    }
    nothing(name)
}

fn nothing(name: &str) -> InvalidCredential {
    wrong(
        AT,
        format!(
            "the user of the context '{name}' has no token, client certificate or password: name a \
             context with one, or make a ServiceAccount with `fleetscope rbac generate` and give \
             its token"
        ),
    )
}

fn elsewhere(name: &str, key: &str) -> InvalidCredential {
    wrong(
        AT,
        format!(
            "{key} of the context '{name}' stands in another file, which is not read: write the \
             output of `kubectl config view --raw --flatten`"
        ),
    )
}

fn program(name: &str, what: &str) -> InvalidCredential {
    wrong(
        AT,
        format!(
            "the user of the context '{name}' gets its token from {what}, and no program is run for \
             a kubeconfig: make a ServiceAccount for Fleetscope with `fleetscope rbac generate`, \
             and give its token"
        ),
    )
}

#[cfg(test)]
mod fuzz;
#[cfg(test)]
mod tests;
