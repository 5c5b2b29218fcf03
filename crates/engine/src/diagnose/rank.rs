//! Where the cause lies, as a ranking of everything that could be it.
//!
//! Several methods look at the same readings, each in its own way, and each distributes one vote
//! among the things; the votes are added. A method that finds one thing guilty gives it nearly
//! the whole vote, one that sees nothing in particular spreads it thinly, and one that lacks its
//! readings gives none: so there are no weights to choose. The ranking needs no anomaly to have
//! lasted, so that it says something from the first minutes on, and for coarse samples.
//!
//! | method | a thing gets votes by |
//! | --- | --- |
//! | [`own`] | how far its signals left their habit ([`shift`]) beyond what the things it calls do |
//! | [`budget`] | its own part of the time and the failures that the alarming thing has in excess |
//! | [`conduct`] | requests that end otherwise in it, beyond those that do so below it |
//! | story | the weighing of causes where anomalies last (`weigh`) |

pub(crate) mod budget;
pub(crate) mod conduct;
mod confirm;
pub(crate) mod own;
pub(crate) mod shift;
mod tell;

use fleetscope_model::{Anomaly, Reason, Suspect};

use self::shift::Shifts;
use super::flow::{Flow, Way};
use super::things::{Thing, Things};
use crate::input::Input;

/// At most so many suspects are told: beyond that nobody looks.
const MOST: usize = 50;

/// Strength of a movement that is clear: e times as far as noise goes.
const CLEAR: f64 = 1.0;
/// Excess that is little: a tenth of what the largest consumer takes usually.
const LITTLE: f64 = 0.1;
/// A share of requests of one kind that is many.
const MANY: f64 = 0.25;
/// Nobody is ever surer than this.
const SUREST: f64 = 0.97;

/// The calls between things.
pub(crate) struct Calls {
    /// What each thing calls.
    pub(crate) callees: Vec<Vec<Thing>>,
    /// What calls each thing.
    pub(crate) callers: Vec<Vec<Thing>>,
}

impl Calls {
    fn of(things: &Things, flows: &[Flow]) -> Self {
        let mut calls = Self {
            callees: vec![Vec::new(); things.len()],
            callers: vec![Vec::new(); things.len()],
        };
        for flow in flows.iter().filter(|flow| flow.way == Way::Call) {
            calls.callees[flow.to].push(flow.from);
            calls.callers[flow.from].push(flow.to);
        }
        calls
    }
}

/// The votes of every method.
pub(crate) struct Ranking<'a> {
    /// How every signal moved.
    pub(crate) shifts: Shifts<'a>,
    /// Where time and failures come from.
    pub(crate) budgets: Vec<budget::Budget>,
    /// Where requests end otherwise.
    pub(crate) odd: conduct::Odd,
    /// How far the things that each thing calls account for its own trouble.
    pub(crate) own: Vec<own::Own>,
    /// The calls between things.
    pub(crate) calls: Calls,
    /// Votes by thing.
    pub(crate) votes: Vec<f64>,
}

/// The sum of what the methods found, each in shares.
#[derive(Debug)]
struct Ballot {
    votes: Vec<f64>,
}

impl Ballot {
    /// At most one vote, in proportion to what a method found; `unknown` is what it would find in a
    /// cause that it cannot see, so that whoever finds little has little to say.
    fn cast(&mut self, found: &[f64], unknown: f64) {
        let sum = found.iter().sum::<f64>() + unknown;
        // Numbers at the end of what can be counted tell nothing.
        if sum > 0.0 && sum.is_finite() {
            for (vote, part) in self.votes.iter_mut().zip(found) {
                *vote += part / sum;
            }
        }
    }
}

/// Ranks every thing; `story` holds what the weighing of causes found.
pub(crate) fn rank<'a>(
    input: &'a Input,
    things: &Things,
    flows: &[Flow],
    story: &[(Thing, f64)],
) -> Ranking<'a> {
    let calls = Calls::of(things, flows);
    let shifts = Shifts::of(input, things);
    let budgets = budget::budgets(input, things, &calls, &shifts);
    let odd = conduct::odd(input, things, &calls);
    let own = own::own(&shifts, &calls);
    let mut told = vec![0.0; things.len()];
    for (thing, likelihood) in story {
        told[*thing] = *likelihood;
    }
    let alone: Vec<f64> = own.iter().map(|own| own.value).collect();
    let mut ballot = Ballot {
        votes: vec![0.0; things.len()],
    };
    ballot.cast(&alone, CLEAR);
    ballot.cast(&told, super::weigh::UNKNOWN);
    ballot.cast(&squares(&odd.own), MANY * MANY);
    for budget in &budgets {
        ballot.cast(&budget.own, LITTLE * budget.usual);
    }
    Ranking {
        shifts,
        budgets,
        odd,
        own,
        calls,
        votes: ballot.votes,
    }
}

/// Nearly all requests of a kind are a broken path, a few more than usual are another mix of
/// requests: so shares count by their squares.
fn squares(shares: &[f64]) -> Vec<f64> {
    shares.iter().map(|share| share * share).collect()
}

impl Ranking<'_> {
    /// Those that got votes, most first.
    pub(crate) fn order(&self) -> Vec<Thing> {
        let mut order: Vec<Thing> = (0..self.votes.len())
            .filter(|t| self.votes[*t] > 0.0)
            .collect();
        order.sort_by(|a, b| self.votes[*b].total_cmp(&self.votes[*a]).then(a.cmp(b)));
        order
    }

    /// As it is told.
    pub(crate) fn suspects(&self, input: &Input, things: &Things) -> Vec<Suspect> {
        let all: f64 = self.votes.iter().sum();
        self.order()
            .into_iter()
            .take(MOST)
            .map(|thing| Suspect {
                entity: things.entity(thing).clone(),
                // Six decimals: the sums' last digits mean nothing.
                score: (self.votes[thing] / all * 1e6).round() / 1e6,
                reasons: self.reasons(input, things, thing),
            })
            .collect()
    }

    /// What speaks for and against a thing.
    pub(crate) fn reasons(&self, input: &Input, things: &Things, thing: Thing) -> Vec<Reason> {
        tell::reasons(self, input, things, thing)
    }

    /// The mean of the methods' shares: each is taken at its word, and none more than another.
    pub(crate) fn confidence(&self, thing: Thing) -> f64 {
        let methods = self.votes.iter().sum::<f64>().max(1.0);
        (self.votes[thing] / methods).min(SUREST)
    }

    /// The share of the excess time or failures that is its own.
    pub(crate) fn explains(&self, thing: Thing) -> f64 {
        let share = |budget: &budget::Budget| {
            let all: f64 = budget.own.iter().sum();
            if all > 0.0 {
                budget.own[thing] / all
            } else {
                0.0
            }
        };
        self.budgets.iter().map(share).fold(0.0, f64::max)
    }

    /// The alarm that its signal's own history confirms, and how probable it is to be so by chance.
    pub(crate) fn confirmed<'b>(
        &self,
        input: &'b Input,
        things: &Things,
    ) -> Option<(&'b Anomaly, f64)> {
        confirm::confirmed(input, things, &self.calls, &self.shifts)
    }
}
