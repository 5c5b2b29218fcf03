//! `fleetscope clusters`

mod capabilities;
mod import;
mod validate;

use std::process::ExitCode;

use clap::{Args, Subcommand};
use fleetscope_client::Paging;
use fleetscope_client::wire::{Cluster, Endpoint, Endpoints, NewCluster};

use self::validate::Validate;
use crate::cli::Connection;
use crate::connection::{client, cluster_id};
use crate::exit::Failure;
use crate::output::{more, say, show, table, time};

/// Register, list, show, validate and remove clusters.
#[derive(Debug, Args)]
pub(crate) struct Clusters {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Register a cluster
    #[command(after_help = "\
Example:
  fleetscope clusters add shop --environment production \\
    --kubernetes https://api.shop.example.com:6443 --prometheus https://prometheus.shop.example.com")]
    Add(Box<Add>),
    /// List clusters by name
    List {
        /// Where to go on in the list
        #[arg(long)]
        cursor: Option<String>,
        /// At most this many
        #[arg(long)]
        limit: Option<u32>,
    },
    /// Show one cluster
    Get {
        /// Its name or id
        cluster: String,
    },
    /// Call the endpoints of clusters, and say what is wrong with them
    ///
    /// Ends with 1 where an endpoint can't be used.
    Validate(Validate),
    /// Show what a cluster is and can do, and how that is known
    Capabilities {
        /// Its name or id
        cluster: String,
        /// Look at the cluster now, whatever is known of it
        #[arg(long)]
        refresh: bool,
    },
    /// Register many clusters at once, or bring them up to date
    Import(Box<import::Import>),
    /// Remove a cluster, and its credentials with it
    #[command(visible_alias = "delete")]
    Remove {
        /// Its name or id
        cluster: String,
        /// Remove its history too: events, analyses, investigations and reports that tell of this
        /// cluster and of no other
        #[arg(long)]
        history: bool,
    },
}

#[derive(Debug, Args)]
struct Add {
    /// A DNS label, unique in the fleet
    name: String,
    /// For example production
    #[arg(long)]
    environment: Option<String>,
    /// For example openshift
    #[arg(long)]
    provider: Option<String>,
    /// A label to select by; may be repeated
    #[arg(long = "label", value_name = "KEY=VALUE", value_parser = label)]
    labels: Vec<(String, String)>,
    /// Base URL of the Kubernetes API server
    #[arg(long, value_name = "URL")]
    kubernetes: Option<String>,
    /// Base URL of Prometheus, or of what speaks its API
    #[arg(long, value_name = "URL")]
    prometheus: Option<String>,
    /// Base URL of Loki
    #[arg(long, value_name = "URL")]
    loki: Option<String>,
    /// Base URL of Tempo
    #[arg(long, value_name = "URL")]
    tempo: Option<String>,
    /// Base URL of Alertmanager
    #[arg(long, value_name = "URL")]
    alertmanager: Option<String>,
    /// Tenant (X-Scope-OrgID) for Prometheus, Loki and Tempo
    #[arg(long)]
    tenant: Option<String>,
}

fn label(text: &str) -> Result<(String, String), String> {
    text.split_once('=')
        .map(|(key, value)| (key.to_owned(), value.to_owned()))
        .ok_or_else(|| "write a label as KEY=VALUE".to_owned())
}

impl Add {
    fn into_new(self) -> NewCluster {
        let tenant = self.tenant;
        let plain = |url: String| Endpoint {
            url,
            ..Endpoint::default()
        };
        let shared = |url: String| Endpoint {
            url,
            tenant: tenant.clone(),
            ..Endpoint::default()
        };
        NewCluster {
            name: self.name,
            environment: self.environment,
            provider: self.provider,
            labels: self.labels.into_iter().collect(),
            endpoints: Endpoints {
                kubernetes: self.kubernetes.map(plain),
                prometheus: self.prometheus.map(shared),
                loki: self.loki.map(shared),
                tempo: self.tempo.map(shared),
                alertmanager: self.alertmanager.map(plain),
            },
        }
    }
}

pub(crate) async fn run(args: Clusters) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let output = args.connection.output;
    match args.action {
        Action::Add(add) => {
            let cluster = client.create_cluster(&add.into_new()).await?;
            show(output, &cluster, details)?;
        }
        Action::List { cursor, limit } => {
            let page = client.clusters(&Paging { cursor, limit }).await?;
            show(output, &page, |page| {
                list(&page.items) + &more(page.next_cursor.as_deref())
            })?;
        }
        Action::Get { cluster } => {
            let id = cluster_id(&client, &cluster).await?;
            show(output, &client.cluster(id).await?, details)?;
        }
        Action::Validate(args) => return validate::run(&client, output, args).await,
        Action::Capabilities { cluster, refresh } => {
            let id = cluster_id(&client, &cluster).await?;
            let known = client.cluster_capabilities(id, refresh).await?;
            show(output, &known, capabilities::table_of)?;
        }
        Action::Import(import) => return import::run(&client, output, *import).await,
        Action::Remove { cluster, history } => {
            let id = cluster_id(&client, &cluster).await?;
            if history {
                client.forget_cluster(id).await?;
                say(format!("removed {cluster} and its history"))?;
            } else {
                client.delete_cluster(id).await?;
                say(format!("removed {cluster}"))?;
            }
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(clusters: &[Cluster]) -> String {
    if clusters.is_empty() {
        return "No clusters yet: register one with `fleetscope clusters add`.".to_owned();
    }
    let rows = clusters.iter().map(|cluster| {
        [
            cluster.name.clone(),
            cluster.environment.clone().unwrap_or_default(),
            cluster.provider.clone().unwrap_or_default(),
            places(&cluster.endpoints)
                .map(|(name, _)| name)
                .collect::<Vec<_>>()
                .join(","),
            validate::state(cluster.health.status).to_owned(),
            cluster.id.to_string(),
        ]
    });
    table(
        [
            "NAME",
            "ENVIRONMENT",
            "PROVIDER",
            "ENDPOINTS",
            "HEALTH",
            "ID",
        ],
        rows,
    )
}

fn places(endpoints: &Endpoints) -> impl Iterator<Item = (&'static str, &Endpoint)> {
    [
        ("kubernetes", &endpoints.kubernetes),
        ("prometheus", &endpoints.prometheus),
        ("loki", &endpoints.loki),
        ("tempo", &endpoints.tempo),
        ("alertmanager", &endpoints.alertmanager),
    ]
    .into_iter()
    .filter_map(|(name, endpoint)| Some((name, endpoint.as_ref()?)))
}

fn details(cluster: &Cluster) -> String {
    let mut rows = vec![
        ["Name".to_owned(), cluster.name.clone()],
        ["Id".to_owned(), cluster.id.to_string()],
        [
            "Environment".to_owned(),
            cluster.environment.clone().unwrap_or_default(),
        ],
        [
            "Provider".to_owned(),
            cluster.provider.clone().unwrap_or_default(),
        ],
    ];
    rows.extend(
        cluster
            .labels
            .iter()
            .map(|(key, value)| [format!("Label {key}"), value.clone()]),
    );
    rows.extend(
        places(&cluster.endpoints).map(|(name, place)| [name.to_owned(), place.url.clone()]),
    );
    let health = validate::state(cluster.health.status);
    rows.push(["Health".to_owned(), health.to_owned()]);
    rows.push(["Generation".to_owned(), cluster.generation.to_string()]);
    rows.push(["Registered".to_owned(), time(cluster.created_at)]);
    rows.push(["Changed".to_owned(), time(cluster.updated_at)]);
    table(["FIELD", "VALUE"], rows)
}
