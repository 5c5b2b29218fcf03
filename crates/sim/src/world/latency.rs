//! How long things take: a log-normal distribution, known by its mean and variance.
//!
//! Request latencies are close to log-normal, and mean and variance of what happens one after
//! another add up, so a chain of calls needs no sampling.

/// Seconds.
#[derive(Clone, Copy, PartialEq, Debug, Default)]
pub(crate) struct Latency {
    pub(crate) mean: f64,
    pub(crate) variance: f64,
}

/// The sum of weighted distributions: what is seen where several kinds of requests meet.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Mixture {
    weight: f64,
    sum: f64,
    square: f64,
}

/// Location and scale of the logarithm.
#[derive(Clone, Copy, Debug)]
pub(crate) struct LogNormal {
    location: f64,
    scale: f64,
    mean: f64,
}

impl Latency {
    /// A mean with a deviation of so many times the mean.
    pub(crate) fn new(mean: f64, relative_deviation: f64) -> Self {
        Self {
            mean,
            variance: (mean * relative_deviation).powi(2),
        }
    }

    /// This, then that.
    pub(crate) fn then(self, next: Self) -> Self {
        Self {
            mean: self.mean + next.mean,
            variance: self.variance + next.variance,
        }
    }

    /// So many times, one after another; a fraction is a chance.
    pub(crate) fn times(self, times: f64) -> Self {
        let whole = times.floor();
        let rest = times - whole;
        Self {
            mean: self.mean * times,
            variance: self.variance * times + self.mean.powi(2) * rest * (1.0 - rest),
        }
    }

    pub(crate) fn distribution(self) -> LogNormal {
        let mean = self.mean.max(1e-6);
        let square = (self.variance / mean.powi(2)).ln_1p().max(1e-4);
        LogNormal {
            location: mean.ln() - square / 2.0,
            scale: square.sqrt(),
            mean,
        }
    }

    /// What a caller sees who gives up after `limit` seconds, and the share of calls given up.
    pub(crate) fn given_up_after(self, limit: f64) -> (Self, f64) {
        let distribution = self.distribution();
        let beyond = 1.0 - distribution.below(limit);
        if beyond < 1e-9 {
            return (self, 0.0);
        }
        let mean = distribution.partial_mean(limit) + limit * beyond;
        let variance = (self.variance * (1.0 - beyond)).min(limit.powi(2) / 4.0);
        (Self { mean, variance }, beyond)
    }
}

impl Mixture {
    pub(crate) fn add(&mut self, latency: Latency, weight: f64) {
        self.weight += weight;
        self.sum += weight * latency.mean;
        self.square += weight * (latency.variance + latency.mean.powi(2));
    }

    pub(crate) fn latency(self) -> Latency {
        if self.weight <= 0.0 {
            return Latency::default();
        }
        let mean = self.sum / self.weight;
        Latency {
            mean,
            variance: (self.square / self.weight - mean.powi(2)).max(0.0),
        }
    }
}

impl LogNormal {
    /// The share below `limit` seconds.
    pub(crate) fn below(self, limit: f64) -> f64 {
        if limit <= 0.0 {
            return 0.0;
        }
        normal_below((limit.ln() - self.location) / self.scale)
    }

    /// The value at a standard normal deviate: 0 is the median.
    pub(crate) fn at(self, deviate: f64) -> f64 {
        (self.location + self.scale * deviate).exp()
    }

    /// The mean of those below the limit, times their share.
    fn partial_mean(self, limit: f64) -> f64 {
        self.mean * normal_below((limit.ln() - self.location - self.scale.powi(2)) / self.scale)
    }
}

/// The standard normal distribution function (Abramowitz and Stegun 26.2.17, error below 7.5e-8).
fn normal_below(value: f64) -> f64 {
    let t = 1.0 / (1.0 + 0.231_641_9 * value.abs());
    let polynomial = t
        * (0.319_381_530
            + t * (-0.356_563_782
                + t * (1.781_477_937 + t * (-1.821_255_978 + t * 1.330_274_429))));
    let density = (-value * value / 2.0).exp() * 0.398_942_280_401_432_7;
    let tail = density * polynomial;
    if value >= 0.0 { 1.0 - tail } else { tail }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_distribution_keeps_the_mean_and_the_variance() {
        let latency = Latency::new(0.2, 0.5);
        let distribution = latency.distribution();
        let steps = 20_000;
        let mean: f64 = (0..steps)
            .map(|i| {
                let low = distribution.below(f64::from(i) / 10_000.0);
                let high = distribution.below(f64::from(i + 1) / 10_000.0);
                (high - low) * (f64::from(i) + 0.5) / 10_000.0
            })
            .sum();
        assert!((mean - 0.2).abs() < 1e-3, "{mean}");
    }

    #[test]
    fn who_gives_up_early_sees_less_time_and_more_failures() {
        let latency = Latency::new(1.0, 0.8);
        let (soon, many) = latency.given_up_after(0.5);
        let (late, few) = latency.given_up_after(5.0);
        assert!(soon.mean < 0.5 && many > 0.5, "{soon:?} {many}");
        assert!(
            (late.mean - 1.0).abs() < 0.05 && few < 0.02,
            "{late:?} {few}"
        );
    }

    #[test]
    fn a_mixture_of_one_is_that_one() {
        let mut mixture = Mixture::default();
        mixture.add(Latency::new(0.3, 0.4), 7.0);
        let latency = mixture.latency();
        assert!((latency.mean - 0.3).abs() < 1e-12);
        assert!((latency.variance - 0.0144).abs() < 1e-9);
    }
}
