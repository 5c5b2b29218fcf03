//! The whole configuration, and how it comes together.

use std::path::Path;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::access::{Access, InsideClusters};
use crate::audit::Audit;
use crate::checks::Checks;
use crate::credentials::Credentials;
use crate::error::{Error, Problem};
use crate::hub::Hub;
use crate::identity::{self, Identity};
use crate::index::Index;
use crate::layers::Layers;
use crate::limits::Limits;
use crate::log::Log;
use crate::outbound::Outbound;
use crate::server::Server;
use crate::services::Services;
use crate::sources::Sources;
use crate::storage::Storage;
use crate::tls::Tls;
use crate::traces::Traces;
use crate::watches::Watches;
use crate::{access, example, keys, placement};

/// The configuration of `fleetscope serve`. One that [`Config::load`] returns is valid.
#[derive(Debug, Clone, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Config {
    /// Which roles this process takes on, where it listens, and how much it takes in.
    pub server: Server,
    /// Where everything is kept.
    pub storage: Storage,
    /// How roles in different processes find and trust each other. Not needed where one process
    /// has all roles.
    pub services: Services,
    /// The cluster whose API server says who bears a token and what he may do. Needed for the
    /// authenticators kubernetes and openshift.
    pub hub: Hub,
    /// Whose tokens are accepted.
    pub identity: Identity,
    /// What callers may do: which role they have, and what they see inside clusters. A token of
    /// this installation carries its role itself; everybody else gets the highest that is given
    /// here.
    pub access: Access,
    /// Where the secrets of clusters lie, and under which keys. What lies there is sealed: without a
    /// key it says nothing, and with the key lost it is lost.
    pub credentials: Credentials,
    /// What is written down of who did what. Changes, and requests that are refused, always are.
    pub audit: Audit,
    /// How clusters are read: limits on each read, and which addresses may be read at all.
    pub outbound: Outbound,
    /// How often clusters are called to see whether their endpoints can be used, and what they are.
    pub checks: Checks,
    /// What is kept of what clusters hold. Their API servers are watched, so that topology, changes
    /// and events need not be listed at each question.
    pub index: Index,
    /// What is looked at without being asked.
    pub watches: Watches,
    /// TLS on the public address. Without it, put a proxy that ends TLS in front.
    pub tls: Tls,
    /// How often one caller may ask. Counted by who is calling, never by address.
    pub limits: Limits,
    /// What is logged, and how.
    pub log: Log,
    /// Where spans of requests and of what they cause are sent, by OpenTelemetry's protocol (OTLP).
    pub traces: Traces,
}

impl Config {
    /// Defaults, then the file, then the environment, then the flags, each stronger than the one
    /// before. Every value is checked, also one that a stronger layer replaces.
    ///
    /// # Errors
    /// Everything that is wrong, each with where it was written and what to write.
    pub fn load(sources: &Sources) -> Result<Self, Error> {
        let (layers, mut problems) = Layers::collect(sources);
        let merged = layers.merged();
        let mut config: Self = merged.try_into().map_err(|error: toml::de::Error| {
            // Every value was read by itself before, so that this can't be reached by input.
            Problem::of("", error.message())
        })?;
        config.resolve(sources, &layers, &mut problems);
        config.collect_problems(&mut problems);
        for problem in &mut problems {
            layers.trace(problem);
        }
        Error::unless_empty(problems)?;
        Ok(config)
    }

    /// Checks a configuration that was put together by hand.
    ///
    /// # Errors
    /// Everything that is wrong, as if it had been written nowhere.
    pub fn validate(&self) -> Result<(), Error> {
        let mut problems = Vec::new();
        self.collect_problems(&mut problems);
        Error::unless_empty(problems)
    }

    /// The configuration as a file, with `<redacted>` in place of every secret that is set.
    pub fn redacted_toml(&self) -> String {
        // Texts, numbers, lists and tables only: nothing that TOML can't say.
        toml::to_string(self).unwrap_or_else(|error| format!("# {error}\n"))
    }

    /// Who says what a caller may see inside a cluster.
    pub fn inside_clusters(&self) -> InsideClusters {
        access::inside(self)
    }

    /// What whoever runs this should know of it, although nothing is wrong; a line each.
    pub fn remarks(&self) -> Vec<String> {
        access::remarks(self)
    }

    /// An example file: every key with its description and its default. What has no default is
    /// commented out.
    pub fn example_toml() -> String {
        example::example_toml(&keys::sections())
    }

    /// The JSON schema (2020-12) of the file, for editors.
    pub fn json_schema() -> String {
        let mut text = format!("{:#}", keys::schema().as_value());
        text.push('\n');
        text
    }

    fn resolve(&mut self, sources: &Sources, layers: &Layers, problems: &mut Vec<Problem>) {
        let xdg = sources
            .variable("XDG_DATA_HOME")
            .map(Path::new)
            .filter(|path| path.is_absolute());
        if let (Some(xdg), false) = (xdg, layers.has("storage.data_dir")) {
            self.storage.data_dir = xdg.join("fleetscope");
        }
        let home = sources.variable("HOME").filter(|home| !home.is_empty());
        self.storage.resolve(home.map(Path::new));
        self.services.resolve(problems);
        self.credentials.resolve(sources, problems);
    }

    fn collect_problems(&self, problems: &mut Vec<Problem>) {
        self.server.validate(problems);
        self.tls.validate(problems);
        self.limits.validate(problems);
        self.storage.validate(problems);
        self.services.validate(problems);
        self.hub.validate(problems);
        identity::validate(self, problems);
        access::validate(self, problems);
        let hub = self.hub.address().is_some();
        self.credentials.validate(hub, problems);
        self.audit.validate(problems);
        self.outbound.validate(problems);
        self.checks.validate(problems);
        self.index.validate(problems);
        self.watches.validate(problems);
        self.log.validate(problems);
        self.traces.validate(problems);
        placement::validate(self, problems);
        if self.outbound.timeout >= self.server.request_timeout {
            let what = "is not shorter than server.request_timeout: a cluster that does not \
                        answer would fail the whole request; write a shorter one";
            problems.push(Problem::of("outbound.timeout", what));
        }
    }
}
