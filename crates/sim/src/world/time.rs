//! Ticks: the steps of the world, which are also the scrapes of its Prometheus.

use jiff::Timestamp;

/// One step of the world, counted from the Unix epoch.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Debug)]
pub(crate) struct Tick(pub(crate) i64);

/// The length of a tick: OpenShift's and kube-prometheus' default scrape interval.
pub(crate) const TICK_SECONDS: f64 = 30.0;
pub(crate) const TICK_MILLIS: i64 = 30_000;

impl Tick {
    /// The last tick that is not after this time.
    pub(crate) fn not_after(at: Timestamp) -> Self {
        Self(at.as_millisecond().div_euclid(TICK_MILLIS))
    }

    /// The first tick that is not before this time, of nanoseconds since the epoch.
    pub(crate) const fn not_before_nanos(nanos: i64) -> Self {
        let length = TICK_MILLIS * 1_000_000;
        Self(-(-nanos).div_euclid(length))
    }

    pub(crate) const fn millis(self) -> i64 {
        self.0 * TICK_MILLIS
    }

    pub(crate) const fn nanos(self) -> i64 {
        self.millis() * 1_000_000
    }

    /// The time of the tick; the epoch for ticks no calendar reaches.
    pub(crate) fn timestamp(self) -> Timestamp {
        Timestamp::from_millisecond(self.millis()).unwrap_or(Timestamp::UNIX_EPOCH)
    }

    pub(crate) const fn plus(self, ticks: i64) -> Self {
        Self(self.0 + ticks)
    }

    pub(crate) const fn next(self) -> Self {
        self.plus(1)
    }
}

/// The ticks of so many minutes.
pub(crate) const fn minutes(minutes: i64) -> i64 {
    minutes * 2
}

/// Hour of the day in UTC with its fraction, 0..24.
pub(crate) fn hour_of_day(tick: Tick) -> f64 {
    tick.0.rem_euclid(2880) as f64 / 120.0
}

/// 0 is Monday.
pub(crate) const fn day_of_week(tick: Tick) -> i64 {
    // The epoch was a Thursday.
    (tick.0.div_euclid(2880) + 3).rem_euclid(7)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_epoch_is_a_thursday_at_midnight() {
        assert_eq!(day_of_week(Tick(0)), 3);
        assert!(hour_of_day(Tick(0)).abs() < f64::EPSILON);
        assert!((hour_of_day(Tick(2880 + 60)) - 0.5).abs() < f64::EPSILON);
    }

    #[test]
    fn a_time_between_two_ticks_belongs_to_the_earlier() {
        let at = Timestamp::from_millisecond(59_999).expect("in range");
        assert_eq!(Tick::not_after(at), Tick(1));
        assert_eq!(Tick::not_before_nanos(30_000_000_000), Tick(1));
        assert_eq!(Tick::not_before_nanos(30_000_000_001), Tick(2));
    }
}
