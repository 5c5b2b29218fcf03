//! How far a view is from everything like it before: the distance to its nearest neighbours.

use serde::{Deserialize, Serialize};

use super::scales::{SPANS, View};

/// Neighbours whose mean distance counts: a few, so that one look-alike does not excuse the second
/// of its kind, and few enough for what happens once a week (Ramaswamy, Rastogi and Shim 2000).
const NEIGHBOURS: usize = 3;
/// The last views are no neighbours: they share most of their readings with this one.
const SHARED: usize = 8;

/// The last views of a series, a ring.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub(super) struct Novelty {
    most: usize,
    /// Where the next view goes.
    next: usize,
    /// A row for each scale, so that one pass over a row compares all views at that scale.
    rows: Vec<Vec<f64>>,
}

impl Novelty {
    /// Compares with at most the last `most` views.
    pub(super) fn new(most: usize) -> Self {
        Self {
            most,
            next: 0,
            rows: vec![Vec::new(); SPANS.len()],
        }
    }
}

impl Novelty {
    /// The mean distance to the nearest neighbours before it; 0 where there are too few.
    pub(super) fn push(&mut self, view: View) -> f64 {
        let distance = self.distance(&view);
        let full = self.rows[0].len() >= self.most;
        for (row, value) in self.rows.iter_mut().zip(view) {
            if full {
                row[self.next] = value;
            } else {
                row.push(value);
            }
        }
        self.next = (self.next + 1) % self.most;
        distance
    }

    fn distance(&self, view: &View) -> f64 {
        let held = self.rows[0].len();
        if held < SHARED + NEIGHBOURS {
            return 0.0;
        }
        let mut squares = vec![0.0; held];
        for (row, value) in self.rows.iter().zip(view) {
            for (square, before) in squares.iter_mut().zip(row) {
                let apart = value - before;
                *square += apart * apart;
            }
        }
        for back in 1..SHARED {
            squares[(self.next + held - back) % held] = f64::INFINITY;
        }
        let nearest = smallest(&squares);
        nearest.iter().map(|square| square.sqrt()).sum::<f64>() / NEIGHBOURS as f64
    }
}

fn smallest(squares: &[f64]) -> [f64; NEIGHBOURS] {
    let mut nearest = [f64::INFINITY; NEIGHBOURS];
    for square in squares {
        if *square < nearest[NEIGHBOURS - 1] {
            let at = nearest.partition_point(|known| known <= square);
            nearest[at..].rotate_right(1);
            nearest[at] = *square;
        }
    }
    nearest
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_seen_three_times_is_not_new() {
        let mut novelty = Novelty::new(100);
        let view = |value: f64| [value; SPANS.len()];
        for i in 0..50 {
            novelty.push(view(f64::from(i % 5)));
        }
        assert_eq!(novelty.push(view(2.0)), 0.0);
        let apart = novelty.push(view(7.0));
        assert!(
            (apart - 3.0 * (SPANS.len() as f64).sqrt()).abs() < 1e-9,
            "{apart}"
        );
    }

    #[test]
    fn the_last_views_are_no_neighbours_and_old_ones_are_forgotten() {
        let mut novelty = Novelty::new(20);
        let view = |value: f64| [value; SPANS.len()];
        for _ in 0..20 {
            novelty.push(view(0.0));
        }
        for _ in 0..SHARED {
            assert!(novelty.push(view(9.0)) > 1.0);
        }
        for _ in 0..20 {
            novelty.push(view(9.0));
        }
        assert!(novelty.push(view(0.0)) > 1.0);
    }
}
