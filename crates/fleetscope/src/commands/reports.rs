//! `fleetscope reports`

use std::fs;
use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use fleetscope_client::Paging;
use fleetscope_client::wire::{NewReport, Report, ReportFormat};
use uuid::Uuid;

use crate::cli::Connection;
use crate::connection::client;
use crate::exit::Failure;
use crate::output::{more, say, show, table, time};

/// Write, list, read and remove reports.
#[derive(Debug, Args)]
pub(crate) struct Reports {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// Write a report of an investigation
    Create {
        /// The investigation's id
        investigation: Uuid,
        /// Its title
        #[arg(long)]
        title: Option<String>,
    },
    /// List reports, newest first
    List {
        /// Where to go on in the list
        #[arg(long)]
        cursor: Option<String>,
        /// At most this many
        #[arg(long)]
        limit: Option<u32>,
    },
    /// Show what is kept of a report, without its text
    Get {
        /// Its id
        report: Uuid,
    },
    /// Print a report's text, or write it to a file
    Download {
        /// Its id
        report: Uuid,
        /// File to write
        #[arg(long, value_name = "FILE")]
        to: Option<PathBuf>,
    },
    /// Remove a report
    Remove {
        /// Its id
        report: Uuid,
    },
}

pub(crate) async fn run(args: Reports) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let output = args.connection.output;
    match args.action {
        Action::Create {
            investigation,
            title,
        } => {
            let new = NewReport {
                investigation,
                title,
                format: ReportFormat::Markdown,
            };
            show(output, &client.create_report(&new).await?, |report| {
                list(std::slice::from_ref(report))
            })?;
        }
        Action::List { cursor, limit } => {
            let page = client.reports(&Paging { cursor, limit }).await?;
            show(output, &page, |page| {
                list(&page.items) + &more(page.next_cursor.as_deref())
            })?;
        }
        Action::Get { report } => {
            let report = client.report(report).await?;
            show(output, &report, |report| list(std::slice::from_ref(report)))?;
        }
        Action::Download { report, to } => {
            let text = client.report_text(report).await?;
            match to {
                None => say(text.trim_end())?,
                Some(file) => {
                    fs::write(&file, text).map_err(Failure::io("writing the report"))?;
                    say(format!("wrote {}", file.display()))?;
                }
            }
        }
        Action::Remove { report } => {
            client.delete_report(report).await?;
            say(format!("removed {report}"))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

fn list(reports: &[Report]) -> String {
    let rows = reports.iter().map(|report| {
        [
            report.id.to_string(),
            time(report.created_at),
            report.requested_by.clone(),
            report.bytes.to_string(),
            report.title.clone(),
        ]
    });
    table(["ID", "WRITTEN", "BY", "BYTES", "TITLE"], rows)
}
