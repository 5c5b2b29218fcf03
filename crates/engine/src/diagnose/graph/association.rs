//! Whether two things move together, apart from what each one's own past foretells and from the trouble
//! itself: the evidence for an edge that data give.
//!
//! Every chosen signal of the one is compared with every one of the other at lags of up to three steps
//! either way, by what is new in each ([`crate::stats::Innovations`]); the strongest counts, as improbable as
//! it is times what was tried. Where something that both depend on accounts for it, that is told (the
//! first level of the PC algorithm, with the topology as what can be a parent).

use std::collections::BTreeMap;

use fleetscope_model::{Association, EvidenceId, SignalRole};
use jiff::SignedDuration;

use super::series::{chosen, news, step_of};
use super::steps;
use crate::diagnose::case::Case;
use crate::diagnose::flow::Way;
use crate::diagnose::rounded;
use crate::diagnose::things::Thing;
use crate::stats::{Dependence, Innovations, both_tails, dependences, given};

/// One edge of a hundred that is called confirmed is none.
const ALPHA: f64 = 0.01;
/// Steps that trouble takes from one thing to the next at most: three minutes of samples a minute apart,
/// which is what smoothing over five minutes leaves of a difference.
const MOST_LAG: i32 = 3;
/// Things that both depend on, so many at most.
const MOST_PARENTS: usize = 4;

/// What goes a way: requests go down from callers, trouble comes up from what is called, run on or used.
/// A caller's requests are no effect of the called, however well the two go together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Travels {
    /// How much is asked for.
    Requests,
    /// All else.
    Trouble,
}

impl Travels {
    /// What goes that way.
    pub(crate) fn by(way: Way) -> Self {
        if way == Way::Requests {
            Self::Requests
        } else {
            Self::Trouble
        }
    }
}

/// What the comparison of two things gave.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Found {
    /// The signals, as indexes.
    pub(crate) signals: (usize, usize),
    /// The strongest dependence.
    pub(crate) dependence: Dependence,
    /// What is left of it beside what both depend on.
    left: Dependence,
    /// What of that accounts for it.
    by: Option<Thing>,
    /// Comparisons that were made.
    tried: f64,
    step_ms: i64,
}

impl Found {
    /// Probability of it without any dependence.
    pub(crate) fn p(&self) -> f64 {
        (both_tails(self.dependence.deviations) * self.tried).min(1.0)
    }

    /// Whether they move together at all.
    pub(crate) fn is_confirmed(&self) -> bool {
        self.p() < ALPHA
    }

    /// Whether they do, and nothing that they share accounts for it.
    pub(crate) fn holds(&self) -> bool {
        self.is_confirmed() && self.by.is_none()
    }

    /// What both depend on and what accounts for it.
    pub(crate) const fn by(&self) -> Option<Thing> {
        self.by
    }

    /// Share of the variance that is explained beyond what both share.
    pub(crate) fn partial_r2(&self) -> f64 {
        self.left.correlation.powi(2)
    }

    /// How much later the second moves.
    pub(crate) fn lag(&self) -> SignedDuration {
        steps(self.dependence.lag, self.step_ms)
    }

    /// The same, from the second to the first.
    pub(crate) fn turned(&self) -> Self {
        let turn = |d: Dependence| Dependence { lag: -d.lag, ..d };
        Self {
            signals: (self.signals.1, self.signals.0),
            dependence: turn(self.dependence),
            left: turn(self.left),
            ..*self
        }
    }

    /// The readings of both signals.
    pub(crate) fn readings(&self, case: &Case<'_>) -> [EvidenceId; 2] {
        let (a, b) = self.signals;
        [a, b].map(|index| case.input.signals[index].evidence.clone())
    }

    /// As it is told.
    pub(crate) fn told(&self, case: &Case<'_>) -> Association {
        let name = |index: usize| case.input.signals[index].name.clone();
        Association {
            cause: name(self.signals.0),
            effect: name(self.signals.1),
            confirmed: self.is_confirmed(),
            correlation: rounded(self.dependence.correlation),
            partial_r2: rounded(self.partial_r2()),
            lag: self.lag(),
            step: steps(1, self.step_ms),
            p: rounded(self.p()),
            samples: self.dependence.steps as u32,
            explained_by: self.by.map(|thing| case.things.entity(thing).clone()),
        }
    }
}

/// The comparisons of one incident; what is new in a series is worked out once.
pub(crate) struct Associations<'a, 'b> {
    case: &'b Case<'a>,
    of: Vec<Vec<usize>>,
    known: BTreeMap<(usize, i64), Option<Innovations>>,
}

