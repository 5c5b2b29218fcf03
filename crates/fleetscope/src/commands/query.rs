//! `fleetscope query`

use std::process::ExitCode;

use clap::Args;
use fleetscope_client::MetricScope;
use fleetscope_client::wire::{MetricAnswer, MetricSeries};
use jiff::{SignedDuration, Timestamp};

use crate::cli::Connection;
use crate::commands::back_from;
use crate::connection::{client, cluster_ids};
use crate::exit::Failure;
use crate::output::{clock, gaps, show, table};

/// Evaluate PromQL on many clusters at once.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fleetscope query 'sum by (namespace) (rate(container_cpu_usage_seconds_total[5m]))'
  fleetscope query up --cluster shop --range 1h --step 5m -o json")]
pub(crate) struct Query {
    #[command(flatten)]
    connection: Connection,
    /// The expression
    promql: String,
    /// A cluster's name or id; may be repeated; all where absent
    #[arg(long = "cluster", value_name = "CLUSTER")]
    clusters: Vec<String>,
    /// Instant, or end of the range: RFC 3339; now where absent
    #[arg(long, value_name = "TIME")]
    at: Option<Timestamp>,
    /// Evaluate over this length of time instead of at one instant
    #[arg(long, value_name = "LENGTH")]
    range: Option<SignedDuration>,
    /// Resolution of a range; 60s where neither it nor --max-points is given
    #[arg(long, value_name = "LENGTH", requires = "range")]
    step: Option<String>,
    /// At most so many points a series: those that matter stay
    #[arg(long, value_name = "COUNT", requires = "range")]
    max_points: Option<u32>,
    /// Put an outermost sum, min, max, count, avg, topk or bottomk together over all clusters
    #[arg(long)]
    combine: bool,
}

pub(crate) async fn run(args: Query) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let clusters = cluster_ids(&client, &args.clusters).await?;
    let answer = match args.range {
        None => {
            let scope = MetricScope {
                clusters,
                end: args.at,
                combine: args.combine,
                ..MetricScope::default()
            };
            client.query(&args.promql, &scope).await?
        }
        Some(length) => {
            let (start, end) = back_from(args.at, length)?;
            let scope = MetricScope {
                clusters,
                start: Some(start),
                end: Some(end),
                step: match (args.step, args.max_points) {
                    (None, None) => Some("60s".to_owned()),
                    (step, _) => step,
                },
                combine: args.combine,
                max_points: args.max_points,
            };
            client.query_range(&args.promql, &scope).await?
        }
    };
    show(args.connection.output, &answer, text)?;
    Ok(super::whole(&answer.gaps))
}

fn text(answer: &MetricAnswer) -> String {
    let mut text = series_table(&answer.series);
    for note in &answer.notes {
        text.push_str("\n\n");
        text.push_str(note);
    }
    text + &gaps(&answer.gaps)
}

/// Series, each with its last value.
pub(super) fn series_table(series: &[MetricSeries]) -> String {
    let rows = series.iter().map(|series| {
        let (last, count) = (series.samples.last(), series.samples.len());
        [
            series.labels.get("cluster").cloned().unwrap_or_default(),
            identity(series),
            last.map_or_else(String::new, |sample| sample.1.clone()),
            last.and_then(|sample| Timestamp::from_millisecond((sample.0 * 1000.0) as i64).ok())
                .map_or_else(String::new, clock),
            count.to_string(),
        ]
    });
    if series.is_empty() {
        "No series.".to_owned()
    } else {
        table(["CLUSTER", "SERIES", "VALUE", "AT", "SAMPLES"], rows)
    }
}

fn identity(series: &MetricSeries) -> String {
    let name = series.labels.get("__name__").map_or("", String::as_str);
    let labels: Vec<_> = series
        .labels
        .iter()
        .filter(|(key, _)| *key != "__name__" && *key != "cluster")
        .map(|(key, value)| format!("{key}={value:?}"))
        .collect();
    format!("{name}{{{}}}", labels.join(","))
}
