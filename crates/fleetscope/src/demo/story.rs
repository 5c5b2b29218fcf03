//! One incident told live: the fleet runs, a fault is injected, and what the server makes of it is
//! shown as it happens.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use fleetscope_client::Paging;
use fleetscope_client::wire::{Event, Investigation, NewReport, ReportFormat};
use fleetscope_sim::{Fault, Truth};
use futures::StreamExt;
use jiff::{SignedDuration, Timestamp};

use super::{Outcome, Stage, judge};
use crate::exit::Failure;
use crate::output::{self, Style, clock, say, wrap};

/// How long the fleet is seen healthy before anything happens, by its own clock.
const LEAD_IN: Duration = Duration::from_mins(3);
/// How long a cause is waited for after the fault, by the fleet's clock.
const LIMIT: SignedDuration = SignedDuration::from_mins(40);
/// How long a healthy fleet is watched where no fault is injected.
const QUIET: SignedDuration = SignedDuration::from_mins(30);
/// How often the progress line moves on, by the machine's clock.
const BLINK: Duration = Duration::from_millis(200);

/// Tells one incident and returns how it ended.
pub(crate) async fn tell(stage: &Stage, fault: Option<Fault>) -> Result<Outcome, Failure> {
    let style = Style::of_stdout();
    let names: Vec<_> = clusters(stage).await?;
    say(format!(
        "{} {} are registered and watched.",
        style.bold("Fleet:"),
        names.join(", ")
    ))?;
    let progress = Progress::new();
    let begun = stage.clock.now();
    let lead_in = SignedDuration::try_from(LEAD_IN).unwrap_or_default();
    watch_until(stage, &progress, "all is well", |now| {
        now.duration_since(begun) >= lead_in
    })
    .await?;
    let truth = inject(stage, fault, style)?;
    let found = follow(stage, &progress, truth.as_ref(), style).await?;
    progress.clear();
    conclude(stage, truth.as_ref(), found.as_ref(), style).await
}

async fn clusters(stage: &Stage) -> Result<Vec<String>, Failure> {
    let page = stage.client.clusters(&Paging::default()).await?;
    Ok(page.items.into_iter().map(|cluster| cluster.name).collect())
}

fn inject(stage: &Stage, fault: Option<Fault>, style: Style) -> Result<Option<Truth>, Failure> {
    let Some(fault) = fault else {
        say(format!(
            "{} none is injected: nothing should be found.",
            style.bold("Fault:")
        ))?;
        return Ok(None);
    };
    let truth = stage.simulation.inject(fault)?;
    say(format!(
        "{} {} at {}: {}.",
        style.bold("Fault:"),
        fault.name(),
        clock(truth.started_at),
        fault.summary().trim_end_matches('.')
    ))?;
    say(style.dim("       (The server is not told; it sees only what the clusters answer.)"))?;
    Ok(Some(truth))
}

async fn watch_until(
    stage: &Stage,
    progress: &Progress,
    what: &str,
    done: impl Fn(Timestamp) -> bool,
) -> Result<(), Failure> {
    while !done(stage.clock.now()) {
        progress.show(&format!("{}  {what}", clock(stage.clock.now())));
        tokio::time::sleep(BLINK).await;
    }
    Ok(())
}

/// Shows events as they happen until an investigation has settled or time is up.
async fn follow(
    stage: &Stage,
    progress: &Progress,
    truth: Option<&Truth>,
    style: Style,
) -> Result<Option<Investigation>, Failure> {
    let begun = stage.clock.now();
    let limit = if truth.is_some() { LIMIT } else { QUIET };
    let mut events = stage.client.event_stream(0).await?;
    loop {
        let now = stage.clock.now();
        if now.duration_since(begun) >= limit {
            break;
        }
        progress.show(&format!("{}  watching", clock(now)));
        let Ok(event) = tokio::time::timeout(BLINK, events.next()).await else {
            continue;
        };
        let Some(event) = event.transpose()? else {
            break;
        };
        let settles = event.kind == "investigation.closed";
        if event.kind.starts_with("anomaly") || event.kind.starts_with("investigation") {
            progress.clear();
            tell_event(&event, style)?;
        }
        if settles && truth.is_some() && settled(stage).await? {
            break;
        }
    }
    let page = stage.client.investigations(&Paging::default()).await?;
    Ok(judge::deciding(&page.items).cloned())
}

/// Whether something was concluded and nothing is followed any more.
async fn settled(stage: &Stage) -> Result<bool, Failure> {
    let page = stage.client.investigations(&Paging::default()).await?;
    Ok(page.items.iter().all(|found| !found.open) && judge::deciding(&page.items).is_some())
}

fn tell_event(event: &Event, style: Style) -> Result<(), Failure> {
    let lead = format!("{}  {}  ", clock(event.at), event.kind);
    say(format!("{}{}", style.dim(&lead), event.summary))
}

async fn conclude(
    stage: &Stage,
    truth: Option<&Truth>,
    found: Option<&Investigation>,
    style: Style,
) -> Result<Outcome, Failure> {
    if let Some(found) = found {
        say(format!("\n{}", output::incident(found, style)))?;
        let new = NewReport {
            investigation: found.id,
            title: None,
            format: ReportFormat::Markdown,
        };
        let report = stage.client.create_report(&new).await?;
        say(format!(
            "\n{} {} bytes of Markdown, id {} (read it with --keep).",
            style.bold("Report:"),
            report.bytes,
            report.id
        ))?;
    }
    let outcome = judge::judge(truth, found);
    let verdict = match truth {
        None if outcome == Outcome::Right => "Nothing was injected and nothing was found.".into(),
        None => "Nothing was injected, yet something was found.".into(),
        Some(truth) => format!(
            "Injected was, in cluster {}: {}",
            truth.cluster, truth.description
        ),
    };
    let mark = match outcome {
        Outcome::Right => style.good("✓ right"),
        other => style.bad(&format!("✗ {other}")),
    };
    say(format!("\n{mark}\n{}", wrap(&verdict, 100, "  ")))?;
    Ok(outcome)
}

/// One line that moves on, on a terminal; nothing elsewhere.
struct Progress {
    shown: bool,
}

impl Progress {
    fn new() -> Self {
        Self {
            shown: io::stderr().is_terminal() && io::stdout().is_terminal(),
        }
    }

    fn show(&self, text: &str) {
        if self.shown {
            // Progress is a courtesy: a terminal that is gone is no reason to fail.
            let _ = write!(io::stderr(), "\r\x1b[K\x1b[2m{text}\x1b[0m");
        }
    }

    fn clear(&self) {
        if self.shown {
            let _ = write!(io::stderr(), "\r\x1b[K");
        }
    }
}
