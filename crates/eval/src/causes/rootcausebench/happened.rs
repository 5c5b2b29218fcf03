//! Commits, deploys, flags, and what a provider reports of its own services.

use std::path::Path;

use fleetscope_engine::{ChangeContent, CitedChange, CitedEvent, FlagTurn};
use fleetscope_model::{Change, ChangeKind, Entity, EntityKind, KubernetesEvent};
use jiff::Timestamp;
use serde::Deserialize;

use super::files;
use super::read::{Readings, cluster, service};
use crate::Error;

#[derive(Deserialize)]
struct Commit {
    sha: String,
    timestamp: Timestamp,
    message: String,
    #[serde(default)]
    files_changed: Vec<String>,
    diff: Option<String>,
}

#[derive(Deserialize)]
struct Deploy {
    timestamp: Timestamp,
    service: String,
    commit_sha: Option<String>,
    #[serde(default)]
    version: String,
}

#[derive(Deserialize)]
struct Flag {
    timestamp: Timestamp,
    #[serde(rename = "flag")]
    name: String,
    service: String,
    change: String,
}

#[derive(Default, Deserialize)]
struct Feed {
    #[serde(default)]
    region: String,
    #[serde(default)]
    events: Vec<Notice>,
}

#[derive(Deserialize)]
struct Notice {
    service: String,
    status: String,
    #[serde(default)]
    title: String,
    #[serde(default)]
    detail: String,
    started_at: Timestamp,
    updated_at: Option<Timestamp>,
    resolved_at: Option<Timestamp>,
}

/// Every change, oldest first. A commit is made to the whole; a deploy says where it runs.
pub(super) fn changes(data: &Path, readings: &mut Readings) -> Result<Vec<CitedChange>, Error> {
    let context = data.join("context");
    let commits: Vec<Commit> = files::json_if_there(&context.join("commits.json"))?;
    let deploys: Vec<Deploy> = files::json_if_there(&context.join("deploys.json"))?;
    let flags: Vec<Flag> = files::json_if_there(&context.join("flags.json"))?;
    let mut all: Vec<CitedChange> = Vec::new();
    for (change, content) in commits
        .into_iter()
        .map(commit)
        .chain(deploys.into_iter().map(deploy))
        .chain(flags.iter().map(flag))
    {
        all.push(CitedChange {
            change,
            evidence: readings.next(),
            content: Some(content),
        });
    }
    all.sort_by_key(|cited| cited.change.at);
    Ok(all)
}

fn commit(commit: Commit) -> (Change, ChangeContent) {
    let change = Change {
        entity: Entity::new(cluster(), EntityKind::Cluster, "production"),
        kind: ChangeKind::Commit,
        at: commit.timestamp,
        revision: None,
        summary: commit.message.clone(),
    };
    let content = ChangeContent {
        commit: Some(commit.sha),
        message: commit.message,
        paths: commit.files_changed,
        diff: commit.diff,
        flag: None,
    };
    (change, content)
}

fn deploy(deploy: Deploy) -> (Change, ChangeContent) {
    let change = Change {
        entity: service(&deploy.service),
        kind: ChangeKind::Rollout,
        at: deploy.timestamp,
        revision: Some(deploy.version.clone()),
        summary: format!("deploy of {}", deploy.version),
    };
    let content = ChangeContent {
        commit: deploy.commit_sha,
        ..ChangeContent::default()
    };
    (change, content)
}

fn flag(flag: &Flag) -> (Change, ChangeContent) {
    let change = Change {
        entity: service(&flag.service),
        kind: ChangeKind::Flag,
        at: flag.timestamp,
        revision: None,
        summary: format!("flag {}: {}", flag.name, flag.change),
    };
    let (from, to) = flag.change.split_once("->").unwrap_or(("", &flag.change));
    let content = ChangeContent {
        flag: Some(FlagTurn {
            name: flag.name.clone(),
            from: from.to_owned(),
            to: to.to_owned(),
        }),
        ..ChangeContent::default()
    };
    (change, content)
}

/// What Kubernetes said, and what a provider reports that is not over.
pub(super) fn events(
    data: &Path,
    mut events: Vec<CitedEvent>,
    readings: &mut Readings,
) -> Result<Vec<CitedEvent>, Error> {
    let feed: Feed = files::json_if_there(&data.join("status_feed.json"))?;
    for notice in feed.events {
        let is_well = notice.status.contains("normal") || notice.status.contains("operational");
        events.push(CitedEvent {
            event: KubernetesEvent {
                entity: Entity::new(
                    cluster(),
                    EntityKind::Service,
                    format!("{} {}", notice.service, feed.region),
                ),
                severity: if is_well { "Normal" } else { "Warning" }.to_owned(),
                reason: notice.status,
                message: format!("{}. {}", notice.title, notice.detail),
                count: 1,
                first_at: notice.started_at,
                last_at: notice
                    .resolved_at
                    .or(notice.updated_at)
                    .unwrap_or(notice.started_at),
            },
            evidence: readings.next(),
        });
    }
    events.sort_by_key(|cited| cited.event.first_at);
    Ok(events)
}