impl<'a, 'b> Associations<'a, 'b> {
    /// Of the case's signals.
    pub(crate) fn of(case: &'b Case<'a>) -> Self {
        let mut of = vec![Vec::new(); case.things.len()];
        for (index, signal) in case.input.signals.iter().enumerate() {
            if let Some(thing) = case.things.find(&signal.entity) {
                of[thing].push(index);
            }
        }
        let of = of.iter().enumerate();
        Self {
            case,
            of: of.map(|(thing, own)| chosen(case, thing, own)).collect(),
            known: BTreeMap::new(),
        }
    }

    /// Compares two things by the signals that travel such a way; none where samples do not suffice.
    pub(crate) fn test(&mut self, cause: Thing, effect: Thing, travels: Travels) -> Option<Found> {
        let mut best: Option<Found> = None;
        let mut tried = 0.0;
        for a in self.travelling(cause, travels) {
            for b in self.travelling(effect, travels) {
                let Some((step_ms, all)) = self.compare(a, b) else {
                    continue;
                };
                tried += all.len() as f64;
                for dependence in all {
                    let better = best.as_ref().is_none_or(|best| {
                        dependence.deviations.abs() > best.dependence.deviations.abs()
                    });
                    if better {
                        best = Some(Found {
                            signals: (a, b),
                            dependence,
                            left: dependence,
                            by: None,
                            tried,
                            step_ms,
                        });
                    }
                }
            }
        }
        let mut best = best?;
        best.tried = tried;
        if best.is_confirmed() {
            for (parent, travels) in self.parents(cause, effect, travels) {
                self.condition(&mut best, parent, travels);
            }
        }
        Some(best)
    }

    fn compare(&mut self, a: usize, b: usize) -> Option<(i64, Vec<Dependence>)> {
        let signals = &self.case.input.signals;
        let step_ms = step_of(&signals[a]).max(step_of(&signals[b]));
        self.learn(a, step_ms);
        self.learn(b, step_ms);
        let all = dependences(self.news(a, step_ms)?, self.news(b, step_ms)?, MOST_LAG);
        (!all.is_empty()).then_some((step_ms, all))
    }

    fn learn(&mut self, index: usize, step_ms: i64) {
        let (case, signal) = (self.case, &self.case.input.signals[index]);
        self.known
            .entry((index, step_ms))
            .or_insert_with(|| news(case, signal, step_ms));
    }

    fn news(&self, index: usize, step_ms: i64) -> Option<&Innovations> {
        self.known.get(&(index, step_ms))?.as_ref()
    }

    /// The chosen signals of a thing that travel such a way.
    fn travelling(&self, thing: Thing, travels: Travels) -> Vec<usize> {
        let fits = |index: &usize| {
            let role = self.case.input.signals[*index].role;
            (role == SignalRole::Traffic) == (travels == Travels::Requests)
        };
        self.of[thing].iter().copied().filter(fits).collect()
    }

    /// What can bring the same about in both, as things hang together: their callers' requests, and, but
    /// for requests themselves, the trouble of what both depend on.
    fn parents(&self, one: Thing, other: Thing, travels: Travels) -> Vec<(Thing, Travels)> {
        let mut parents = self.above(one, other, Travels::Requests);
        if travels == Travels::Trouble {
            parents.extend(self.above(one, other, Travels::Trouble));
        }
        parents.truncate(MOST_PARENTS);
        parents
    }

    fn above(&self, one: Thing, other: Thing, travels: Travels) -> Vec<(Thing, Travels)> {
        let above = |thing: Thing| {
            let into = self.case.graph.into(thing);
            let mut above: Vec<Thing> = into
                .filter(|flow| !matches!(flow.way, Way::Neighbour | Way::Kin))
                .filter(|flow| Travels::by(flow.way) == travels)
                .map(|flow| flow.from)
                .filter(|from| *from != one && *from != other)
                .collect();
            above.sort_unstable();
            above.dedup();
            above
        };
        let (of_one, of_other) = (above(one), above(other));
        let both = of_one.into_iter().filter(|t| of_other.contains(t));
        let measured = both.filter(|thing| !self.travelling(*thing, travels).is_empty());
        measured.map(|thing| (thing, travels)).collect()
    }

    /// Takes out what a parent accounts for, where that is more than was taken out so far.
    fn condition(&mut self, found: &mut Found, parent: Thing, travels: Travels) {
        let (a, b) = found.signals;
        for w in self.travelling(parent, travels) {
            self.learn(w, found.step_ms);
            let Some(left) = self.left(found, (a, b), w) else {
                continue;
            };
            if left.deviations.abs() < found.left.deviations.abs() {
                found.left = left;
                if both_tails(left.deviations) * found.tried >= ALPHA {
                    found.by = found.by.or(Some(parent));
                }
            }
        }
    }

    /// What is left where a parent's signal is known at the time that tells most.
    fn left(&self, found: &Found, (a, b): (usize, usize), w: usize) -> Option<Dependence> {
        let news = |index| self.news(index, found.step_ms);
        given(found.dependence, (news(a)?, news(b)?), news(w)?, MOST_LAG)
    }
}
