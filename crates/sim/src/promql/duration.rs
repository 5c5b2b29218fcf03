//! Durations as Prometheus writes them.

/// The length of a duration such as `1h30m` in ms; `None` if it isn't one. Like Prometheus, units
/// go from large to small, each at most once.
pub(crate) fn duration_ms(text: &str) -> Option<i64> {
    const UNITS: [(&str, i64); 7] = [
        ("y", 365 * 86_400_000),
        ("w", 7 * 86_400_000),
        ("d", 86_400_000),
        ("h", 3_600_000),
        ("m", 60_000),
        ("s", 1000),
        ("ms", 1),
    ];
    let (mut rest, mut total, mut next_unit) = (text, 0i64, 0);
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, tail) = rest.split_at(digits);
        let unit_end = tail
            .find(|c: char| c.is_ascii_digit())
            .unwrap_or(tail.len());
        let (unit, after) = tail.split_at(unit_end);
        let at = UNITS.iter().position(|(name, _)| *name == unit)?;
        if at < next_unit {
            return None;
        }
        // The parser drops a part that does not fit in 32 bits, without a word.
        let length = i64::from(number.parse::<u32>().ok()?).checked_mul(UNITS[at].1)?;
        total = total.checked_add(length)?;
        (rest, next_unit) = (after, at + 1);
    }
    // Prometheus counts nanoseconds in 64 bits.
    (!text.is_empty() && total <= i64::MAX / 1_000_000).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_are_read_as_prometheus_reads_them() {
        assert_eq!(duration_ms("1h30m"), Some(5_400_000));
        assert_eq!(duration_ms("2d4ms"), Some(172_800_004));
        assert_eq!(duration_ms("0s"), Some(0));
        for bad in ["", "5", "m", "5x", "1m1m", "5ms1s", "300y"] {
            assert_eq!(duration_ms(bad), None, "{bad}");
        }
    }
}
