//! `fleetscope analysis`

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Args, Subcommand, ValueEnum};
use fleetscope_client::wire::{
    AnomalyAnalysis, AnomalyRequest, Investigation, InvestigationRequest, Sensitivity, Status,
    Verdict,
};
use fleetscope_client::{Client, Paging};
use jiff::Timestamp;
use uuid::Uuid;

use crate::cli::{Connection, Output};
use crate::connection::{client, cluster_ids};
use crate::exit::Failure;
use crate::output::{self, Style, causal, entity, more, show, table, time};

/// How often a pending analysis is asked for again, and how long it is waited for.
const ASK_AGAIN: Duration = Duration::from_millis(200);
const PATIENCE: Duration = Duration::from_mins(2);

/// Look for anomalies, or for the root cause of what goes wrong.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fleetscope analysis rca --cluster shop
  fleetscope analysis rca --list
  fleetscope analysis graph 0192f0c1-2d3e-7abc-8def-0123456789ab --format dot | dot -Tsvg > causes.svg
  fleetscope analysis export 0192f0c1-2d3e-7abc-8def-0123456789ab > incident.json
  fleetscope analysis anomaly --query 'rate(http_requests_total[5m])' --sensitivity high
  fleetscope analysis anomaly --id 0192f0c1-2d3e-7abc-8def-0123456789ab -o json")]
pub(crate) struct Analysis {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    kind: Kind,
}

