//! `fleetscope logs query`

use std::process::ExitCode;

use clap::{Args, ValueEnum};
use fleetscope_client::Client;
use fleetscope_client::wire::{LogAnswer, LogFieldParser, LogResultKind, LogSubstitute};

use super::lines::{Layout, Shown};
use super::selection::{Selection, label};
use crate::cli::Output;
use crate::commands::query::series_table;
use crate::commands::whole;
use crate::exit::Failure;
use crate::output::{Style, gaps, show};

/// Which lines, and how many of them.
#[derive(Debug, Args)]
pub(super) struct Query {
    #[command(flatten)]
    pub(super) selection: Selection,
    #[command(flatten)]
    pub(super) text: Text,
    /// At most this many lines, the newest
    #[arg(long, default_value_t = 100)]
    limit: u32,
    /// Evaluate series at the end of the range only
    #[arg(long)]
    instant: bool,
    /// Resolution of series
    #[arg(long, value_name = "LENGTH", conflicts_with = "instant")]
    step: Option<String>,
    /// How many bytes of logs a cluster may have to read for it
    #[arg(long, value_name = "BYTES")]
    max_bytes: Option<u64>,
    /// Where to go on
    #[arg(long)]
    cursor: Option<String>,
}

/// What lines hold.
#[derive(Debug, Args)]
pub(super) struct Text {
    /// Text that lines hold; may be repeated
    #[arg(long, value_name = "TEXT", conflicts_with = "logql")]
    pub(super) contains: Vec<String>,
    /// Text that lines do not hold; may be repeated
    #[arg(long, value_name = "TEXT", conflicts_with = "logql")]
    pub(super) excludes: Vec<String>,
    /// Regular expression (RE2) that lines match
    #[arg(long, value_name = "REGEX", conflicts_with = "logql")]
    pub(super) matching: Option<String>,
    /// How lines are taken apart into fields
    #[arg(long, value_name = "FORMAT", conflicts_with = "logql")]
    pub(super) parser: Option<Format>,
    /// A field of lines, as status=500 or level=error; may be repeated
    #[arg(long = "field", value_name = "FIELD", conflicts_with = "logql")]
    pub(super) fields: Vec<String>,
}

/// How lines are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(super) enum Format {
    /// One JSON object a line
    Json,
    /// key=value
    Logfmt,
}

pub(super) async fn run(client: &Client, args: Query, output: Output) -> Result<ExitCode, Failure> {
    let mut query = args.selection.query(client).await?;
    query.contains = args.text.contains;
    query.excludes = args.text.excludes;
    query.matching = args.text.matching;
    query.parser = args.text.parser.map(|format| match format {
        Format::Json => LogFieldParser::Json,
        Format::Logfmt => LogFieldParser::Logfmt,
    });
    let fields = args.text.fields.iter().map(|field| label(field));
    query.fields = fields.collect::<Result<_, _>>()?;
    query.limit = Some(args.limit);
    query.instant = args.instant;
    query.step = args.step;
    query.max_bytes = args.max_bytes;
    query.cursor = args.cursor;
    let answer = client.query_logs(&query).await?;
    show(output, &answer, text)?;
    Ok(whole(&answer.gaps))
}

fn text(answer: &LogAnswer) -> String {
    let list = match answer.result {
        LogResultKind::Streams => lines(answer),
        LogResultKind::Matrix | LogResultKind::Vector => series_table(&answer.series),
    };
    list + &instead(&answer.substitutes) + &gaps(&answer.gaps)
}

/// Of which clusters something comes from elsewhere than a Loki.
pub(super) fn instead(substitutes: &[LogSubstitute]) -> String {
    let style = Style::of_stdout();
    let said = substitutes.iter().map(|one| {
        let said = format!("{}: {}", one.cluster_name, one.detail);
        format!("\n  {}", style.dim(&said))
    });
    said.collect()
}

/// Oldest first, as a terminal scrolls.
fn lines(answer: &LogAnswer) -> String {
    let (Some(newest), Some(oldest)) = (answer.lines.first(), answer.lines.last()) else {
        return "No lines.".to_owned();
    };
    let day = |at: jiff::Timestamp| at.strftime("%F").to_string();
    let style = Style::of_stdout();
    let mut layout = Layout::new(style, day(newest.at) != day(oldest.at));
    for line in &answer.lines {
        layout.fit(&line.labels);
    }
    let printed = answer
        .lines
        .iter()
        .rev()
        .map(|line| layout.line(&Shown::from(line)));
    let mut text = String::new();
    if let Some(cursor) = &answer.next_cursor {
        text = style.dim(&format!("There is more before: --cursor {cursor}")) + "\n";
    }
    text + &printed.collect::<Vec<_>>().join("\n")
}
