use std::sync::Arc;

use fleetscope_model::{ClusterId, Labels};
use proptest::prelude::*;
use uuid::Uuid;

use super::*;

const WINDOW: Duration = Duration::from_secs(1);

fn line(cluster: u128, nanos: i64, text: &str) -> TailLine {
    TailLine {
        cluster: ClusterId::new(Uuid::from_u128(cluster)),
        cluster_name: format!("c{cluster}").into(),
        at: Timestamp::from_nanosecond(nanos.into()).unwrap(),
        labels: Arc::default(),
        metadata: Labels::new(),
        line: text.to_owned(),
        late: false,
        nth: 0,
    }
}

fn drain(merge: &mut Merge, now: Instant) -> Vec<(i64, bool, u32)> {
    std::iter::from_fn(|| merge.pop(now))
        .map(|line| (line.at.as_nanosecond() as i64, line.late, line.nth))
        .collect()
}

#[test]
fn a_line_waits_for_earlier_ones_of_others_and_no_longer() {
    let start = Instant::now();
    let mut merge = Merge::new(WINDOW);
    merge.push(start, line(1, 20, "b"));
    assert_eq!(drain(&mut merge, start + WINDOW / 2), []);
    assert_eq!(merge.wake(), Some(start + WINDOW));
    merge.push(start + WINDOW / 2, line(2, 10, "a"));
    merge.push(start + WINDOW / 2, line(2, 30, "c"));
    // The earlier one goes with the one that has waited.
    let told = drain(&mut merge, start + WINDOW);
    assert_eq!(told, [(10, false, 0), (20, false, 0)]);
    assert_eq!(drain(&mut merge, start + WINDOW * 2), [(30, false, 0)]);
    assert_eq!((merge.wake(), merge.held()), (None, (0, 0)));
}

#[test]
fn a_line_after_the_window_is_told_as_late() {
    let start = Instant::now();
    let mut merge = Merge::new(WINDOW);
    merge.push(start, line(1, 20, "b"));
    assert_eq!(drain(&mut merge, start + WINDOW), [(20, false, 0)]);
    merge.push(start + WINDOW, line(2, 10, "a"));
    merge.push(start + WINDOW, line(2, 20, "c"));
    let told = drain(&mut merge, start + WINDOW * 2);
    assert_eq!(told, [(10, true, 0), (20, false, 1)]);
}

#[test]
fn what_is_held_is_bounded_and_nothing_is_dropped() {
    let start = Instant::now();
    let mut merge = Merge::new(WINDOW);
    let mut told = 0;
    for n in 0..250_000 {
        merge.push(start, line(1, n, "x"));
        told += drain(&mut merge, start).len();
        assert!(merge.held().0 <= MOST_LINES);
    }
    assert_eq!(merge.held().0 + told, 250_000);
    let mut merge = Merge::new(WINDOW);
    let text = "x".repeat(1024 * 1024);
    for n in 0..100 {
        merge.push(start, line(1, n, &text));
        let _ = drain(&mut merge, start);
        assert!(merge.held().1 <= MOST_BYTES);
    }
}

proptest! {
    /// Whatever comes when: every line is told once, those that are not late in the order of time,
    /// and none is late whose delay was within the window.
    #[test]
    fn every_line_is_told_once_and_in_order(
        lines in prop::collection::vec((0..4_u128, 0..5_000_i64, 0..3_000_u64), 0..200)
    ) {
        let start = Instant::now();
        // A line of the instant `at` comes `delay` ms after it was written.
        let mut arrivals: Vec<(u64, i64, u128, u64)> = lines
            .iter()
            .map(|&(cluster, at, delay)| (at as u64 + delay, at, cluster, delay))
            .collect();
        arrivals.sort_unstable();
        let mut merge = Merge::new(WINDOW);
        let mut told = Vec::new();
        for (n, &(ms, at, cluster, _)) in arrivals.iter().enumerate() {
            let now = start + Duration::from_millis(ms);
            told.extend(std::iter::from_fn(|| merge.pop(now)));
            merge.push(now, line(cluster, at, &n.to_string()));
        }
        told.extend(std::iter::from_fn(|| merge.take()));
        prop_assert_eq!(told.len(), arrivals.len());
        let mut names: Vec<usize> = told.iter().map(|line| line.line.parse().unwrap()).collect();
        let on_time: Vec<_> = told.iter().filter(|line| !line.late).map(|line| line.at).collect();
        prop_assert!(on_time.windows(2).all(|pair| pair[0] <= pair[1]));
        for line in told.iter().filter(|line| line.late) {
            let (_, _, _, delay) = arrivals[line.line.parse::<usize>().unwrap()];
            prop_assert!(delay >= 1_000, "late after {} ms", delay);
        }
        names.sort_unstable();
        names.dedup();
        prop_assert_eq!(names.len(), arrivals.len());
    }
}
