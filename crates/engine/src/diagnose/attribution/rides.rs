//! Since when a change runs, and where: a commit runs from the rollout that brings it.

use fleetscope_model::{ChangeKind, EntityKind};
use jiff::Timestamp;

use crate::diagnose::things::{Thing, Things};
use crate::input::{CitedChange, Input};

/// A commit whose files lie in a component's folder comes with the component's next rollout.
const BY_FOLDER: f64 = 0.9;
/// A commit to files that several components may share comes with the next rollout of any of them.
const SHARED: f64 = 0.35;
/// A commit that no rollout is known to have brought: it may have been brought unseen.
const UNBROUGHT: f64 = 0.15;

/// How a change came to run.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Ride<'a> {
    /// Where it runs, where that is known.
    pub(crate) thing: Option<Thing>,
    /// Since when.
    pub(crate) live_at: Timestamp,
    /// How sure that is, 0 to 1.
    pub(crate) surety: f64,
    /// The rollout that brought it, where it did not come by itself.
    pub(crate) by: Option<&'a CitedChange>,
}

impl Ride<'_> {
    /// A change that runs nowhere.
    pub(crate) const fn none(cited: &CitedChange) -> Self {
        Self {
            thing: None,
            live_at: cited.change.at,
            surety: 0.0,
            by: None,
        }
    }
}

fn commit(cited: &CitedChange) -> Option<&str> {
    cited.content.as_ref()?.commit.as_deref()
}

/// Whether the change is a rollout that only brings a commit that is judged itself.
pub(crate) fn is_carrier(input: &Input, cited: &CitedChange) -> bool {
    let brings = |other: &CitedChange| {
        other.change.kind == ChangeKind::Commit && commit(other) == commit(cited)
    };
    cited.change.kind != ChangeKind::Commit
        && commit(cited).is_some()
        && input.changes.iter().any(brings)
}

/// Every way in which a change may have come to run.
pub(crate) fn rides<'a>(
    input: &'a Input,
    things: &Things,
    cited: &'a CitedChange,
) -> Vec<Ride<'a>> {
    if cited.change.kind != ChangeKind::Commit {
        return vec![Ride {
            thing: things.find(&cited.change.entity),
            live_at: cited.change.at,
            surety: 1.0,
            by: None,
        }];
    }
    let rollouts = || {
        let all = input.changes.iter();
        all.filter(|other| other.change.kind == ChangeKind::Rollout)
    };
    let ride = |by: &'a CitedChange, surety: f64| Ride {
        thing: things.find(&by.change.entity),
        live_at: by.change.at,
        surety,
        by: Some(by),
    };
    if cited.change.entity.kind != EntityKind::Cluster {
        return vec![told_of(input, things, cited)];
    }
    let named: Vec<Ride<'a>> = rollouts()
        .filter(|by| commit(by).is_some() && commit(by) == commit(cited))
        .map(|by| ride(by, 1.0))
        .collect();
    if !named.is_empty() {
        return named;
    }
    let later = || rollouts().filter(|by| by.change.at >= cited.change.at);
    let inside = |by: &&CitedChange| lies_in(cited, &by.change.entity.name);
    if let Some(by) = later().filter(inside).min_by_key(|by| by.change.at) {
        return vec![ride(by, BY_FOLDER)];
    }
    let owned = rollouts().any(|by| inside(&by));
    let mut rides: Vec<Ride<'a>> = Vec::new();
    if !owned {
        rides.extend(later().map(|by| ride(by, SHARED)));
    }
    if rides.is_empty() {
        rides.push(Ride {
            thing: component(things, cited),
            live_at: cited.change.at,
            surety: UNBROUGHT,
            by: None,
        });
    }
    rides
}

/// A commit that is told of what it runs in: with the change of that thing that names it, or
/// brought by a sync of which no such change was seen.
fn told_of<'a>(input: &'a Input, things: &Things, cited: &'a CitedChange) -> Ride<'a> {
    let Some(thing) = things.find(&cited.change.entity) else {
        return Ride::none(cited);
    };
    let named = input.changes.iter().filter(|other| {
        other.change.kind != ChangeKind::Commit
            && commit(other).is_some()
            && commit(other) == commit(cited)
            && things.find(&other.change.entity) == Some(thing)
    });
    let apart = |other: &&CitedChange| other.change.at.duration_since(cited.change.at).abs();
    let by = named.min_by_key(apart);
    Ride {
        thing: Some(thing),
        live_at: by.map_or(cited.change.at, |by| by.change.at),
        surety: if by.is_some() { 1.0 } else { SHARED },
        by,
    }
}

/// The thing in whose folder the commit's files lie, where there is one.
fn component(things: &Things, cited: &CitedChange) -> Option<Thing> {
    (0..things.len())
        .filter(|thing| things.serves(*thing))
        .find(|thing| lies_in(cited, &things.entity(*thing).name))
}

/// Whether a commit's files lie in a folder that is named as the component is, but for an ending.
fn lies_in(cited: &CitedChange, name: &str) -> bool {
    let name = bare(name);
    let Some(content) = &cited.content else {
        return false;
    };
    let folders = content.paths.iter().flat_map(|path| {
        path.rsplit_once('/')
            .map_or("", |(folder, _)| folder)
            .split('/')
    });
    let mut folders = folders.map(bare).filter(|folder| folder.len() >= 4);
    folders
        .any(|folder| folder == name || (name.len() >= 4 && is_same_but_for_ending(&folder, &name)))
}

fn is_same_but_for_ending(a: &str, b: &str) -> bool {
    const ENDINGS: [&str; 8] = [
        "service",
        "svc",
        "server",
        "app",
        "api",
        "worker",
        "backend",
        "deployment",
    ];
    let rest = a.strip_prefix(b).or_else(|| b.strip_prefix(a));
    rest.is_some_and(|rest| ENDINGS.contains(&rest))
}

fn bare(name: &str) -> String {
    name.chars()
        .filter(char::is_ascii_alphanumeric)
        .map(|c| c.to_ascii_lowercase())
        .collect()
}
