//! The figures that must not fall, on series made here: the public corpora are not everywhere.
//!
//! These are easy: a part that is left out is missed by its own tests and on the public corpora.

use fleetscope_engine::ensemble::offline;
use fleetscope_eval::anomalies::nab::score::{Profile, Rows, sweep};
use fleetscope_eval::anomalies::streamed;
use fleetscope_eval::anomalies::vus::score::vus_pr;
use fleetscope_model::Sample;

/// Even numbers between -1 and 1: `SplitMix64`, as in the bootstrap.
struct Noise(u64);

impl Noise {
    fn next(&mut self) -> f64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        ((mixed ^ (mixed >> 31)) >> 11) as f64 / (1_u64 << 52) as f64 - 1.0
    }
}

/// Readings so many seconds apart: `shape` of the index, and noise of so much.
fn series(length: usize, step_s: i64, noise: f64, shape: impl Fn(usize) -> f64) -> Vec<Sample> {
    let mut draws = Noise(length as u64 + step_s as u64);
    let sample = |i: usize| Sample {
        at_ms: i as i64 * step_s * 1000,
        value: shape(i) + noise * draws.next(),
    };
    (0..length).map(sample).collect()
}

fn day(i: usize, readings: usize) -> f64 {
    (i as f64 / readings as f64 * std::f64::consts::TAU).sin()
}

/// Series as NAB has them, five minutes apart, with the first and last reading of each incident.
fn corpus() -> Vec<(Vec<Sample>, Vec<(usize, usize)>)> {
    let within = |i: usize, from: usize, to: usize| (from..to).contains(&i);
    let level = |i| if within(i, 2600, 2700) { 9.0 } else { 3.0 };
    let shift = |i| if i < 3000 { 20.0 } else { 34.0 };
    let daily = |i| 50.0 + 20.0 * day(i, 288) + if within(i, 3300, 3320) { 45.0 } else { 0.0 };
    let spikes = |i: usize| if i % 97 == 0 { 40.0 } else { 1.0 };
    let worse = move |i| spikes(i) + if within(i, 3500, 3560) { 80.0 } else { 0.0 };
    let flat = |i| {
        if within(i, 2900, 3100) {
            50.0
        } else {
            50.0 + 20.0 * day(i, 288)
        }
    };
    vec![
        (series(4032, 300, 0.5, level), vec![(2550, 2750)]),
        (series(4032, 300, 1.0, shift), vec![(2900, 3100)]),
        (series(4032, 300, 2.0, daily), vec![(3220, 3420)]),
        (series(4032, 300, 0.5, worse), vec![(3400, 3600)]),
        (series(4032, 300, 0.1, flat), vec![(2850, 3150)]),
        (series(4032, 300, 3.0, |_| 10.0), vec![]),
        (series(4032, 300, 0.5, spikes), vec![]),
        (
            series(4032, 300, 2.0, |i| 50.0 + 20.0 * day(i, 288)),
            vec![],
        ),
    ]
}

#[test]
fn incidents_are_found_early_and_calm_series_stay_calm() {
    let rows = |(samples, windows): &(Vec<Sample>, Vec<(usize, usize)>)| {
        let times: Vec<i64> = samples.iter().map(|sample| sample.at_ms).collect();
        let at = |(from, to): &(usize, usize)| (times[*from], times[*to]);
        let windows: Vec<(i64, i64)> = windows.iter().map(at).collect();
        Rows::of(&times, &windows, &streamed(samples, None)).unwrap()
    };
    let rows: Vec<Rows> = corpus().iter().map(rows).collect();
    let (standard, _) = sweep(&rows, Profile::Standard);
    let (low, _) = sweep(&rows, Profile::LowFalsePositives);
    assert!(standard > 90.0, "{standard}");
    assert!(low > 90.0, "{low}");
}

#[test]
fn readings_a_minute_apart_are_measured_by_their_time_of_day() {
    // Each night at three a job takes a hundred times what the day does: no news. Half of it at
    // noon is.
    let shape = |i: usize| {
        let job = if (180..190).contains(&(i % 1440)) {
            100.0
        } else {
            0.0
        };
        let unusual = if i == 12 * 1440 + 720 { 50.0 } else { 0.0 };
        10.0 + day(i, 1440) + job + unusual
    };
    let scores = streamed(&series(13 * 1440, 60, 0.5, shape), None);
    let last_day = &scores[12 * 1440..];
    assert!(last_day[720] > 0.999, "{}", last_day[720]);
    let jobs = last_day[175..200].iter().copied().fold(0.0, f64::max);
    assert!(jobs < last_day[720], "{jobs}");
}

#[test]
fn a_window_is_scored_by_stretches() {
    let rough = |i: usize| (1500..1800).contains(&i);
    let samples = series(4000, 300, 1.0, |i| {
        let tremble = if i % 2 == 0 { 4.0 } else { -4.0 };
        10.0 + if rough(i) { tremble } else { 0.0 }
    });
    let labels: Vec<bool> = (0..4000).map(rough).collect();
    let found = vus_pr(&labels, &offline::scores(&samples), 50);
    assert!(found > 0.9, "{found}");
}
