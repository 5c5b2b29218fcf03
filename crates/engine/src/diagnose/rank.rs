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
//! | [`shift`] | how far its signals left their habit |
//! | [`own`] | how far they did beyond what the things it calls bring about |
//! | [`budget`] | its own part of the time and the failures that the alarming thing has in excess |
//! | [`conduct`] | requests that end otherwise in it, beyond those that do so below it |
//! | story | the weighing of causes where anomalies last (`weigh`) |

pub(crate) mod budget;
pub(crate) mod conduct;
pub(crate) mod own;
pub(crate) mod shift;
mod tell;

use fleetscope_model::Suspect;

use self::shift::Shifts;
use super::flow::{Flow, Way};
use super::things::{Thing, Things};
use crate::input::Input;

/// At most so many suspects are told: beyond that nobody looks.
const MOST: usize = 50;

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
    /// Votes by thing.
    pub(crate) votes: Vec<f64>,
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
    let mut votes = vec![0.0; things.len()];
    let stands: Vec<f64> = (0..things.len()).map(|t| shifts.strength(t)).collect();
    let alone: Vec<f64> = own.iter().map(|own| own.value).collect();
    cast(&mut votes, &stands);
    cast(&mut votes, &alone);
    cast(&mut votes, &told);
    cast(&mut votes, &odd.own);
    for budget in &budgets {
        cast(&mut votes, &budget.own);
    }
    Ranking {
        shifts,
        budgets,
        odd,
        own,
        votes,
    }
}

/// One vote, in proportion to what a method found.
fn cast(votes: &mut [f64], found: &[f64]) {
    let sum: f64 = found.iter().sum();
    if sum > 0.0 {
        for (vote, part) in votes.iter_mut().zip(found) {
            *vote += part / sum;
        }
    }
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
    pub(crate) fn suspects(&self, things: &Things) -> Vec<Suspect> {
        let all: f64 = self.votes.iter().sum();
        self.order()
            .into_iter()
            .take(MOST)
            .map(|thing| Suspect {
                entity: things.entity(thing).clone(),
                // Six decimals: the sums' last digits mean nothing.
                score: (self.votes[thing] / all * 1e6).round() / 1e6,
                reasons: tell::reasons(self, things, thing),
            })
            .collect()
    }
}
