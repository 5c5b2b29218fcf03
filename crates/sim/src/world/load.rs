//! How much is asked of a cluster from outside: a daily curve, a weekly one, slow drift and noise.

use super::dice::Roll;
use super::time::{self, Tick};

/// The people or machines behind one entry of the service graph.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// Requests a second at the daily peak of a working day.
    pub(crate) peak: f64,
    pub(crate) shape: Shape,
    /// Slow wandering around the curve, a first-order autoregression around 0.
    drift: f64,
    /// Load spikes: until when and how much more.
    surge: Option<(Tick, f64)>,
}

/// Who asks.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(crate) enum Shape {
    /// People at home: a low at four in the morning, a high in the evening, more at week-ends.
    Shoppers,
    /// People at work: office hours, little at week-ends.
    Office,
    /// Mobile subscribers: busy hours in the morning and the evening.
    Subscribers,
}

impl Load {
    pub(crate) const fn new(peak: f64, shape: Shape) -> Self {
        Self {
            peak,
            shape,
            drift: 0.0,
            surge: None,
        }
    }

    /// Requests a second in this tick.
    pub(crate) fn step(&mut self, tick: Tick, roll: &mut Roll) -> f64 {
        self.drift = 0.97 * self.drift + 0.008 * roll.gauss();
        let surge = match self.surge {
            Some((until, factor)) if tick < until => factor,
            _ => 1.0,
        };
        let expected = self.peak * self.shape.at(tick) * (1.0 + self.drift) * surge;
        // Arrivals are independent: the count of a tick is Poisson, here its normal limit.
        let count = expected * time::TICK_SECONDS;
        let count = count + roll.gauss() * count.sqrt();
        (count / time::TICK_SECONDS).max(expected * 0.2)
    }

    pub(crate) const fn surge(&mut self, until: Tick, factor: f64) {
        self.surge = Some((until, factor));
    }
}

impl Shape {
    /// The share of the peak at this time, 0..=1.1.
    pub(crate) fn at(self, tick: Tick) -> f64 {
        let hour = time::hour_of_day(tick);
        let weekend = weekend(tick);
        match self {
            Self::Shoppers => {
                let day = 0.35 + 0.40 * hump(hour, 13.0, 4.5) + 0.52 * hump(hour, 19.5, 2.8);
                day * (1.0 + 0.1 * weekend)
            }
            Self::Office => {
                let day = 0.25 + 0.7 * hump(hour, 10.5, 2.6) + 0.6 * hump(hour, 15.0, 2.6);
                day.min(1.0) * (1.0 - 0.55 * weekend)
            }
            Self::Subscribers => {
                let day = 0.30 + 0.45 * hump(hour, 8.5, 3.0) + 0.62 * hump(hour, 18.0, 3.6);
                day * (1.0 - 0.1 * weekend)
            }
        }
    }
}

/// 0 on working days, 1 at week-ends, and a ramp of six hours around their midnights: nobody's
/// habits jump at twelve.
fn weekend(tick: Tick) -> f64 {
    let day = time::day_of_week(tick) as f64 + time::hour_of_day(tick) / 24.0;
    let ramp = |at: f64| ((day - at) * 4.0 + 0.5).clamp(0.0, 1.0);
    // Day 0 is the Monday in which the ramp down ends.
    (ramp(5.0) - ramp(7.0) + (1.0 - ramp(0.0))).clamp(0.0, 1.0)
}

/// A bell around an hour of the day, around midnight too.
fn hump(hour: f64, centre: f64, width: f64) -> f64 {
    let distance = (hour - centre).abs();
    let distance = distance.min(24.0 - distance);
    (-(distance / width).powi(2) / 2.0).exp()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_shape_stays_between_a_fifth_and_the_peak() {
        for shape in [Shape::Shoppers, Shape::Office, Shape::Subscribers] {
            for tick in (0..7 * 2880).map(Tick) {
                let share = shape.at(tick);
                assert!((0.1..=1.2).contains(&share), "{shape:?} {tick:?} {share}");
            }
        }
    }

    #[test]
    fn the_curve_never_jumps() {
        for shape in [Shape::Shoppers, Shape::Office, Shape::Subscribers] {
            for tick in 0..8 * 2880 {
                let step = shape.at(Tick(tick + 1)) - shape.at(Tick(tick));
                assert!(step.abs() < 0.01, "{shape:?} {tick} {step}");
            }
        }
    }
}
