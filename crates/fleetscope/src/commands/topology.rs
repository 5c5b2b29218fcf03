//! `fleetscope topology`

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::process::ExitCode;

use clap::{Args, ValueEnum};
use fleetscope_client::wire::{TopologyAnswer, TopologyEdge};
use fleetscope_client::{Client, PlaceScope};
use jiff::{SignedDuration, Timestamp};
use uuid::Uuid;

use crate::cli::Connection;
use crate::commands::back_from;
use crate::connection::{client, cluster_ids, cluster_names};
use crate::exit::Failure;
use crate::output::{Style, entity, gaps, more, show};

/// Show how things hang together: who calls whom, what runs where, what uses what.
#[derive(Debug, Args)]
#[command(after_help = "\
Examples:
  fleetscope topology --namespace shop
  fleetscope topology --cluster edge --kind uses --kind part-of -o json")]
pub(crate) struct Topology {
    #[command(flatten)]
    connection: Connection,
    #[command(flatten)]
    place: Where,
    /// Only relations of this kind; may be repeated
    #[arg(long = "kind", value_name = "KIND")]
    kinds: Vec<Kind>,
}

/// Where and when.
#[derive(Debug, Args)]
pub(super) struct Where {
    /// A cluster's name or id; may be repeated; all where absent
    #[arg(long = "cluster", value_name = "CLUSTER")]
    clusters: Vec<String>,
    /// Only things in this namespace; may be repeated
    #[arg(long = "namespace", value_name = "NAMESPACE")]
    namespaces: Vec<String>,
    /// How far back to look
    #[arg(long, value_name = "LENGTH", default_value = "1h")]
    since: SignedDuration,
    /// Until when: RFC 3339; now where absent
    #[arg(long, value_name = "TIME")]
    until: Option<Timestamp>,
    /// Where to go on, as the part before said
    #[arg(long, conflicts_with_all = ["since", "until"])]
    cursor: Option<String>,
    /// At most this many
    #[arg(long)]
    limit: Option<u32>,
}

impl Where {
    pub(super) async fn scope(&self, client: &Client) -> Result<PlaceScope, Failure> {
        let (start, end) = back_from(self.until, self.since)?;
        let first = self.cursor.is_none();
        Ok(PlaceScope {
            clusters: cluster_ids(client, &self.clusters).await?,
            namespaces: self.namespaces.clone(),
            kinds: Vec::new(),
            start: first.then_some(start),
            end: first.then_some(end),
            cursor: self.cursor.clone(),
            limit: self.limit,
        })
    }
}

#[derive(Debug, Clone, Copy, ValueEnum)]
enum Kind {
    Calls,
    RunsOn,
    Owns,
    Uses,
    PartOf,
    Selects,
}

impl Kind {
    const fn wire(self) -> &'static str {
        match self {
            Self::Calls => "calls",
            Self::RunsOn => "runs_on",
            Self::Owns => "owns",
            Self::Uses => "uses",
            Self::PartOf => "part_of",
            Self::Selects => "selects",
        }
    }
}

pub(crate) async fn run(args: Topology) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let kinds = args.kinds.iter().map(|kind| kind.wire().to_owned());
    let scope = PlaceScope {
        kinds: kinds.collect(),
        ..args.place.scope(&client).await?
    };
    let answer = client.topology(&scope).await?;
    let names = cluster_names(&client).await?;
    show(args.connection.output, &answer, |answer| {
        text(answer, &names, Style::of_stdout())
    })?;
    Ok(super::whole(&answer.gaps))
}

/// Each thing with what it is related to, below its cluster.
fn text(answer: &TopologyAnswer, names: &BTreeMap<Uuid, String>, style: Style) -> String {
    let mut text = String::new();
    let mut clusters: BTreeMap<&str, Vec<&TopologyEdge>> = BTreeMap::new();
    for edge in &answer.edges {
        let name = names.get(&edge.from.cluster).map_or("", String::as_str);
        clusters.entry(name).or_default().push(edge);
    }
    for (cluster, edges) in clusters {
        let _ = writeln!(text, "{}", style.bold(cluster));
        let mut things: BTreeMap<_, BTreeMap<&str, Vec<String>>> = BTreeMap::new();
        for edge in edges {
            let relations = things.entry(&edge.from).or_default();
            let to = relations.entry(relation(&edge.kind)).or_default();
            to.push(there(edge, names));
        }
        for (thing, relations) in things {
            let _ = writeln!(text, "  {}", entity(thing));
            for (relation, to) in relations {
                let _ = writeln!(text, "    {relation:<8} {}", to.join(", "));
            }
        }
    }
    if text.is_empty() {
        "Nothing is known of how things hang together there.\n".clone_into(&mut text);
    }
    text.truncate(text.trim_end().len());
    text + &gaps(&answer.gaps) + &more(answer.next_cursor.as_deref())
}

/// The other end, with its cluster where that is another one.
fn there(edge: &TopologyEdge, names: &BTreeMap<Uuid, String>) -> String {
    let mut text = entity(&edge.to);
    if edge.to.cluster != edge.from.cluster {
        let name = names.get(&edge.to.cluster).map_or("", String::as_str);
        let _ = write!(text, " on {name}");
    }
    text
}

fn relation(kind: &str) -> &str {
    match kind {
        "runs_on" => "runs on",
        "part_of" => "part of",
        other => other,
    }
}
