//! Which lines, where and when: flags that the commands about logs share.

use clap::{Args, ValueEnum};
use fleetscope_client::wire::{LabelMatch, LogQuery, LogTenant, MatchOp};
use fleetscope_client::{Client, LogsAbout};
use jiff::{SignedDuration, Timestamp};

use crate::commands::back_from;
use crate::connection::cluster_ids;
use crate::exit::Failure;

/// Which lines, where and when.
#[derive(Debug, Args)]
pub(super) struct Selection {
    /// LogQL; instead of the flags that select lines
    pub(super) logql: Option<String>,
    /// Namespace
    #[arg(short, long, value_name = "NAME", conflicts_with = "logql")]
    pub(super) namespace: Option<String>,
    /// A label of streams, as app=cart, app=~cart.*, app!=till or app!~t.*; may be repeated
    #[arg(short, long = "label", value_name = "LABEL", conflicts_with = "logql")]
    pub(super) labels: Vec<String>,
    #[command(flatten)]
    pub(super) place: Place,
}

/// Where and when.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// A cluster's name or id; may be repeated; all where absent
    #[arg(long = "cluster", value_name = "CLUSTER")]
    pub(super) clusters: Vec<String>,
    /// Tenant of LokiStacks (OpenShift Logging); the registered one where absent
    #[arg(long, value_name = "TENANT")]
    pub(super) tenant: Option<Tenant>,
    /// How far back
    #[arg(long, value_name = "LENGTH", default_value = "1h")]
    pub(super) since: SignedDuration,
    /// Up to when: RFC 3339; now where absent
    #[arg(long, value_name = "TIME")]
    pub(super) until: Option<Timestamp>,
}

/// A tenant of a LokiStack.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Tenant {
    /// Pods of applications
    Application,
    /// Pods of the platform, and its nodes' journals
    Infrastructure,
    /// Audit logs of the API servers and nodes
    Audit,
    /// Flows of the network
    Network,
}

impl From<Tenant> for LogTenant {
    fn from(tenant: Tenant) -> Self {
        match tenant {
            Tenant::Application => Self::Application,
            Tenant::Infrastructure => Self::Infrastructure,
            Tenant::Audit => Self::Audit,
            Tenant::Network => Self::Network,
        }
    }
}

impl Place {
    /// First and last instant.
    pub(super) fn range(&self) -> Result<(Timestamp, Timestamp), Failure> {
        back_from(self.until, self.since)
    }
}

impl Selection {
    /// All labels as `name=value`, that of the namespace among them.
    pub(super) fn all_labels(&self) -> Vec<String> {
        let namespace = self.namespace.iter().map(|n| format!("namespace={n}"));
        namespace.chain(self.labels.iter().cloned()).collect()
    }

    /// What a question is about that asks for no line.
    pub(super) async fn about(&self, client: &Client) -> Result<LogsAbout, Failure> {
        let (start, end) = self.place.range()?;
        Ok(LogsAbout {
            query: self.logql.clone(),
            labels: self.all_labels(),
            clusters: cluster_ids(client, &self.place.clusters).await?,
            tenant: self.place.tenant.map(LogTenant::from),
            start: Some(start),
            end: Some(end),
            limit: None,
        })
    }

    /// A query for these lines.
    pub(super) async fn query(&self, client: &Client) -> Result<LogQuery, Failure> {
        let labels = self.all_labels();
        if self.logql.is_none() && labels.is_empty() {
            return Err(Failure::Usage(
                "which lines? Give LogQL, a namespace (-n shop) or a label (-l app=cart)"
                    .to_owned(),
            ));
        }
        let (start, end) = self.place.range()?;
        let clusters = cluster_ids(client, &self.place.clusters).await?;
        Ok(LogQuery {
            query: self.logql.clone(),
            labels: labels.iter().map(|l| label(l)).collect::<Result<_, _>>()?,
            clusters: (!clusters.is_empty()).then_some(clusters),
            tenant: self.place.tenant.map(LogTenant::from),
            start: Some(start),
            end: Some(end),
            ..LogQuery::default()
        })
    }
}

/// A label's test, as text.
pub(super) fn label(text: &str) -> Result<LabelMatch, Failure> {
    let signs = [
        ("=~", MatchOp::Matches),
        ("!~", MatchOp::MatchesNot),
        ("!=", MatchOp::Unequal),
        ("=", MatchOp::Equal),
    ];
    let found = text.find(['=', '!']).and_then(|at| {
        let (name, rest) = text.split_at(at);
        signs.into_iter().find_map(|(sign, op)| {
            Some(LabelMatch {
                name: name.to_owned(),
                op,
                value: rest.strip_prefix(sign)?.to_owned(),
            })
        })
    });
    found.ok_or_else(|| {
        Failure::Usage(format!(
            "'{text}' is no label: write app=cart, app=~cart.*, app!=till or app!~t.*"
        ))
    })
}
