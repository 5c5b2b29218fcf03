//! Durations as Go and Prometheus write them: `250ms`, `1.5s`, `2m30s`, `7d`.

const UNITS: [(&str, f64); 9] = [
    ("ns", 1.0),
    ("us", 1e3),
    ("µs", 1e3),
    ("ms", 1e6),
    ("s", 1e9),
    ("m", 60e9),
    ("h", 3600e9),
    ("d", 86_400e9),
    ("w", 604_800e9),
];

/// Nanoseconds of a duration; `None` where it is none. A number without a unit is none.
pub(crate) fn nanos(text: &str) -> Option<f64> {
    let mut rest = text;
    let mut sum = 0.0;
    if rest.is_empty() {
        return None;
    }
    while !rest.is_empty() {
        let digits = rest.find(|c: char| !(c.is_ascii_digit() || c == '.'))?;
        let value: f64 = rest[..digits].parse().ok()?;
        let after = &rest[digits..];
        let length = after
            .find(|c: char| c.is_ascii_digit() || c == '.')
            .unwrap_or(after.len());
        let (_, scale) = UNITS
            .into_iter()
            .find(|(unit, _)| *unit == &after[..length])?;
        sum += value * scale;
        rest = &after[length..];
    }
    Some(sum)
}

#[cfg(test)]
mod tests {
    use super::nanos;

    #[test]
    fn durations_are_read_as_go_writes_them() {
        assert_eq!(nanos("250ms"), Some(2.5e8));
        assert_eq!(nanos("1.5s"), Some(1.5e9));
        assert_eq!(nanos("2m30s"), Some(150e9));
        assert_eq!(nanos("7d"), Some(604_800e9));
        assert_eq!(nanos("5"), None);
        assert_eq!(nanos("5x"), None);
        assert_eq!(nanos(""), None);
    }
}
