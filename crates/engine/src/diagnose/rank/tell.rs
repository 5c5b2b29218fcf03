//! Why a suspect stands where it stands, and what speaks against it.

use fleetscope_model::{Reason, SignalRole, Stance};

use super::Ranking;
use super::shift::Shift;
use crate::diagnose::things::{Thing, Things};
use crate::phrase;

/// Signals that are told one by one.
const TOLD: usize = 2;
/// A callee that accounts for this much speaks against its caller.
const EXPLAINED: f64 = 0.5;
/// A share of the excess that is worth telling.
const LEAST_SHARE: f64 = 0.05;

/// The reasons for and against one suspect.
pub(super) fn reasons(ranking: &Ranking<'_>, things: &Things, thing: Thing) -> Vec<Reason> {
    let mut reasons = moved(ranking, thing);
    let evidence: Vec<_> = reasons.iter().flat_map(|r| r.evidence.clone()).collect();
    if evidence.is_empty() {
        return reasons;
    }
    for budget in &ranking.budgets {
        let all: f64 = budget.own.iter().sum();
        let share = if all > 0.0 {
            budget.own[thing] / all
        } else {
            0.0
        };
        if share < LEAST_SHARE {
            continue;
        }
        let what = match budget.role {
            SignalRole::Latency => "time",
            _ => "failures",
        };
        let of = 100.0 * share;
        let text =
            format!("{of:.0} % of the excess {what} arise in it and in nothing that it calls.");
        reasons.push(Reason {
            stance: Stance::For,
            text,
            evidence: evidence.clone(),
        });
    }
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
