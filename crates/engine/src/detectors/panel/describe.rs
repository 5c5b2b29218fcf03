//! What a stretch that the panel found is, as an anomaly.

use fleetscope_model::Anomaly;

use super::{Panel, Stretch};
use crate::input::Signal;
use crate::present::{Seen, Way, band};

/// The anomaly; none where its times cannot be said.
pub(super) fn anomaly(signal: &Signal, panel: &Panel<'_>, stretch: &Stretch) -> Option<Anomaly> {
    let (samples, peak) = (panel.samples, peak(panel, stretch));
    let value = samples[peak].value;
    // Where no voice expects a value (a flat line, a gap) the value itself was to be expected.
    let (center, half) = panel.expected(peak).unwrap_or((value, 0.0));
    let off = (value - center).abs();
    let passes = off / half.max(f64::MIN_POSITIVE);
    let agreed = panel.agreement(stretch.from, stretch.to);
    let threshold = panel.voices.first().map_or(1.0, |voice| voice.threshold);
    // A line that stands still within its band is unusual for nothing but that.
    let silent = off <= half && (stretch.from..=stretch.to).any(|i| panel.is_silence(i));
    let values = samples.iter().map(|sample| sample.value);
    let seen = Seen {
        from_ms: samples[stretch.from].at_ms,
        to_ms: samples[stretch.to].at_ms,
        ongoing: stretch.to + 1 == samples.len(),
        peak_ms: samples[peak].at_ms,
        peak: value,
        expected: band(values, center, half),
        score: passes * threshold,
        passes,
        unheard_of: true,
        way: if silent {
            Way::Stopped
        } else {
            Way::Left { up: stretch.up }
        },
        detectors: agreed.detectors.iter().map(|d| (*d).to_owned()).collect(),
        probability: Some(agreed.probability),
        agreed: true,
    };
    seen.of(signal)
}

/// The sample farthest from what was expected of it; where nothing was, the least likely one.
fn peak(panel: &Panel<'_>, stretch: &Stretch) -> usize {
    let off = |i: usize| {
        let value = panel.samples[i].value;
        panel.expected(i).map_or(0.0, |(center, _)| {
            if stretch.up {
                value - center
            } else {
                center - value
            }
        })
    };
    (stretch.from..=stretch.to)
        .filter(|i| panel.samples[*i].value.is_finite())
        .fold(
            stretch.from,
            |best, i| {
                if off(i) > off(best) { i } else { best }
            },
        )
}
