//! Requests that go another way than usual: which end where they never ended, or say what nobody
//! said.

use super::Calls;
use crate::diagnose::things::Things;
use crate::input::{Conduct, Input};

/// Deviations within this are chance (three-sigma rule).
const CHANCE: f64 = 3.0;

/// Requests that go another way, by thing.
#[derive(Debug)]
pub(crate) struct Odd {
    /// How many do in a thing.
    pub(crate) all: Vec<f64>,
    /// How many do so without that a thing right below does.
    pub(crate) own: Vec<f64>,
    /// The conduct that changed most, as an index.
    pub(crate) most: Vec<Option<usize>>,
}

/// Counts them.
pub(crate) fn odd(input: &Input, things: &Things, calls: &Calls) -> Odd {
    let mut all = vec![0.0; things.len()];
    let mut most: Vec<Option<(f64, usize)>> = vec![None; things.len()];
    let mut sorted: Vec<usize> = (0..input.conduct.len()).collect();
    sorted.sort_by(|a, b| input.conduct[*a].key().cmp(&input.conduct[*b].key()));
    for index in sorted {
        let conduct = &input.conduct[index];
        let Some(thing) = things.find(&conduct.entity) else {
            continue;
        };
        let more = more(conduct);
        // The ways of one thing overlap, for one request does several odd things.
        if more > all[thing] {
            all[thing] = more;
            most[thing] = Some((more, index));
        }
    }
    let own = (0..things.len())
        .map(|thing| {
            let below: f64 = calls.callees[thing].iter().map(|c| all[*c]).sum();
            (all[thing] - below).max(0.0)
        })
        .collect();
    Odd {
        all,
        own,
        most: most
            .into_iter()
            .map(|m| m.map(|(_, index)| index))
            .collect(),
    }
}

/// Requests beyond what is usual, 0 where that may be chance: two shares compared by the deviation
/// of their difference, half a request added to each so that none is certain.
fn more(conduct: &Conduct) -> f64 {
    let share = |part: u32, of: u32| (f64::from(part) + 0.5) / (f64::from(of) + 1.0);
    let (now, usual) = (
        share(conduct.so_now, conduct.requests_now).min(1.0),
        share(conduct.so_usually, conduct.requests_usually).min(1.0),
    );
    let variance = |share: f64, of: u32| share * (1.0 - share) / (f64::from(of) + 1.0);
    let deviation = (variance(now, conduct.requests_now)
        + variance(usual, conduct.requests_usually))
    .sqrt()
    .max(f64::MIN_POSITIVE);
    if (now - usual) / deviation < CHANCE {
        return 0.0;
    }
    (now - usual) * f64::from(conduct.requests_now)
}
