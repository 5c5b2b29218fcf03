//! `fleetscope logs patterns`

use std::fmt::Write as _;
use std::process::ExitCode;

use clap::Args;
use fleetscope_client::Client;
use fleetscope_client::wire::{LogPattern, LogPatterns};

use super::lines::plain;
use super::selection::Selection;
use crate::cli::Output;
use crate::commands::whole;
use crate::exit::Failure;
use crate::output::{Style, gaps, show};

/// How much a window holds, from little to much.
const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];

/// Columns of the picture.
const WIDTH: usize = 24;

/// Which lines.
#[derive(Debug, Args)]
pub(super) struct Patterns {
    #[command(flatten)]
    selection: Selection,
    /// Text that lines hold; may be repeated
    #[arg(long, value_name = "TEXT", conflicts_with = "logql")]
    contains: Vec<String>,
    /// Length of a window in which lines are counted
    #[arg(long, value_name = "LENGTH", default_value = "5m")]
    window: String,
    /// At most this many patterns, the most frequent
    #[arg(long, value_name = "NUMBER", default_value_t = 30)]
    most: usize,
}

pub(super) async fn run(
    client: &Client,
    args: Patterns,
    output: Output,
) -> Result<ExitCode, Failure> {
    let about = args.selection.about(client).await?;
    let found = client.log_patterns(&about, &args.contains, &args.window);
    let found = found.await?;
    show(output, &found, |found| text(found, args.most))?;
    Ok(whole(&found.gaps))
}

fn text(found: &LogPatterns, most: usize) -> String {
    let style = Style::of_stdout();
    if found.items.is_empty() {
        return "No lines.".to_owned() + &gaps(&found.gaps);
    }
    let newest = if found.complete { "" } else { "the newest " };
    let mut text = format!(
        "{} patterns in {newest}{} lines, counted every {} s",
        found.items.len(),
        found.lines,
        found.window_seconds
    );
    for pattern in found.items.iter().take(most) {
        text.push_str("\n\n");
        text.push_str(&one(pattern, found, style));
    }
    let left = found.items.len().saturating_sub(most);
    if left > 0 {
        let all = found.items.len();
        // Writing to a string can't fail.
        let _ = write!(text, "\n\nAnd {left} more: --most {all}");
    }
    text + &gaps(&found.gaps)
}

/// `  312  ERROR  ▁▂▇█  timeout after <*>`, and below whose it is.
fn one(pattern: &LogPattern, found: &LogPatterns, style: Style) -> String {
    let severity = pattern.severity.as_deref();
    let shown = format!("{:<5}", severity.unwrap_or("-").to_uppercase());
    let shown = match severity {
        Some("error" | "fatal") => style.bad(&shown),
        _ => style.dim(&shown),
    };
    let clusters: Vec<_> = pattern
        .clusters
        .iter()
        .map(|(name, count)| format!("{name} {count}"))
        .collect();
    let about = format!(
        "{}  {}  {} to {}",
        pattern.id,
        clusters.join(", "),
        pattern.first_at.strftime("%H:%M:%S"),
        pattern.last_at.strftime("%H:%M:%S")
    );
    format!(
        "{:>7}  {shown}  {}  {}\n{}{}",
        pattern.count,
        picture(pattern, found),
        plain(&pattern.template),
        " ".repeat(7 + 2 + 5 + 2),
        style.dim(&about)
    )
}

/// The counts over the time in which there are any patterns, as bars.
fn picture(pattern: &LogPattern, found: &LogPatterns) -> String {
    let windows = || found.items.iter().flat_map(|one| &one.counts);
    let first = windows().map(|count| count.at.as_second()).min();
    let last = windows().map(|count| count.at.as_second()).max();
    let (Some(first), Some(last)) = (first, last) else {
        return String::new();
    };
    let length = usize::try_from(last - first).unwrap_or(0) + 1;
    let mut columns = [0_u64; WIDTH];
    for count in &pattern.counts {
        let since = usize::try_from(count.at.as_second() - first).unwrap_or(0);
        columns[(since * WIDTH / length).min(WIDTH - 1)] += count.count;
    }
    let most = columns.iter().copied().max().unwrap_or(0).max(1);
    let bar = |count: u64| {
        if count == 0 {
            ' '
        } else {
            BARS[((count * 8 - 1) / most).min(7) as usize]
        }
    };
    columns.into_iter().map(bar).collect()
}
