//! Requests that end otherwise than usual: that fail, or break off after a line that more used to
//! follow.
//!
//! A line that nobody ever logged is no such thing: it tells of another path, which requests take
//! for reasons of their own.

use super::Calls;
use crate::diagnose::things::Things;
use crate::input::{Conduct, Input};

/// Deviations within this are chance (three-sigma rule).
const CHANCE: f64 = 3.0;

/// Requests that end otherwise, by thing.
#[derive(Debug)]
pub(crate) struct Odd {
    /// The share of its requests of one kind beyond the usual, of the kind where that is largest,
    /// less what a thing right below accounts for.
    pub(crate) own: Vec<f64>,
    /// That conduct, as an index.
    pub(crate) most: Vec<Option<usize>>,
}

/// Looks at all conduct.
pub(crate) fn odd(input: &Input, things: &Things, calls: &Calls) -> Odd {
    let mut all = vec![0.0; things.len()];
    let mut most = vec![None; things.len()];
    let mut sorted: Vec<usize> = (0..input.conduct.len()).collect();
    sorted.sort_by(|a, b| input.conduct[*a].key().cmp(&input.conduct[*b].key()));
    for index in sorted {
        let conduct = &input.conduct[index];
        let Some(thing) = things.find(&conduct.entity) else {
            continue;
        };
        let more = more(conduct);
        if more > all[thing] {
            all[thing] = more;
            most[thing] = Some(index);
        }
    }
    let own = (0..things.len())
        .map(|thing| {
            let below = calls.callees[thing].iter().map(|c| all[*c]);
            (all[thing] - below.fold(0.0, f64::max)).max(0.0)
        })
        .collect();
    Odd { own, most }
}

/// The share of requests beyond what is usual, 0 where that may be chance: two shares compared by
/// the deviation of their difference, half a request added to each so that none is certain.
///
/// Of requests that end with a line, usually some go no further either: as many more come where
/// more requests take that path, and nothing breaks off. They are no trouble.
fn more(conduct: &Conduct) -> f64 {
    if !conduct.fails && conduct.passed_usually == 0 {
        return 0.0;
    }
    let share = |part: u32, of: u32| (f64::from(part.min(of)) + 0.5) / (f64::from(of) + 1.0);
    let now = share(conduct.so_now, conduct.requests_now);
    let usual = share(conduct.so_usually, conduct.requests_usually);
    let ended = if conduct.fails {
        0.0
    } else {
        now * share(conduct.so_usually, conduct.passed_usually)
    };
    let variance = |share: f64, of: u32| share * (1.0 - share) / (f64::from(of) + 1.0);
    let variance = variance(now, conduct.requests_now) + variance(usual, conduct.requests_usually);
    let deviation = variance.sqrt().max(f64::MIN_POSITIVE);
    let more = now - usual.max(ended);
    if more / deviation < CHANCE { 0.0 } else { more }
}
