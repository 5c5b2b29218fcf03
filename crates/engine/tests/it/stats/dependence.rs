//! Dependence between series: how often it is seen where there is none, and how often where there is.

use fleetscope_engine::stats::{Dependence, Innovations, both_tails, dependences, given};
use rand::rngs::SmallRng;

use crate::build::{Noise, gauss, random};

const POINTS: usize = 360;
const LAGS: i32 = 3;
/// One of a hundred, all lags together, as an edge of the graph with one signal at either end.
const ALPHA: f64 = 0.01;

fn strongest(first: &[f64], second: &[f64]) -> Option<Dependence> {
    let (first, second) = (Innovations::of(first)?, Innovations::of(second)?);
    let all = dependences(&first, &second, LAGS);
    all.into_iter().reduce(|a, b| {
        if b.deviations.abs() > a.deviations.abs() {
            b
        } else {
            a
        }
    })
}

fn is_confirmed(found: &Dependence) -> bool {
    both_tails(found.deviations) * f64::from(2 * LAGS + 1) < ALPHA
}

/// A first-order autoregression; with 1 a random walk.
fn remembering(memory: f64, random: &mut SmallRng) -> Vec<f64> {
    let mut state = 0.0;
    (0..POINTS)
        .map(|_| {
            state = memory * state + gauss(random);
            state
        })
        .collect()
}

fn false_alarms(pairs: usize, mut make: impl FnMut(&mut SmallRng) -> Vec<f64>) -> f64 {
    let mut random = random(11);
    let wrong = (0..pairs)
        .filter_map(|_| strongest(&make(&mut random), &make(&mut random)))
        .filter(is_confirmed)
        .count();
    wrong as f64 / pairs as f64
}

#[test]
fn independent_series_are_found_dependent_as_often_as_was_said() {
    const PAIRS: usize = 3000;
    for memory in [0.0, 0.5, 0.9, 0.99, 1.0] {
        let rate = false_alarms(PAIRS, |random| remembering(memory, random));
        println!("memory {memory}: {rate}");
        assert!(
            (ALPHA / 3.0..=ALPHA * 2.0).contains(&rate),
            "memory {memory}: {rate}"
        );
    }
    for noise in [Noise::HeavyTailed, Noise::Moving] {
        let rate = false_alarms(PAIRS, |random| noise.series(POINTS, random));
        println!("{noise:?}: {rate}");
        assert!(
            (ALPHA / 5.0..=ALPHA * 2.0).contains(&rate),
            "{noise:?}: {rate}"
        );
    }
}

#[test]
fn a_fault_that_moves_both_at_once_makes_no_dependence() {
    let rate = false_alarms(2000, |random| {
        let mut values = remembering(0.5, random);
        values[POINTS - 30..].iter_mut().for_each(|v| *v += 40.0);
        values
    });
    println!("with a step in both: {rate}");
    assert!(rate <= ALPHA * 2.0, "{rate}");
    // As they are, such series are all but the same.
    let mut random = random(12);
    let [a, b] = [(); 2].map(|()| {
        let mut values = remembering(0.5, &mut random);
        values[POINTS - 30..].iter_mut().for_each(|v| *v += 40.0);
        values
    });
    let mean = |v: &[f64]| v.iter().sum::<f64>() / v.len() as f64;
    let (ma, mb) = (mean(&a), mean(&b));
    let sum = |x: &[f64], y: &[f64], mx: f64, my: f64| -> f64 {
        x.iter().zip(y).map(|(x, y)| (x - mx) * (y - my)).sum()
    };
    let naive = sum(&a, &b, ma, mb) / (sum(&a, &a, ma, ma) * sum(&b, &b, mb, mb)).sqrt();
    assert!(naive > 0.8, "{naive}");
}

/// A series that follows another, so many steps later, with that part of its news.
fn follower(leader: &[f64], lag: usize, weight: f64, random: &mut SmallRng) -> Vec<f64> {
    let mut state = 0.0;
    (0..leader.len())
        .map(|i| {
            let before = |back: usize| i.checked_sub(back).map_or(0.0, |i| leader[i]);
            let news = before(lag) - before(lag + 1);
            state = 0.6 * state + weight * news + gauss(random);
            state
        })
        .collect()
}

#[test]
fn what_follows_another_is_found_with_its_sign_and_lag() {
    let mut random = random(13);
    for (lag, weight) in [(0, 0.6), (1, 0.6), (2, -0.6), (3, 0.6), (1, -0.5)] {
        let found: Vec<Dependence> = (0..200)
            .filter_map(|_| {
                let leader = remembering(1.0, &mut random);
                let second = follower(&leader, lag, weight, &mut random);
                strongest(&leader, &second)
            })
            .filter(is_confirmed)
            .collect();
        let right = found
            .iter()
            .filter(|d| d.lag == lag as i32 && (d.correlation > 0.0) == (weight > 0.0))
            .count();
        println!(
            "lag {lag} weight {weight}: {} confirmed, {right} right of 200",
            found.len()
        );
        assert!(right >= 190, "lag {lag}, weight {weight}: {right} of 200");
    }
}

#[test]
fn what_a_third_brings_about_in_both_is_gone_when_the_third_is_known() {
    let mut random = random(14);
    let (mut seen, mut left, mut kept) = (0, 0, 0);
    for _ in 0..200 {
        let third = remembering(1.0, &mut random);
        let one = follower(&third, 0, 1.0, &mut random);
        let other = follower(&third, 1, 1.0, &mut random);
        let [third, one_news, other_news] =
            [&third, &one, &other].map(|v| Innovations::of(v).unwrap());
        let all = dependences(&one_news, &other_news, LAGS);
        let best = all
            .into_iter()
            .reduce(|a, b| {
                if b.deviations.abs() > a.deviations.abs() {
                    b
                } else {
                    a
                }
            })
            .unwrap();
        seen += usize::from(is_confirmed(&best) && best.lag == 1);
        let pair = (&one_news, &other_news);
        left += usize::from(is_confirmed(&given(best, pair, &third, LAGS).unwrap()));
        // A third that has nothing to do with them takes nothing away.
        let alien = Innovations::of(&remembering(1.0, &mut random)).unwrap();
        let beside = given(best, pair, &alien, LAGS).unwrap();
        kept += usize::from(is_confirmed(&beside));
    }
    println!("{seen} seen, {left} left, {kept} kept of 200");
    assert!(seen >= 180 && kept >= seen - 10, "{seen} {kept}");
    assert!(left <= 10, "{left} of 200");
}

#[test]
fn short_constant_and_broken_series_depend_on_nothing() {
    let mut random = random(15);
    let fine = remembering(0.5, &mut random);
    assert!(strongest(&fine[..38], &fine[..38]).is_none(), "too short");
    assert!(Innovations::of(&[1.0; POINTS]).is_none(), "constant");
    let mut broken = fine.clone();
    for (i, value) in broken.iter_mut().enumerate() {
        match i % 9 {
            0 => *value = f64::NAN,
            4 => *value = f64::INFINITY,
            7 => *value = 1e300,
            _ => {}
        }
    }
    if let Some(found) = strongest(&fine, &broken) {
        assert!(found.correlation.is_finite() && found.deviations.is_finite());
    }
    // A series beside itself is what it is.
    let same = strongest(&fine, &fine).unwrap();
    assert_eq!(same.lag, 0);
    assert!(same.correlation > 0.999 && same.deviations.is_finite());
}
