//! `fleetscope clusters import`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use fleetscope_client::Client;
use fleetscope_client::wire::{ImportOutcome, ImportReport, ImportRequest, ImportedCluster};

use crate::cli::Output;
use crate::commands::credentials::secret;
use crate::exit::Failure;
use crate::output::{show, table};

/// Where clusters are imported from.
#[derive(Debug, Args)]
#[command(group = clap::ArgGroup::new("from").required(true))]
pub(crate) struct Import {
    /// A kubeconfig; - is the standard input. Its tokens, client certificates and passwords are
    /// stored; programs that it names are not run
    #[arg(long, value_name = "FILE", group = "from")]
    kubeconfig: Option<PathBuf>,
    /// Which of its contexts; may be repeated; all if none is given
    #[arg(long = "context", value_name = "NAME", requires = "kubeconfig")]
    contexts: Vec<String>,
    /// A list of clusters, YAML or JSON: each with `cluster` as the API takes it, and
    /// `credentials` by where they belong
    #[arg(long, value_name = "FILE", group = "from")]
    file: Option<PathBuf>,
    /// The `ManagedCluster`s of Open Cluster Management on the hub of the server
    #[arg(long, group = "from")]
    managed_clusters: bool,
}

/// Ends with 1 where a cluster was refused.
pub(crate) async fn run(
    client: &Client,
    output: Output,
    import: Import,
) -> Result<ExitCode, Failure> {
    let contexts = Some(import.contexts).filter(|contexts| !contexts.is_empty());
    let request = ImportRequest {
        kubeconfig: import.kubeconfig.as_deref().map(secret).transpose()?,
        contexts,
        clusters: import.file.as_deref().map(list).transpose()?,
        managed_clusters: import.managed_clusters.then_some(true),
    };
    let report = client.import_clusters(&request).await?;
    show(output, &report, rows)?;
    let refused =
        |one: &fleetscope_client::wire::ImportResult| one.outcome == ImportOutcome::Refused;
    Ok(ExitCode::from(u8::from(report.items.iter().any(refused))))
}

fn list(path: &Path) -> Result<Vec<ImportedCluster>, Failure> {
    let text = secret(path)?.into_text();
    // The reader's own words quote the file, secrets and all.
    serde_saphyr::from_str(&text).map_err(|_| {
        Failure::Usage(format!(
            "{} is no list of clusters: write YAML or JSON such as [{{\"cluster\": {{\"name\": \
             \"shop\", \"endpoints\": {{}}}}, \"credentials\": {{}}}}]",
            path.display()
        ))
    })
}

fn rows(report: &ImportReport) -> String {
    let rows = report.items.iter().map(|one| {
        let outcome = match one.outcome {
            ImportOutcome::Created => "created",
            ImportOutcome::Updated => "updated",
            ImportOutcome::Unchanged => "unchanged",
            ImportOutcome::Refused => "refused",
        };
        [
            one.name.clone(),
            outcome.to_owned(),
            one.detail.clone().unwrap_or_default(),
        ]
    });
    table(["NAME", "OUTCOME", "NOTE"], rows)
}
