//! Seeded samples with everything that PromQL treats specially: resets, gaps, series that start
//! late and end early, jitter, special floats, histograms with faults, ties, labels to join on.

use fleetscope_sim::tsdb::Tsdb;
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

/// 2023-11-15 00:00 UTC.
pub(super) const START_MS: i64 = 1_700_006_400_000;
/// Three hours later.
pub(super) const END_MS: i64 = START_MS + 3 * 3_600_000;

const SCRAPE_MS: i64 = 15_000;
const STEPS: i64 = (END_MS - START_MS) / SCRAPE_MS;
const BOUNDS: [&str; 6] = ["0.05", "0.1", "0.25", "0.5", "1", "+Inf"];

/// The samples.
pub(super) fn database() -> Tsdb {
    let mut samples = Samples {
        db: Tsdb::new(30 * 86_400_000),
        rng: SmallRng::seed_from_u64(42),
    };
    samples.requests();
    samples.gauges();
    samples.interrupted();
    samples.histograms();
    samples.odd_histograms();
    samples.info();
    samples.special_values();
    samples.ties();
    samples.db
}

struct Samples {
    db: Tsdb,
    rng: SmallRng,
}

impl Samples {
    /// Writes one series; `value` gets the step and may skip it.
    fn series(
        &mut self,
        labels: &[(&str, &str)],
        mut value: impl FnMut(&mut SmallRng, i64) -> Option<f64>,
    ) {
        let id = self.db.series(labels);
        for step in 0..=STEPS {
            if let Some(value) = value(&mut self.rng, step) {
                self.db.append(id, START_MS + step * SCRAPE_MS, value);
            }
        }
    }

    /// Counters with a reset about every hour.
    fn requests(&mut self) {
        for instance in ["api-0", "api-1", "api-2", "web-0"] {
            let job = &instance[..3];
            for (method, code) in [
                ("GET", "200"),
                ("GET", "500"),
                ("POST", "200"),
                ("POST", "503"),
            ] {
                let labels = [
                    ("__name__", "http_requests_total"),
                    ("job", job),
                    ("instance", instance),
                    ("method", method),
                    ("code", code),
                ];
                let mut total = 0.0;
                self.series(&labels, |rng, _| {
                    total += f64::from(rng.random_range(0..40));
                    if rng.random_ratio(1, 240) {
                        total = f64::from(rng.random_range(0..5));
                    }
                    Some(total)
                });
            }
        }
    }

    fn gauges(&mut self) {
        for (instance, job) in [
            ("api-0", "api"),
            ("api-1", "api"),
            ("api-2", "api"),
            ("web-0", "web"),
        ] {
            let labels = |name| [("__name__", name), ("job", job), ("instance", instance)];
            self.series(&labels("up"), |rng, _| {
                Some(f64::from(u8::from(rng.random_ratio(9, 10))))
            });
            let mut bytes = 3e9;
            self.series(&labels("memory_bytes"), |rng, _| {
                bytes += rng.random_range(-5e6..5.5e6);
                Some(bytes)
            });
            self.series(&labels("memory_limit_bytes"), |_, _| Some(4_294_967_296.0));
            self.series(&labels("temperature_celsius"), |rng, step| {
                let wave = (step as f64 / 40.0).sin() * 20.0;
                Some(((wave + rng.random_range(-1.0..1.0)) * 100.0).round() / 100.0)
            });
        }
        self.series(&[("__name__", "constant"), ("a", "1")], |_, _| Some(7.5));
        self.series(
            &[("__name__", "config_reload_seconds"), ("a", "1")],
            |_, step| Some((START_MS / 1000 + step / 100 * 1500) as f64),
        );
    }

    /// Gaps of more and of less than the lookback, a late start, an early end, jitter, and rare
    /// samples.
    fn interrupted(&mut self) {
        let labels = |kind| [("__name__", "interrupted"), ("kind", kind)];
        let mut total = 0.0;
        self.series(&labels("gaps"), |rng, step| {
            total += rng.random_range(0.0..10.0);
            let missing = matches!(step, 100..=180 | 300..=310 | 400..=422);
            (!missing).then_some(total)
        });
        self.series(&labels("late"), |rng, step| {
            (step > 333).then(|| rng.random_range(0.0..1.0))
        });
        self.series(&labels("early"), |rng, step| {
            (step < 333).then(|| rng.random_range(0.0..1.0))
        });
        self.series(&labels("rare"), |rng, step| {
            (step % 19 == 0).then(|| rng.random_range(0.0..1.0))
        });
        self.series(&labels("twins"), |_, step| (step < 200).then_some(1.0));
        let id = self.db.series(&labels("jitter"));
        let (mut t, mut total) = (START_MS, 0.0);
        while t < END_MS {
            self.db.append(id, t, total);
            t += self.rng.random_range(11_000..19_000);
            total += self.rng.random_range(0.0..3.0);
        }
    }

