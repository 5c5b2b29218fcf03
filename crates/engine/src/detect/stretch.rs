//! Stretches of samples that stand out together.

use super::baseline::Baseline;
use super::threshold::{Floor, Noise};
use super::track::Track;
use fleetscope_model::Direction;

/// Ordinary samples in between that do not end a stretch.
const BRIDGED: usize = 2;
/// Further apart than this many samples, two stretches are two anomalies.
const APART: usize = 5;
/// So many unusual samples make an anomaly…
const PERSISTS: usize = 3;

/// What found a stretch.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Detector {
    /// Samples outside the band around the forecast.
    Band,
    /// The median of ten minutes outside the band of such medians.
    Shift,
    /// Slow one-way movement out of everything that the history held.
    Drift,
}

impl Detector {
    /// The name in an anomaly.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::Band => "forecast-band",
            Self::Shift => "level-shift",
            Self::Drift => "drift",
        }
    }
}

/// Samples `from..=to`, all unusual in one direction but for short interruptions.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Stretch {
    pub(crate) from: usize,
    pub(crate) to: usize,
    /// Too high; else too low.
    pub(crate) up: bool,
    pub(crate) detectors: Vec<Detector>,
    /// The level that was usual before, where the forecast had followed the movement.
    pub(crate) before: Option<f64>,
}

/// A series with all that is known of it.
pub(crate) struct View<'a> {
    pub(crate) track: &'a Track,
    pub(crate) base: &'a Baseline,
    pub(crate) noise: &'a Noise,
    pub(crate) floor: &'a Floor,
    /// Robust standard deviations that are too many.
    pub(crate) limit: f64,
}

impl View<'_> {
    /// How far the sample lies in the direction, as a multiple of the threshold: 1 is unusual.
    pub(crate) fn excess(&self, i: usize, up: bool) -> f64 {
        let (residual, center) = (self.base.residual[i], self.base.center[i]);
        if !residual.is_finite() {
            return 0.0;
        }
        let threshold = self.limit * self.noise.scale(self.floor, center);
        if up {
            residual / threshold
        } else {
            -residual / threshold
        }
    }

    /// Every stretch of `range` in which at least one sample has this excess, whether it persists
    /// or not; ends are drawn out over neighbours with half of it.
    pub(crate) fn stretches(
        &self,
        range: std::ops::Range<usize>,
        up: bool,
        excess: f64,
    ) -> Vec<Stretch> {
        let mut found: Vec<Stretch> = Vec::new();
        for i in range.clone() {
            if self.excess(i, up) < excess {
                continue;
            }
            match found.last_mut() {
                Some(last) if i - last.to <= BRIDGED + 1 && self.track.close(last.to, i) => {
                    last.to = i;
                }
                _ => found.push(Stretch {
                    from: i,
                    to: i,
                    up,
                    detectors: vec![Detector::Band],
                    before: None,
                }),
            }
        }
        for stretch in &mut found {
            self.draw_out(stretch, &range, excess / 2.0);
        }
        found
    }

    /// Whether the stretch is long or large enough to be called an anomaly: three unusual samples,
    /// two at twice the threshold, or one at four times.
    pub(crate) fn persists(&self, stretch: &Stretch) -> bool {
        let counts = |excess: f64| {
            (stretch.from..=stretch.to)
                .filter(|i| self.excess(*i, stretch.up) >= excess)
                .count()
        };
        counts(1.0) >= PERSISTS || counts(2.0) >= 2 || counts(4.0) >= 1
    }

    fn draw_out(&self, stretch: &mut Stretch, range: &std::ops::Range<usize>, excess: f64) {
        while stretch.from > range.start && self.excess(stretch.from - 1, stretch.up) >= excess {
            stretch.from -= 1;
        }
        while stretch.to + 1 < range.end && self.excess(stretch.to + 1, stretch.up) >= excess {
            stretch.to += 1;
        }
    }
}

/// The directions that count.
pub(crate) const fn directions(direction: Direction) -> &'static [bool] {
    match direction {
        Direction::Up => &[true],
        Direction::Down => &[false],
        Direction::Both => &[true, false],
    }
}

/// Joins stretches of one direction that overlap or nearly touch, whoever found them.
pub(crate) fn join(mut stretches: Vec<Stretch>) -> Vec<Stretch> {
    stretches.sort_by_key(|s| (s.up, s.from, s.to));
    let mut joined: Vec<Stretch> = Vec::new();
    for next in stretches {
        match joined.last_mut() {
            Some(last) if last.up == next.up && next.from <= last.to + APART => {
                last.to = last.to.max(next.to);
                last.before = last.before.or(next.before);
                last.detectors.extend(next.detectors);
                last.detectors.sort_unstable();
                last.detectors.dedup();
            }
            _ => joined.push(next),
        }
    }
    joined.sort_by_key(|s| (s.from, s.to, s.up));
    joined
}
