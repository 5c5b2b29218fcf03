//! Why a suspect stands where it stands, and what speaks against it.

use fleetscope_model::{EvidenceId, Reason, SignalRole, Stance};

use super::Ranking;
use super::budget::Budget;
use super::shift::Shift;
use crate::diagnose::things::{Thing, Things};
use crate::input::Input;
use crate::phrase;

/// Signals that are told one by one.
const TOLD: usize = 2;
/// A callee that accounts for this much speaks against its caller.
const EXPLAINED: f64 = 0.5;
/// A share of the excess that is worth telling.
const LEAST_SHARE: f64 = 0.05;

/// The reasons for and against one suspect.
pub(super) fn reasons(
    ranking: &Ranking<'_>,
    input: &Input,
    things: &Things,
    thing: Thing,
) -> Vec<Reason> {
    let mut reasons = moved(ranking, thing);
    reasons.extend(ending(ranking, input, thing));
    let evidence: Vec<EvidenceId> = reasons.iter().flat_map(|r| r.evidence.clone()).collect();
    if evidence.is_empty() {
        return reasons;
    }
    reasons.extend(excess(ranking, thing, &evidence));
    if let Some((below, share)) = ranking.own[thing].below.filter(|(_, s)| *s >= EXPLAINED) {
        let text = format!(
            "{}, which it calls, stands out {:.0} % as far.",
            things.entity(below),
            100.0 * share
        );
        reasons.push(Reason {
            stance: Stance::Against,
            text,
            evidence,
        });
    }
    reasons
}

/// Where the time and the failures come from.
fn excess(ranking: &Ranking<'_>, thing: Thing, evidence: &[EvidenceId]) -> Vec<Reason> {
    let share = |budget: &Budget| {
        let all: f64 = budget.own.iter().sum();
        if all > 0.0 {
            budget.own[thing] / all
        } else {
            0.0
        }
    };
    let telling = ranking.budgets.iter().map(|b| (b, share(b)));
    telling
        .filter(|(_, share)| *share >= LEAST_SHARE)
        .map(|(budget, share)| {
            let what = match budget.role {
                SignalRole::Latency => "time",
                _ => "failures",
            };
            let text = format!(
                "{:.0} % of the excess {what} arise in it and in nothing that it calls.",
                100.0 * share
            );
            Reason {
                stance: Stance::For,
                text,
                evidence: evidence.to_vec(),
            }
        })
        .collect()
}

/// Requests that end otherwise than usual.
fn ending(ranking: &Ranking<'_>, input: &Input, thing: Thing) -> Option<Reason> {
    let conduct = input.conduct.get(ranking.odd.most[thing]?)?;
    let text = format!(
        "{} of {} requests {} end with or tell “{}” (usually {} of {}).",
        conduct.so_now,
        conduct.requests_now,
        conduct.operation,
        conduct.ending,
        conduct.so_usually,
        conduct.requests_usually,
    );
    Some(Reason {
        stance: Stance::For,
        text,
        evidence: vec![conduct.evidence.clone()],
    })
}

fn moved(ranking: &Ranking<'_>, thing: Thing) -> Vec<Reason> {
    let mut worst: Vec<&Shift<'_>> = ranking
        .shifts
        .about(thing)
        .filter(|shift| shift.strength() > 0.0)
        .collect();
    worst.sort_by(|a, b| b.deviations.total_cmp(&a.deviations));
    worst
        .into_iter()
        .take(TOLD)
        .map(|shift| {
            let quantity = |value: f64| phrase::quantity(value, &shift.signal.unit);
            let text = format!(
                "Its {} went to {} (usually {}).",
                shift.signal.name,
                quantity(shift.now),
                quantity(shift.usual)
            );
            Reason {
                stance: Stance::For,
                text,
                evidence: vec![shift.signal.evidence.clone()],
            }
        })
        .collect()
}
