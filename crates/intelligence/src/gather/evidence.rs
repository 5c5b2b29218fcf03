//! Making evidence of what was read.

use fleetscope_model::{ClusterId, Evidence, EvidenceId, EvidenceKind, Series, TimeRange};

use crate::hash::sha256_hex;

/// The longest extract, in characters; see [`Evidence::extract`].
const LONGEST_EXTRACT: usize = 400;

/// A reading before it has its identity.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Read<'a> {
    pub(crate) cluster: ClusterId,
    pub(crate) kind: EvidenceKind,
    pub(crate) query: &'a str,
    pub(crate) window: TimeRange,
}

impl Read<'_> {
    /// The evidence of a result given as text.
    pub(crate) fn text(self, result: &str, extract: &str) -> Evidence {
        self.evidence(sha256_hex([result.as_bytes()]), extract)
    }

    /// The evidence of one series of the result. Its hash is taken over the labels, each name and
    /// value followed by a zero byte, then the samples: milliseconds and the bits of the value,
    /// eight bytes each, most significant first.
    pub(crate) fn series(self, series: &Series) -> Evidence {
        let mut bytes = Vec::with_capacity(series.samples.len() * 16 + 64);
        for (name, value) in &series.labels {
            bytes.extend_from_slice(name.as_bytes());
            bytes.push(0);
            bytes.extend_from_slice(value.as_bytes());
            bytes.push(0);
        }
        for sample in &series.samples {
            bytes.extend_from_slice(&sample.at_ms.to_be_bytes());
            bytes.extend_from_slice(&sample.value.to_bits().to_be_bytes());
        }
        self.evidence(sha256_hex([bytes.as_slice()]), &describe(series))
    }

    fn evidence(self, hash: String, extract: &str) -> Evidence {
        let place = format!(
            "{}\0{}\0{}\0{}\0{hash}",
            self.cluster, self.query, self.window.start, self.window.end
        );
        let digest = sha256_hex([place.as_bytes()]);
        Evidence {
            id: EvidenceId(format!("ev-{}", &digest[..16])),
            cluster: self.cluster,
            kind: self.kind,
            query: self.query.to_owned(),
            window: self.window,
            hash,
            extract: shortened(extract, LONGEST_EXTRACT),
        }
    }
}

/// The text, cut to so many characters; a cut is visible.
pub(crate) fn shortened(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    let mut short: String = text.chars().take(most.saturating_sub(1)).collect();
    short.push('…');
    short
}

/// A series in a line: its labels, and between what it moved.
fn describe(series: &Series) -> String {
    let labels: Vec<String> = series
        .labels
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    let values = || series.samples.iter().map(|sample| sample.value);
    let least = values().fold(f64::INFINITY, f64::min);
    let most = values().fold(f64::NEG_INFINITY, f64::max);
    let last = values().next_back().unwrap_or(f64::NAN);
    format!(
        "{{{}}}: {} samples from {} to {}, the last {}",
        labels.join(", "),
        series.samples.len(),
        brief(least),
        brief(most),
        brief(last)
    )
}

/// Four significant digits: enough to recognise, short enough to read.
fn brief(value: f64) -> String {
    if value == 0.0 || !value.is_finite() {
        return value.to_string();
    }
    let whole = value.abs().log10().floor() as i32;
    let decimals = usize::try_from(3 - whole).unwrap_or(0).min(9);
    let text = format!("{value:.decimals$}");
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text
    }
}

#[cfg(test)]
mod tests {
    use fleetscope_model::Sample;
    use jiff::Timestamp;
    use uuid::Uuid;

    use super::*;

    fn read(query: &str) -> Read<'_> {
        Read {
            cluster: ClusterId::new(Uuid::from_u128(1)),
            kind: EvidenceKind::Metric,
            query,
            window: TimeRange {
                start: Timestamp::UNIX_EPOCH,
                end: Timestamp::from_second(60).unwrap(),
            },
        }
    }

    fn series(last: f64) -> Series {
        let samples = [(0, 0.0), (30_000, 0.123_456), (60_000, last)];
        Series {
            labels: [("service".to_owned(), "cart".to_owned())].into(),
            samples: samples
                .map(|(at_ms, value)| Sample { at_ms, value })
                .to_vec(),
        }
    }

    #[test]
    fn the_same_reading_has_the_same_id_and_any_other_another() {
        let first = read("up").series(&series(2.0));
        assert_eq!(first, read("up").series(&series(2.0)));
        assert_ne!(first.id, read("up").series(&series(2.1)).id);
        assert_ne!(first.id, read("down").series(&series(2.0)).id);
        assert_eq!(first.id.0.len(), 19);
        assert_eq!(first.hash.len(), 64);
    }

    #[test]
    fn an_extract_says_between_what_the_series_moved() {
        let extract = read("up").series(&series(12_345.6)).extract;
        assert_eq!(
            extract,
            r#"{service="cart"}: 3 samples from 0 to 12346, the last 12346"#
        );
    }

    #[test]
    fn a_long_extract_is_cut_between_characters() {
        let extract = read("up").text("", &"ü".repeat(500)).extract;
        assert_eq!(extract.chars().count(), 400);
        assert!(extract.ends_with('…'));
    }

    #[test]
    fn numbers_are_brief() {
        let brief = [0.0, 0.012_345_6, 1.5, 100.0, 1234.5, f64::NAN].map(brief);
        assert_eq!(brief, ["0", "0.01235", "1.5", "100", "1234", "NaN"]);
    }
}