    fn histograms(&mut self) {
        for (instance, job) in [("api-0", "api"), ("api-1", "api"), ("web-0", "web")] {
            let mut counts = vec![[0.0; 6]];
            for _ in 0..STEPS {
                let mut next = counts[counts.len() - 1];
                for _ in 0..self.rng.random_range(0..20) {
                    let first = self.rng.random_range(0..6);
                    next[first..].iter_mut().for_each(|count| *count += 1.0);
                }
                counts.push(next);
            }
            let common = [("job", job), ("instance", instance)];
            for (bucket, bound) in BOUNDS.iter().enumerate() {
                let name = [("__name__", "latency_seconds_bucket"), ("le", *bound)];
                let labels = [&name[..], &common[..]].concat();
                self.series(&labels, |_, step| Some(counts[step as usize][bucket]));
            }
            let count = [&[("__name__", "latency_seconds_count")], &common[..]].concat();
            self.series(&count, |_, step| Some(counts[step as usize][5]));
            let sum = [&[("__name__", "latency_seconds_sum")], &common[..]].concat();
            self.series(&sum, |_, step| Some(counts[step as usize][5] * 0.21));
        }
    }

    /// Histograms as they should not be.
    fn odd_histograms(&mut self) {
        for (kind, buckets) in [
            ("no_infinity", &[("1", 3.0), ("2", 5.0)][..]),
            ("falling", &[("1", 9.0), ("2", 5.0), ("+Inf", 12.0)]),
            ("unreadable", &[("one", 9.0), ("2", 5.0), ("Inf", 12.0)]),
            (
                "negative",
                &[("-2", 9.0), ("-1", 10.0), ("1", 11.0), ("+Inf", 12.0)],
            ),
            ("empty", &[("1", 0.0), ("+Inf", 0.0)]),
            ("alone", &[("+Inf", 4.0)]),
            (
                "doubled",
                &[("1", 2.0), ("1.0", 3.0), ("2", 7.0), ("+Inf", 12.0)],
            ),
            ("unbounded", &[("1", 2.0), ("+Inf", 100.0)]),
        ] {
            for (bound, count) in buckets {
                let labels = [("__name__", "odd_bucket"), ("kind", kind), ("le", bound)];
                self.series(&labels, |_, _| Some(*count));
            }
        }
    }

    fn info(&mut self) {
        for (instance, node, version) in [
            ("api-0", "n1", "1.2"),
            ("api-1", "n1", "1.3"),
            ("api-2", "n2", "1.2"),
            ("web-0", "n2", ""),
        ] {
            let labels = [
                ("__name__", "instance_info"),
                ("instance", instance),
                ("node", node),
                ("version", version),
            ];
            self.series(&labels, |_, _| Some(1.0));
        }
        for (node, zone) in [("n1", "a"), ("n2", "b\\c \"d\" é")] {
            let labels = [("__name__", "node_cores"), ("node", node), ("zone", zone)];
            self.series(&labels, |_, _| Some(if node == "n1" { 8.0 } else { 16.0 }));
        }
    }

    fn special_values(&mut self) {
        let labels = |kind| [("__name__", "special"), ("kind", kind)];
        self.series(&labels("nan"), |_, _| Some(f64::NAN));
        self.series(&labels("sometimes_nan"), |_, step| {
            Some(if step % 7 == 0 { f64::NAN } else { step as f64 })
        });
        self.series(&labels("inf"), |_, _| Some(f64::INFINITY));
        self.series(&labels("negative_inf"), |_, _| Some(f64::NEG_INFINITY));
        self.series(&labels("sometimes_inf"), |_, step| {
            Some(if step % 11 == 0 { f64::INFINITY } else { 2.0 })
        });
        self.series(&labels("huge"), |_, step| Some(1e300 * (step + 1) as f64));
        self.series(&labels("tiny"), |_, step| Some(1e-9 / (step + 1) as f64));
        self.series(&labels("zero"), |_, _| Some(0.0));
        self.series(&labels("negative"), |_, step| Some(-2.5 - step as f64));
    }

    /// Equal values, of which `topk` has to leave some.
    fn ties(&mut self) {
        for name in ["a", "b", "c", "d", "e", "f", "g"] {
            let labels = [
                ("__name__", "tied"),
                ("name", name),
                ("half", if name < "d" { "1" } else { "2" }),
            ];
            self.series(&labels, |_, step| {
                let place = i64::from(name.as_bytes()[0]) + step / 50;
                Some((place % 3) as f64)
            });
        }
    }
}
