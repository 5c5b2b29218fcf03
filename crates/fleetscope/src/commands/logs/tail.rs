//! `fleetscope logs tail`

use std::process::ExitCode;
use std::time::Duration;

use clap::Args;
use fleetscope_client::wire::{TailGap, TailGapKind, TailLine};
use fleetscope_client::{Client, Error, TailEvent, TailOf};
use futures::StreamExt as _;
use serde_json::json;

use super::lines::{Layout, Shown};
use super::query::Text;
use super::selection::Selection;
use crate::cli::Output;
use crate::exit::Failure;
use crate::output::{Style, say};

/// How often a broken connection is tried again, and how long is waited before that.
const ATTEMPTS: u32 = 10;
const PAUSE: Duration = Duration::from_secs(1);

/// Which lines.
#[derive(Debug, Args)]
pub(super) struct Tail {
    #[command(flatten)]
    selection: Selection,
    #[command(flatten)]
    text: Text,
    /// Of the lines before now, at most this many of each cluster, the newest
    #[arg(long, value_name = "LINES", default_value_t = 10)]
    lines: u32,
}

pub(super) async fn run(client: &Client, args: Tail, output: Output) -> Result<ExitCode, Failure> {
    if args.text.parser.is_some() || !args.text.fields.is_empty() {
        return Err(Failure::Usage(
            "--parser and --field are for queries: write LogQL to follow by fields, such as \
             '{app=\"cart\"} | json | status=\"500\"'"
                .to_owned(),
        ));
    }
    if args.selection.logql.is_none() && args.selection.all_labels().is_empty() {
        return Err(Failure::Usage(
            "which lines? Give LogQL, a namespace (-n shop) or a label (-l app=cart)".to_owned(),
        ));
    }
    let mut about = args.selection.about(client).await?;
    about.limit = Some(args.lines.max(1));
    let mut of = TailOf {
        about,
        contains: args.text.contains,
        excludes: args.text.excludes,
        matching: args.text.matching,
        after: None,
    };
    let mut layout = Layout::new(Style::of_stdout(), false);
    let mut failures = 0;
    loop {
        match follow(client, &mut of, output, &mut layout).await {
            Ok(()) => return Ok(ExitCode::SUCCESS),
            // What was seen is gone on from: nothing is shown twice.
            Err(Failure::Client(Error::Unreachable { .. }))
                if of.after.is_some() && failures < ATTEMPTS =>
            {
                failures += 1;
                tokio::time::sleep(PAUSE).await;
            }
            Err(failure) => return Err(failure),
        }
    }
}

/// Prints what comes until the server ends it.
async fn follow(
    client: &Client,
    of: &mut TailOf,
    output: Output,
    layout: &mut Layout,
) -> Result<(), Failure> {
    let mut events = client.tail_logs(of).await?;
    while let Some(event) = events.next().await {
        match event? {
            TailEvent::Line(line, place) => {
                say(match output {
                    Output::Json => json!({ "line": line }).to_string(),
                    Output::Table => text(layout, &line),
                })?;
                of.after = place.or(of.after.take());
            }
            TailEvent::Gap(gap) => say(match output {
                Output::Json => json!({ "gap": gap }).to_string(),
                Output::Table => word(&gap),
            })?,
        }
    }
    Ok(())
}

fn text(layout: &mut Layout, line: &TailLine) -> String {
    let shown = Shown {
        at: line.at,
        labels: &line.labels,
        severity: line.severity.as_deref(),
        line: &line.line,
    };
    let late = if line.late { "  (late)" } else { "" };
    layout.line(&shown) + late
}

/// `-- shop: 312 lines are missing, 13:00:01 to 13:00:04: …`
fn word(gap: &TailGap) -> String {
    let style = Style::of_stdout();
    let lines = match (gap.kind, gap.lines) {
        (TailGapKind::Dropped, Some(lines)) => format!("{lines} lines are missing"),
        (TailGapKind::Dropped | TailGapKind::Hole, _) => "lines are missing".to_owned(),
        (TailGapKind::Lost, _) => "not read for now".to_owned(),
        (TailGapKind::Resumed, _) => "read again".to_owned(),
        (TailGapKind::Ended, _) => "ended".to_owned(),
        (TailGapKind::Substitute, _) => "read elsewhere".to_owned(),
    };
    let time = match (gap.from, gap.to) {
        (Some(from), Some(to)) => {
            let clock = |at: jiff::Timestamp| at.strftime("%H:%M:%S%.3f").to_string();
            format!(", {} to {}", clock(from), clock(to))
        }
        _ => String::new(),
    };
    let text = format!("-- {}: {lines}{time}: {}", gap.cluster_name, gap.detail);
    match gap.kind {
        TailGapKind::Resumed | TailGapKind::Substitute => style.dim(&text),
        _ => style.bad(&text),
    }
}
