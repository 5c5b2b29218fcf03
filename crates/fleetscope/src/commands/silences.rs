//! `fleetscope silences`

use std::process::ExitCode;

use clap::{Args, Subcommand};
use fleetscope_client::wire::{Matcher, NewSilence, Silence, SilenceList};

use crate::cli::Connection;
use crate::connection::{client, cluster_id, cluster_ids};
use crate::exit::Failure;
use crate::output::{gaps, plain, say, show, table, time};

/// List, make and end silences of clusters' Alertmanagers.
#[derive(Debug, Args)]
pub(crate) struct Silences {
    #[command(flatten)]
    connection: Connection,
    #[command(subcommand)]
    action: Action,
}

#[derive(Debug, Subcommand)]
enum Action {
    /// List silences, those that keep something quiet first
    List(List),
    /// Keep alerts of a cluster quiet for a while, in your name
    #[command(after_help = "\
Examples:
  fleetscope silences create --cluster shop --matcher alertname=KubePodCrashLooping \\
    --matcher namespace=till --duration 2h --comment 'known, being fixed'")]
    Create(Create),
    /// End a silence now
    #[command(after_help = "\
Examples:
  fleetscope silences expire --cluster shop 5b2c1d6e-0000-4000-8000-000000000000")]
    Expire(Expire),
}

#[derive(Debug, Args)]
struct List {
    /// A cluster's name or id; may be repeated; all where absent
    #[arg(long = "cluster", value_name = "CLUSTER")]
    clusters: Vec<String>,
}

#[derive(Debug, Args)]
struct Create {
    /// The cluster's name or id
    #[arg(long, value_name = "CLUSTER")]
    cluster: String,
    /// Which alerts: NAME=VALUE, with one of = != =~ !~; may be repeated, all hold
    #[arg(long = "matcher", value_name = "CONDITION", required = true)]
    matchers: Vec<String>,
    /// For how long: 30m, 2h
    #[arg(long, value_name = "LENGTH")]
    duration: String,
    /// Why
    #[arg(long)]
    comment: String,
}

#[derive(Debug, Args)]
struct Expire {
    /// The cluster's name or id
    #[arg(long, value_name = "CLUSTER")]
    cluster: String,
    /// The silence's id
    id: String,
}

pub(crate) async fn run(args: Silences) -> Result<ExitCode, Failure> {
    let client = client(&args.connection)?;
    let output = args.connection.output;
    match args.action {
        Action::List(wanted) => {
            let clusters = cluster_ids(&client, &wanted.clusters).await?;
            let found = client.silences(&clusters).await?;
            show(output, &found, list)?;
            return Ok(super::whole(&found.gaps));
        }
        Action::Create(new) => {
            let matchers = new.matchers.iter().map(|text| matcher(text));
            let silence = NewSilence {
                cluster: cluster_id(&client, &new.cluster).await?,
                matchers: matchers.collect::<Result<_, _>>()?,
                starts_at: None,
                ends_at: None,
                duration: Some(new.duration),
                comment: new.comment,
            };
            let made = client.create_silence(&silence).await?;
            show(output, &made, |made| silences(std::slice::from_ref(made)))?;
        }
        Action::Expire(wanted) => {
            let cluster = cluster_id(&client, &wanted.cluster).await?;
            client.expire_silence(cluster, &wanted.id).await?;
            say(format!("silence {} has ended", wanted.id))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

/// `NAME SIGN VALUE`.
fn matcher(text: &str) -> Result<Matcher, Failure> {
    let wrong = || {
        Failure::Usage(format!(
            "'{text}' is no matcher: write NAME=VALUE, with one of = != =~ !~"
        ))
    };
    let at = text.find(['=', '!']).ok_or_else(wrong)?;
    let (name, rest) = text.split_at(at);
    let signs = [
        ("=~", true, true),
        ("!~", true, false),
        ("!=", false, false),
        ("=", false, true),
    ];
    let (value, is_regex, is_equal) = signs
        .into_iter()
        .find_map(|(sign, regex, equal)| Some((rest.strip_prefix(sign)?, regex, equal)))
        .ok_or_else(wrong)?;
    let quoted = value
        .strip_prefix('"')
        .and_then(|value| value.strip_suffix('"'));
    Ok(Matcher {
        name: name.trim().to_owned(),
        value: quoted.unwrap_or(value).to_owned(),
        is_regex,
        is_equal,
    })
}

fn list(found: &SilenceList) -> String {
    let list = if found.silences.is_empty() {
        "No silences.".to_owned()
    } else {
        silences(&found.silences)
    };
    list + &gaps(&found.gaps)
}

fn silences(silences: &[Silence]) -> String {
    let headings = ["CLUSTER", "ID", "STATE", "UNTIL", "BY", "ALERTS", "WHY"];
    table(headings, silences.iter().map(row))
}

fn row(silence: &Silence) -> [String; 7] {
    let matchers: Vec<String> = silence.matchers.iter().map(written).collect();
    [
        silence.cluster.clone(),
        silence.id.clone(),
        silence.state.clone(),
        time(silence.ends_at),
        plain(&silence.created_by),
        plain(&matchers.join(",")),
        plain(&silence.comment),
    ]
}

fn written(matcher: &Matcher) -> String {
    let sign = match (matcher.is_regex, matcher.is_equal) {
        (false, true) => "=",
        (false, false) => "!=",
        (true, true) => "=~",
        (true, false) => "!~",
    };
    format!("{}{sign}{:?}", matcher.name, matcher.value)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_matcher_is_written_as_it_is_read() {
        for (text, shown) in [
            ("a=b", "a=\"b\""),
            ("a!=\"b\"", "a!=\"b\""),
            ("a=~b|c", "a=~\"b|c\""),
            ("a!~b=c", "a!~\"b=c\""),
        ] {
            assert_eq!(written(&matcher(text).unwrap()), shown);
        }
        assert!(matcher("a").is_err() && matcher("a!b").is_err());
    }
}
