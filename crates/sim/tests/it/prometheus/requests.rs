//! Requests about parameters, series and labels that both sides must answer alike.

use super::http::path;
use super::samples::{END_MS, START_MS};

/// All of them. Where labels are listed, the time range keeps out what the real server scrapes of
/// itself meanwhile.
pub(super) fn all() -> Vec<String> {
    let (start, end) = ((START_MS / 1000).to_string(), (END_MS / 1000).to_string());
    let mut paths = Vec::new();
    paths.extend(parameters());
    paths.extend(RAW.iter().map(|path| (*path).to_owned()));
    for matchers in [
        &[][..],
        &["up"],
        &["up", "memory_bytes"],
        &["{job=~\"a.*\"}"],
        &["nothing"],
        &["{}"],
        &["up["],
        &["up + 1"],
    ] {
        let mut all: Vec<(&str, &str)> = matchers.iter().map(|m| ("match[]", *m)).collect();
        all.extend([("start", start.as_str()), ("end", end.as_str())]);
        for name in [
            "series",
            "labels",
            "label/job/values",
            "label/__name__/values",
            "label/nothing/values",
        ] {
            // Without matchers the block index lists values of series outside the range as well.
            paths.push(path(name, &all));
        }
    }
    paths.push(path(
        "series",
        &[("match[]", "up"), ("start", "0"), ("end", "1000")],
    ));
    paths
}

const RAW: &[&str] = &[
    "/-/healthy",
    "/-/ready",
    "/api/v1/nothing",
    "/nothing",
    "/api/v1/label/bad-name/values",
    "/api/v1/series",
    "/api/v1/labels?start=x",
    "/api/v1/label/job/values?end=x",
    "/api/v1/series?match[]=up&start=soon",
    "/api/v1/rules?type=nothing",
    "/api/v1/metadata?limit=x",
    "/api/v1/metadata?metric=nothing",
    "/api/v1/targets?state=dropped",
    "/api/v1/targets?scrapePool=nothing",
];

/// Good and bad times, steps and timeouts.
fn parameters() -> Vec<String> {
    let mut paths = Vec::new();
    for time in [
        "1700010000",
        "1700010000.1234",
        "1.7000100e9",
        "2023-11-15T01:00:00Z",
        "2023-11-15T03:00:00.5+02:00",
        "-1",
        "9e9",
        "x",
        "2023-11-15",
        "2023-11-15 01:00:00Z",
    ] {
        paths.push(path(
            "query",
            &[("query", "up or vector(time())"), ("time", time)],
        ));
    }
    for timeout in ["1m", "30", "x", "1x"] {
        paths.push(path(
            "query",
            &[("query", "1"), ("time", "1"), ("timeout", timeout)],
        ));
    }
    for (start, end, step) in [
        ("1700010000", "1700010000", "1"),
        ("1700010000", "1700009999", "1"),
        ("1700010000", "1700013600", "0"),
        ("1700010000", "1700013600", "-1"),
        ("1700010000", "1700013600", ""),
        ("1700010000", "1700013600", "x"),
        ("1700010000", "1700013600", "5m"),
        ("1700010000", "1700013600", "1h30m"),
        ("1700010000", "1700013600", "0.5"),
        ("1700010000", "1700010011", "0.001"),
        ("1700010000", "1700010011.001", "0.001"),
        ("1700010000.25", "1700010003.75", "0.333"),
        ("", "1700013600", "1"),
        ("1700010000", "", "1"),
        ("x", "1700013600", "1"),
        ("2023-11-15T01:00:00Z", "2023-11-15T02:00:00Z", "15m"),
        ("1700010000", "1700013600", "1e300"),
        ("0", "1e15", "1e12"),
    ] {
        let range = [
            ("query", "up or time() * up"),
            ("start", start),
            ("end", end),
            ("step", step),
        ];
        paths.push(path("query_range", &range));
    }
    paths
}
