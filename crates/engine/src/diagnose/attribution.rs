//! Change attribution: which deploy, config change, flag or commit brought the trouble about, or
//! none.
//!
//! Read in this order: what the trouble is, since when and in which words ([`trouble`]); what lies on
//! the way to it ([`stage`]); since when each change runs ([`rides`]); what a change can break
//! ([`risks`], [`settings`], over [`diff`]); what else could explain the trouble ([`elsewhere`]).
//!
//! ```text
//! likelihood = path × timing × content
//! content    = unknown or plain + risk that fits the trouble + words shared with the trouble
//! confidence = likelihood / (Σ likelihoods + unseen + what else explains it)
//! ```
//!
//! The constants are judgements of magnitude, held by tests and by the table in
//! `docs/engine/changes.md`. Nothing is known by name: kinds of files, words of the trade, shapes of
//! diffs, times and edges.

mod content;
mod diff;
mod elsewhere;
mod growth;
mod reasons;
mod rides;
mod risks;
mod settings;
mod stage;
mod topics;
mod trouble;
mod words;

use std::collections::BTreeSet;

use fleetscope_model::{Attribution, Blame, ChangeKind, Confidence, SuspectChange};

use self::content::{Content, Lexicon};
use self::elsewhere::Elsewhere;
use self::rides::Ride;
use self::stage::Stage;
use self::trouble::Troubles;
use super::observe::Observation;
use super::rounded;
use super::things::{Thing, Things};
use super::weigh::is_made;
use crate::input::{CitedChange, Input};

/// At most so many changes are told.
const MOST_SUSPECTS: usize = 5;
/// Likelihood that a change did it of which nothing was read.
const UNSEEN: f64 = 0.15;
/// From this on one change, or none, is blamed.
const ENOUGH: f64 = 0.5;
/// Below this a change is not told.
const TOLD: f64 = 0.02;

/// One change, weighed.
#[derive(Debug)]
struct Weighed<'a> {
    cited: &'a CitedChange,
    ride: Ride<'a>,
    path: f64,
    timing: f64,
    content: Content,
    likelihood: f64,
}

/// Which change did it, or none; nothing where there is no trouble or no change to judge. `ranked`
/// are the things in which the trouble may have begun, with how likely that is.
pub(crate) fn attribution(
    input: &Input,
    things: &Things,
    seen: &[Observation],
    ranked: &[(Thing, f64)],
) -> Option<Attribution> {
    let stage = Stage::of(input, things, seen, ranked)?;
    let troubles = Troubles::of(input, things, seen, &stage);
    if troubles.all.is_empty() || !input.changes.iter().any(is_judged) {
        return None;
    }
    let lexicon = Lexicon::of(input, things, &troubles);
    let mut weighed: Vec<Weighed<'_>> = input
        .changes
        .iter()
        .filter(|cited| is_judged(cited) && !rides::is_carrier(input, cited))
        .map(|cited| weigh(input, things, (&stage, &troubles, &lexicon), cited))
        .collect();
    weighed.sort_by(|a, b| {
        let by_likelihood = b.likelihood.total_cmp(&a.likelihood);
        by_likelihood.then_with(|| key(a.cited).cmp(&key(b.cited)))
    });
    weighed.dedup_by(|a, b| a.cited == b.cited);
    // One commit may run in several things: where it most likely did it speaks for it.
    let mut commits = BTreeSet::new();
    weighed.retain(|w| commit_of(w.cited).is_none_or(|commit| commits.insert(commit)));
    let elsewhere = elsewhere::elsewhere(input, things, seen, &stage, &troubles);
    Some(conclude(input, &weighed, &elsewhere, &troubles))
}

fn weigh<'a>(
    input: &'a Input,
    things: &Things,
    (stage, troubles, lexicon): (&Stage, &Troubles<'_>, &Lexicon),
    cited: &'a CitedChange,
) -> Weighed<'a> {
    let content = content::content(cited, troubles, lexicon);
    let (ride, path, timing) = rides::rides(input, things, cited)
        .into_iter()
        .map(|ride| {
            let path = stage.path(ride.thing) * ride.surety;
            let timing = troubles.timing(ride.live_at);
            (ride, path, timing)
        })
        .reduce(|a, b| if b.1 * b.2 > a.1 * a.2 { b } else { a })
        .unwrap_or_else(|| (Ride::none(cited), 0.0, 0.0));
    Weighed {
        cited,
        likelihood: path * timing * content.value,
        ride,
        path,
        timing,
        content,
    }
}

fn key(cited: &CitedChange) -> impl Ord + '_ {
    let change = &cited.change;
    let commit = cited.content.as_ref().and_then(|c| c.commit.as_ref());
    (
        change.at,
        &change.entity,
        change.kind,
        commit,
        &change.summary,
    )
}

/// The id of a commit that is judged itself.
fn commit_of(cited: &CitedChange) -> Option<&str> {
    let is_commit = cited.change.kind == ChangeKind::Commit;
    cited
        .content
        .as_ref()
        .filter(|_| is_commit)?
        .commit
        .as_deref()
}

/// Changes that somebody made; what only follows from trouble is not judged.
fn is_judged(cited: &CitedChange) -> bool {
    is_made(cited.change.kind) || cited.change.kind == ChangeKind::Commit
}

fn conclude(
    input: &Input,
    weighed: &[Weighed<'_>],
    elsewhere: &[Elsewhere],
    troubles: &Troubles<'_>,
) -> Attribution {
    let none = UNSEEN + elsewhere.iter().map(|e| e.strength).fold(0.0, f64::max);
    let sum: f64 = weighed.iter().map(|w| w.likelihood).sum::<f64>() + none;
    let part = |likelihood: f64| Confidence(rounded(likelihood / sum));
    let suspects: Vec<SuspectChange> = weighed
        .iter()
        .filter(|w| part(w.likelihood).0 >= TOLD)
        .take(MOST_SUSPECTS)
        .map(|w| SuspectChange {
            change: w.cited.change.clone(),
            commit: w.cited.content.as_ref().and_then(|c| c.commit.clone()),
            live_at: w.ride.live_at,
            confidence: part(w.likelihood),
            reasons: reasons::of_change(input, w, troubles),
        })
        .collect();
    let otherwise = part(none);
    let first = suspects.first().map_or(0.0, |s| s.confidence.0);
    let blame = if first >= ENOUGH {
        Blame::Change
    } else if otherwise.0 >= ENOUGH {
        Blame::NoChange
    } else {
        Blame::Undecided
    };
    Attribution {
        blame,
        otherwise,
        otherwise_reasons: reasons::of_none(elsewhere, weighed, troubles),
        suspects,
    }
}
