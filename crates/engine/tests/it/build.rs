//! Builders of synthetic series.

use fleetscope_engine::Signal;
use fleetscope_model::{
    ClusterId, Direction, Entity, EntityKind, EvidenceId, Labels, Sample, Sensitivity, Series,
    SignalRole, TimeRange,
};
use jiff::{SignedDuration, Timestamp};
use rand::rngs::SmallRng;
use rand::{Rng, SeedableRng};

pub(crate) const MINUTE: i64 = 60_000;

pub(crate) fn cluster(number: u128) -> ClusterId {
    format!("00000000-0000-7000-8000-{number:012x}")
        .parse()
        .unwrap()
}

/// The instant all synthetic series end at.
pub(crate) fn now() -> Timestamp {
    "2026-03-02T12:00:00Z".parse().unwrap()
}

pub(crate) fn minutes(count: i64) -> SignedDuration {
    SignedDuration::from_mins(count)
}

/// The last so many minutes.
pub(crate) fn last(count: i64) -> TimeRange {
    TimeRange::ending(now(), minutes(count))
}

/// A signal about a workload, with samples every `step` up to now.
pub(crate) fn signal(values: &[f64], step_ms: i64) -> Signal {
    let end = now().as_millisecond();
    let count = values.len() as i64;
    let samples = values
        .iter()
        .enumerate()
        .map(|(i, value)| Sample {
            at_ms: end - (count - 1 - i as i64) * step_ms,
            value: *value,
        })
        .collect();
    Signal {
        entity: Entity::new(cluster(1), EntityKind::Workload, "a").in_namespace("n"),
        name: "something measured".to_owned(),
        role: SignalRole::Errors,
        resource: None,
        unit: String::new(),
        direction: Direction::Up,
        least_deviation: 0.0,
        symptom: false,
        sensitivity: Sensitivity::Medium,
        series: Series {
            labels: Labels::new(),
            samples,
        },
        evidence: EvidenceId("ev-0000000000000001".to_owned()),
    }
}

/// A kind of noise, deviation about 1.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Noise {
    Gaussian,
    /// Student's t with three degrees of freedom.
    HeavyTailed,
    /// The mean of the last five, as a rate over five minutes makes it.
    Moving,
    /// First-order autoregression, 0.9: a memory of ten samples.
    Remembering,
}

impl Noise {
    pub(crate) fn series(self, count: usize, random: &mut SmallRng) -> Vec<f64> {
        match self {
            Self::Gaussian => (0..count).map(|_| gauss(random)).collect(),
            Self::HeavyTailed => (0..count).map(|_| heavy(random)).collect(),
            Self::Moving => {
                let raw: Vec<f64> = (0..count + 4).map(|_| gauss(random)).collect();
                raw.windows(5)
                    .map(|w| w.iter().sum::<f64>() / 5.0_f64.sqrt())
                    .collect()
            }
            Self::Remembering => {
                let mut state = gauss(random);
                (0..count)
                    .map(|_| {
                        state = 0.9 * state + (1.0_f64 - 0.81).sqrt() * gauss(random);
                        state
                    })
                    .collect()
            }
        }
    }
}

pub(crate) fn random(seed: u64) -> SmallRng {
    SmallRng::seed_from_u64(seed)
}

/// Box–Muller.
pub(crate) fn gauss(random: &mut SmallRng) -> f64 {
    let (a, b): (f64, f64) = (random.random(), random.random());
    (-2.0 * (1.0 - a).ln()).sqrt() * (std::f64::consts::TAU * b).cos()
}

fn heavy(random: &mut SmallRng) -> f64 {
    let squares: f64 = (0..3).map(|_| gauss(random).powi(2)).sum();
    gauss(random) / (squares / 3.0).sqrt()
}
