//! Times and lengths as Prometheus reads them.

use jiff::{SignedDuration, Timestamp};

use super::refusal::Refusal;

/// Prometheus' own limit (`web/api/v1/api.go`).
const MAX_POINTS: i128 = 11_000;

/// Seconds since 1970 with decimals, or RFC 3339.
pub(super) fn at(name: &str, text: &str) -> Result<Timestamp, Refusal> {
    let number = text
        .parse::<f64>()
        .ok()
        .filter(|seconds| seconds.is_finite());
    number
        .and_then(|seconds| Timestamp::from_millisecond((seconds * 1000.0).round() as i64).ok())
        .or_else(|| text.parse().ok())
        .ok_or_else(|| {
            Refusal::parameter(name, format!("cannot parse {text:?} to a valid timestamp"))
        })
}

/// Seconds with decimals, or lengths such as `1d12h`, largest unit first.
pub(super) fn length(name: &str, text: &str) -> Result<SignedDuration, Refusal> {
    let seconds = text
        .parse::<f64>()
        .ok()
        .filter(|seconds| seconds.is_finite());
    let length = match seconds {
        Some(seconds) => SignedDuration::try_from_secs_f64(seconds).ok(),
        None => units(text),
    };
    length.ok_or_else(|| {
        Refusal::parameter(name, format!("cannot parse {text:?} to a valid duration"))
    })
}

fn units(text: &str) -> Option<SignedDuration> {
    const UNITS: [(&str, i64); 7] = [
        ("y", 31_536_000_000),
        ("w", 604_800_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1_000),
        ("ms", 1),
    ];
    let (mut rest, mut whole, mut units) = (text, 0_i64, UNITS.as_slice());
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let count: i64 = rest[..digits].parse().ok()?;
        rest = &rest[digits..];
        let end = rest
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(rest.len());
        let place = units.iter().position(|(unit, _)| *unit == &rest[..end])?;
        whole = whole.checked_add(count.checked_mul(units[place].1)?)?;
        units = &units[place + 1..];
        rest = &rest[end..];
    }
    Some(SignedDuration::from_millis(whole))
}

/// Refuses what Prometheus refuses of a range, in its words.
pub(super) fn check(start: Timestamp, end: Timestamp, step: SignedDuration) -> Result<(), Refusal> {
    if end < start {
        let said = "end timestamp must not be before start time";
        return Err(Refusal::parameter("end", said));
    }
    let step = step.as_millis();
    if step <= 0 {
        let said = "zero or negative query resolution step widths are not accepted. Try a positive \
                    integer";
        return Err(Refusal::parameter("step", said));
    }
    if end.duration_since(start).as_millis() / step > MAX_POINTS {
        let said = "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the \
                    query resolution (?step=XX)";
        return Err(Refusal::new("bad_data", said));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_are_read_as_prometheus_reads_them() {
        let ms = |text| length("step", text).ok().map(|length| length.as_millis());
        for (text, expected) in [
            ("15", Some(15_000)),
            ("0.5", Some(500)),
            ("1m30s", Some(90_000)),
            ("1d", Some(86_400_000)),
            ("1y2w", Some(32_745_600_000)),
            ("250ms", Some(250)),
            ("30s1m", None),
            ("5x", None),
            ("m", None),
            ("", None),
            ("NaN", None),
        ] {
            assert_eq!(ms(text), expected, "{text}");
        }
    }
}