#[derive(Debug, Subcommand)]
enum Kind {
    /// Find what is unusual: in the built-in watches, or in a query of your own
    Anomaly {
        #[command(flatten)]
        which: Which,
        /// PromQL whose series are judged; the built-in watches where absent
        #[arg(long)]
        query: Option<String>,
        /// Resolution
        #[arg(long, value_name = "LENGTH")]
        step: Option<String>,
        /// How readily a deviation is called an anomaly
        #[arg(long, default_value = "medium")]
        sensitivity: Readiness,
    },
    /// Write everything that an investigation looked at to a file, for `fleetscope replay`
    Export {
        /// The investigation's id
        investigation: Uuid,
        /// File to write; standard output where absent
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Show the causal graph of an investigation: what troubles what, with sign, lag and strength
    Graph {
        /// The investigation's id
        investigation: Uuid,
        /// A tree for people, or what Graphviz or Mermaid draw
        #[arg(long, value_enum, default_value = "tree")]
        format: Drawing,
    },
    /// Find the root cause, with the evidence for and against
    Rca {
        #[command(flatten)]
        which: Which,
    },
}

#[derive(Debug, Args)]
struct Which {
    /// Show this one instead of starting a new one
    #[arg(long, conflicts_with = "list")]
    id: Option<Uuid>,
    /// List what was analysed, newest first
    #[arg(long)]
    list: bool,
    /// Where to go on in the list
    #[arg(long, requires = "list")]
    cursor: Option<String>,
    /// A cluster's name or id; may be repeated; all where absent
    #[arg(long = "cluster", value_name = "CLUSTER")]
    clusters: Vec<String>,
    /// First instant of the window: RFC 3339; an hour before the end where absent
    #[arg(long)]
    start: Option<Timestamp>,
    /// Last instant of the window; now where absent
    #[arg(long)]
    end: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Drawing {
    Tree,
    Dot,
    Mermaid,
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Readiness {
    Low,
    Medium,
    High,
    Extreme,
}

pub(crate) async fn run(args: Analysis) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let output = args.connection.output;
    match args.kind {
        Kind::Export { investigation, to } => export(&client, investigation, to).await?,
        Kind::Graph {
            investigation,
            format,
        } => graph(&client, output, investigation, format).await?,
        Kind::Rca { which } => rca(&client, output, which).await?,
        Kind::Anomaly {
            which,
            query,
            step,
            sensitivity,
        } => {
            let sensitivity = match sensitivity {
                Readiness::Low => Sensitivity::Low,
                Readiness::Medium => Sensitivity::Medium,
                Readiness::High => Sensitivity::High,
                Readiness::Extreme => Sensitivity::Extreme,
            };
            let request = AnomalyRequest {
                clusters: ids(&client, &which.clusters).await?,
                query,
                start: which.start,
                end: which.end,
                step,
                sensitivity,
            };
            anomaly(&client, output, which, request).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn ids(client: &Client, named: &[String]) -> Result<Option<Vec<Uuid>>, Failure> {
    let ids = cluster_ids(client, named).await?;
    Ok((!ids.is_empty()).then_some(ids))
}

async fn anomaly(
    client: &Client,
    output: Output,
    which: Which,
    request: AnomalyRequest,
) -> Result<(), Failure> {
    if which.list {
        let page = client
            .anomaly_analyses(&Paging {
                cursor: which.cursor,
                limit: None,
            })
            .await?;
        return show(output, &page, |page| {
            analyses(&page.items) + &more(page.next_cursor.as_deref())
        });
    }
    let mut analysis = match which.id {
        Some(id) => client.anomaly_analysis(id).await?,
        None => client.analyse_anomalies(&request).await?,
    };
    let mut patience = Patience::new();
    while analysis.status == Status::Pending {
        patience.wait("analysis", analysis.id).await?;
        analysis = client.anomaly_analysis(analysis.id).await?;
    }
    show(output, &analysis, output::anomalies)
}

async fn rca(client: &Client, output: Output, which: Which) -> Result<(), Failure> {
    if which.list {
        let page = client
            .investigations(&Paging {
                cursor: which.cursor,
                limit: None,
            })
            .await?;
        return show(output, &page, |page| {
            investigations(&page.items) + &more(page.next_cursor.as_deref())
        });
    }
    let mut investigation = if let Some(id) = which.id {
        client.investigation(id).await?
    } else {
        let clusters = ids(client, &which.clusters).await?;
        let request = InvestigationRequest {
            clusters,
            start: which.start,
            end: which.end,
        };
        client.investigate(&request).await?
    };
    let mut patience = Patience::new();
    while investigation.status == Status::Pending {
        patience.wait("investigation", investigation.id).await?;
        investigation = client.investigation(investigation.id).await?;
    }
    let style = Style::of_stdout();
    show(output, &investigation, |investigation| {
        output::incident(investigation, style)
    })
}

async fn graph(client: &Client, output: Output, id: Uuid, format: Drawing) -> Result<(), Failure> {
    let investigation = client.investigation(id).await?;
    let names = causal::Names(&investigation.clusters);
    show(output, &investigation.graph, |graph| match format {
        Drawing::Tree => causal::tree(graph, &names),
        Drawing::Dot => causal::dot(graph, &names),
        Drawing::Mermaid => causal::mermaid(graph, &names),
    })
}

async fn export(client: &Client, id: Uuid, to: Option<PathBuf>) -> Result<(), Failure> {
    let bundle = client.investigation_replay(id).await?;
    match to {
        None => output::raw(&bundle),
        Some(file) => {
            fs::write(&file, bundle).map_err(Failure::io("writing the bundle"))?;
            output::say(format!("wrote {}", file.display()))
        }
    }
}

/// Waiting, within bounds.
struct Patience {
    left: Duration,
}

impl Patience {
    fn new() -> Self {
        Self { left: PATIENCE }
    }

    async fn wait(&mut self, what: &str, id: Uuid) -> Result<(), Failure> {
        let Some(left) = self.left.checked_sub(ASK_AGAIN) else {
            return Err(Failure::Usage(format!(
                "the {what} {id} is not done yet: ask for it later with --id {id}"
            )));
        };
        self.left = left;
        tokio::time::sleep(ASK_AGAIN).await;
        Ok(())
    }
}

fn analyses(analyses: &[AnomalyAnalysis]) -> String {
    let rows = analyses.iter().map(|analysis| {
        [
            analysis.id.to_string(),
            time(analysis.created_at),
            analysis.requested_by.clone(),
            format!("{:?}", analysis.status).to_lowercase(),
            analysis.anomalies.len().to_string(),
            analysis.events.len().to_string(),
        ]
    });
    table(
        ["ID", "CREATED", "BY", "STATUS", "ANOMALIES", "EVENTS"],
        rows,
    )
}

fn investigations(investigations: &[Investigation]) -> String {
    let rows = investigations.iter().map(|investigation| {
        let cause = investigation.causes.first();
        [
            investigation.id.to_string(),
            time(investigation.created_at),
            investigation.requested_by.clone(),
            match investigation.verdict {
                None => format!("{:?}", investigation.status).to_lowercase(),
                Some(Verdict::Cause) => "cause found".to_owned(),
                Some(Verdict::InsufficientEvidence) => "not enough evidence".to_owned(),
                Some(Verdict::NothingWrong) => "nothing wrong".to_owned(),
            },
            cause.map_or_else(String::new, |cause| {
                format!(
                    "{} ({:.0} %)",
                    entity(&cause.entity),
                    cause.confidence * 100.0
                )
            }),
        ]
    });
    table(["ID", "OPENED", "BY", "VERDICT", "FIRST CAUSE"], rows)
}
