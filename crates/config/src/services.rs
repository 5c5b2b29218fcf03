//! `[services]`: how roles in different processes find and trust each other.

use std::path::PathBuf;

use fleetscope_model::Role;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use url::Url;

use crate::error::Problem;
use crate::secret::Secret;

/// The fewest bytes of a signing key: as long as the hash that it keys (RFC 7518 section 3.2).
const LEAST_KEY: usize = 32;

/// How roles in different processes find and trust each other. Not needed where one process has
/// all roles.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Services {
    /// The key, at least 32 bytes and the same in every process, under which a gateway signs who
    /// is calling. Better written in a file (`key_file`) or an environment variable than here.
    #[serde(
        skip_serializing_if = "Option::is_none",
        serialize_with = "crate::secret::redacted"
    )]
    #[schemars(
        with = "Secret",
        example = "at least 32 bytes, for example of: openssl rand -base64 32"
    )]
    pub key: Option<Secret>,
    /// A file that holds the key and nothing else; white space round it is ignored.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "PathBuf", example = "/etc/fleetscope/services.key")]
    pub key_file: Option<PathBuf>,
    /// For a gateway: a file with a token of its service account for services.audience, by which
    /// it shows the other roles who it is. It is read again while it is in use, as projected tokens
    /// are replaced.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(
        with = "PathBuf",
        example = "/var/run/secrets/fleetscope/services-token"
    )]
    pub token_file: Option<PathBuf>,
    /// Whom the tokens of gateways must be for.
    pub audience: String,
    /// For the other roles: the service accounts of gateways, as in
    /// system:serviceaccount:fleetscope:fleetscope-gateway. Where there are any, a request must
    /// bring a token of one of them beside the signature under services.key; the hub is asked
    /// whose it is.
    pub peers: Vec<String>,
    /// Where the registry answers, for a gateway in another process.
    pub registry: Service,
    /// Where the collector answers, for a gateway in another process.
    pub collector: Service,
    /// Where streaming answers, for a gateway in another process.
    pub streaming: Service,
    /// Where intelligence answers, for a gateway in another process.
    pub intelligence: Service,
}

/// Where one role answers.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Service {
    /// The `server.inner_listen` of the process that has the role, as a URL.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "String", example = "http://127.0.0.1:8081")]
    pub url: Option<Url>,
}

impl Default for Services {
    fn default() -> Self {
        Self {
            key: None,
            key_file: None,
            token_file: None,
            audience: "fleetscope-services".to_owned(),
            peers: Vec::new(),
            registry: Service::default(),
            collector: Service::default(),
            streaming: Service::default(),
            intelligence: Service::default(),
        }
    }
}

impl Services {
    /// The address of a role in another process; none for the gateway, which nobody calls.
    pub const fn url(&self, role: Role) -> Option<&Url> {
        let service = match role {
            Role::Gateway => return None,
            Role::Registry => &self.registry,
            Role::Collector => &self.collector,
            Role::Streaming => &self.streaming,
            Role::Intelligence => &self.intelligence,
        };
        service.url.as_ref()
    }

    /// Reads the key from its file, where it is to be read from one.
    pub(crate) fn resolve(&mut self, problems: &mut Vec<Problem>) {
        let Some(path) = &self.key_file else { return };
        if self.key.is_some() {
            let what = "services.key is given too: keep one of the two";
            problems.push(Problem::of("services.key_file", what));
            return;
        }
        match std::fs::read_to_string(path) {
            Ok(text) => self.key = Some(Secret::new(text.trim())),
            Err(error) => problems.push(Problem::of(
                "services.key_file",
                format!(
                    "{} can't be read ({error}): write the path of a readable text file",
                    path.display()
                ),
            )),
        }
    }

    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        if let Some(key) = &self.key
            && key.length() < LEAST_KEY
        {
            let from = if self.key_file.is_some() {
                "services.key_file"
            } else {
                "services.key"
            };
            let what = format!(
                "the key has {} bytes and needs at least {LEAST_KEY}: take the output of \
                 `openssl rand -base64 32`",
                key.length()
            );
            problems.push(Problem::of(from, what));
        }
        if self.audience.is_empty() {
            let what = "is empty: write whom the tokens of gateways must be for";
            problems.push(Problem::of("services.audience", what));
        }
        if self
            .peers
            .iter()
            .any(|name| !name.starts_with("system:serviceaccount:"))
        {
            let what = "has a name that is none of a service account: write each as in \
                        system:serviceaccount:fleetscope:fleetscope-gateway";
            problems.push(Problem::of("services.peers", what));
        }
        for role in Role::ALL {
            if let Some(what) = self.url(role).and_then(refusal) {
                problems.push(Problem::of(&format!("services.{role}.url"), what));
            }
        }
    }
}

/// Why an address can't be used, if it can't.
fn refusal(url: &Url) -> Option<&'static str> {
    if url.scheme() == "https" {
        Some(
            "is spoken to in plain HTTP only, for now: write it as in http://127.0.0.1:8081, over a \
             network or a tunnel that you trust",
        )
    } else if url.scheme() != "http" || !url.has_host() {
        Some("is not an HTTP address: write it as in http://127.0.0.1:8081")
    } else if !url.username().is_empty() || url.password().is_some() {
        Some("holds a user name or password: leave them out, services.key is what is checked")
    } else if url.query().is_some() || url.fragment().is_some() || url.path() != "/" {
        Some("has more than scheme, host and port: write it as in http://127.0.0.1:8081")
    } else {
        None
    }
}
