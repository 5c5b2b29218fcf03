//! What a query would cost, asked of the index before it is carried out.

use fleetscope_model::{GapKind, TimeRange};
use fleetscope_outbound::Failure;
use serde::Deserialize;

use super::door::Door;
use super::logql::{Held, Read};
use super::nanoseconds;

/// Selectors of one query that are asked about: more are a query that nobody wrote by hand, and
/// what they read together is bounded by the time limit alone.
const MOST_SELECTORS: usize = 8;

/// What the index knows of a selector.
#[derive(Debug, Clone, Copy, Default, Deserialize)]
#[serde(default)]
pub(super) struct Stats {
    pub(super) streams: u64,
    pub(super) chunks: u64,
    pub(super) bytes: u64,
    pub(super) entries: u64,
}

impl Stats {
    fn add(&mut self, other: Self) {
        self.streams = self.streams.saturating_add(other.streams);
        self.chunks = self.chunks.saturating_add(other.chunks);
        self.bytes = self.bytes.saturating_add(other.bytes);
        self.entries = self.entries.saturating_add(other.entries);
    }
}

/// The failure that a query over its budget is, if it is. Where the index can't be asked (an old
/// server, a gateway that does not pass it on) the query goes on: time limit and byte cap hold.
pub(super) async fn exceeded(
    door: &Door,
    held: &Held,
    range: TimeRange,
    budget: u64,
) -> Result<Option<Failure>, Failure> {
    let stats = match stats(door, held, range).await {
        Ok(stats) => stats,
        Err(failure) if passes_on(failure.kind) => return Ok(None),
        Err(failure) => return Err(failure),
    };
    Ok((stats.bytes > budget).then(|| too_much(stats, range, budget)))
}

/// What the index knows of all selectors of a query. One that can't be read here is asked about as
/// nothing: the upstream, which is asked next, says what is wrong with it.
pub(super) async fn stats(door: &Door, held: &Held, range: TimeRange) -> Result<Stats, Failure> {
    let mut sum = Stats::default();
    let Ok(read) = Read::new(&held.text) else {
        return Ok(sum);
    };
    let (start, end) = nanoseconds(range);
    for selector in read.selectors().into_iter().take(MOST_SELECTORS) {
        let parameters = [("query", selector), ("start", &start), ("end", &end)];
        let answer = door.ask("index/stats", &parameters).await?.success()?;
        sum.add(answer.json()?);
    }
    Ok(sum)
}

/// Whether a refusal of the index says nothing about the query itself. A cluster that does not
/// answer at all is not asked twice.
const fn passes_on(kind: GapKind) -> bool {
    matches!(
        kind,
        GapKind::Refused | GapKind::BadAnswer | GapKind::Forbidden | GapKind::Unauthenticated
    )
}

fn too_much(stats: Stats, range: TimeRange, budget: u64) -> Failure {
    let share = budget as f64 / stats.bytes as f64;
    let minutes = (range.length().as_secs_f64() * share / 60.0).floor();
    let shorter = if minutes >= 1.0 {
        format!("ask for about {minutes:.0} minutes at once")
    } else {
        "ask for a much shorter time".to_owned()
    };
    Failure::new(
        GapKind::Refused,
        format!(
            "the query would read {} in {} streams, and its budget is {}: add labels to its \
             selector (namespace, app, pod), {shorter}, or raise the budget",
            size(stats.bytes),
            stats.streams,
            size(budget)
        ),
    )
}

/// A number of bytes as people write it.
fn size(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["B", "kB", "MB", "GB", "TB"];
    let (mut value, mut unit) = (bytes as f64, 0);
    while value >= 1000.0 && unit + 1 < UNITS.len() {
        value /= 1000.0;
        unit += 1;
    }
    if unit == 0 {
        format!("{bytes} B")
    } else {
        format!("{value:.1} {}", UNITS[unit])
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_told_as_people_write_them() {
        assert_eq!(size(999), "999 B");
        assert_eq!(size(43_008), "43.0 kB");
        assert_eq!(size(10_000_000_000), "10.0 GB");
        assert_eq!(size(u64::MAX), "18446744.1 TB");
    }
}
