//! Values that a diff changes, and which way that pulls: a shorter deadline, fewer attempts, a
//! smaller pool.

use super::diff::{Diff, is_comment};
use super::risks::Risk;
use super::topics::Topic;
use super::words::{split, stem};

/// A number with what stands before it.
#[derive(Debug, Clone, PartialEq)]
struct Setting {
    key: String,
    value: f64,
}

/// What kind of value it is, by the words around it; the first that fits.
struct Kind {
    words: &'static [&'static str],
    name: &'static str,
    /// What less of it brings, and how surely.
    less: (&'static [Topic], f64),
    /// What more of it brings, and how surely.
    more: (&'static [Topic], f64),
}

use Topic::{
    Cache, Cpu, Crash, Disk, Failure, Latency, Lock, Logging, Memory, Network, Query, Queue, Quota,
    Retry, Timeout, Traffic,
};

/// Less room, time or patience breaks what needs it; more of it moves the load on to whatever is
/// behind, and less surely so.
const KINDS: [Kind; 12] = [
    Kind {
        words: &["backoff", "delay", "sleep", "jitt"],
        name: "pause between attempts",
        less: (&[Retry, Traffic, Quota, Queue, Timeout], 0.8),
        more: (&[Latency, Timeout], 0.6),
    },
    Kind {
        words: &["retry", "attempt", "retri"],
        name: "number of attempts",
        less: (&[Retry, Timeout, Failure], 1.0),
        more: (&[Traffic, Queue, Quota, Cpu], 0.6),
    },
    Kind {
        words: &["cach", "ttl", "evict", "lru"],
        name: "cache",
        less: (&[Cache, Latency, Traffic, Query, Queue, Cpu], 1.0),
        more: (&[Memory], 0.4),
    },
    Kind {
        words: &[
            "timeout", "deadlin", "budget", "expir", "expiry", "wait", "keepaliv", "idl",
        ],
        name: "time limit",
        less: (&[Timeout, Failure, Network], 1.0),
        more: (&[Queue, Lock], 0.3),
    },
    Kind {
        words: &[
            "pool",
            "conns",
            "conn",
            "connection",
            "connections",
            "thread",
            "work",
            "concurrency",
            "parallelism",
            "open",
            "semaphor",
            "inflight",
            "replica",
            "replicas",
            "partition",
        ],
        name: "number that may be used at once",
        less: (&[Queue, Latency, Timeout, Quota], 1.0),
        more: (&[Network, Memory, Lock, Quota], 0.4),
    },
    Kind {
        words: &[
            "batch", "chunk", "bulk", "page", "prefetch", "fetch", "buff", "linger",
        ],
        name: "batch size",
        less: (&[Quota, Traffic, Latency, Queue, Cpu, Network], 0.9),
        more: (&[Memory, Latency, Timeout, Format], 0.7),
    },
    Kind {
        words: &["memory", "heap", "xmx", "mem"],
        name: "memory limit",
        less: (&[Memory, Crash], 1.0),
        more: (&[Memory], 0.3),
    },
    Kind {
        words: &["cpu", "cpus", "core", "millicore"],
        name: "processor limit",
        less: (&[Cpu, Latency], 1.0),
        more: (&[Cpu], 0.2),
    },
    Kind {
        words: &["sampl", "level", "verbosity"],
        name: "sampling",
        less: (&[Logging], 0.2),
        more: (&[Logging, Disk, Cpu, Quota, Network], 1.0),
    },
    Kind {
        words: &[
            "interval", "period", "poll", "every", "cron", "tick", "schedul",
        ],
        name: "interval",
        less: (&[Traffic, Cpu, Query, Quota, Network], 0.9),
        more: (&[Latency, Queue], 0.5),
    },
    Kind {
        words: &["retain", "retention", "rotat", "history", "keep"],
        name: "retention",
        less: (&[Failure, Query], 0.4),
        more: (&[Disk, Memory], 0.9),
    },
    Kind {
        words: &[
            "limit",
            "max",
            "quota",
            "rat",
            "rate",
            "capacity",
            "size",
            "burst",
            "threshold",
            "cap",
        ],
        name: "limit",
        less: (&[Quota, Failure, Memory, Queue, Format], 0.9),
        more: (&[Memory, Latency, Query, Disk, Queue], 0.6),
    },
];

use Topic::Format;

/// What the changed values risk, and whether every one of them only gives more room.
pub(crate) fn settings(diff: &Diff<'_>) -> Vec<Risk> {
    let pairs = diff.pairs();
    let changed = pairs
        .iter()
        .filter(|(before, after)| !is_comment(before) && !is_comment(after));
    let mut risks: Vec<Risk> = Vec::new();
    for (before, after) in changed {
        risks.extend(values(before, after));
        risks.extend(verbosity(before, after));
    }
    risks
}

fn values(before: &str, after: &str) -> Vec<Risk> {
    let (old, new) = (numbers(before), numbers(after));
    let together: Vec<(&Setting, &Setting)> = if old.len() == new.len() {
        old.iter().zip(&new).collect()
    } else {
        let same = |o| {
            new.iter()
                .find(|n: &&Setting| key(n) == key(o))
                .map(|n| (o, n))
        };
        old.iter().filter_map(same).collect()
    };
    together
        .into_iter()
        .filter_map(|(old, new)| risk(old, new))
        .collect()
}

fn key(setting: &Setting) -> Option<String> {
    split(&setting.key).last()
}

fn risk(old: &Setting, new: &Setting) -> Option<Risk> {
    if old.value <= 0.0 || new.value <= 0.0 || old.value == new.value {
        return None;
    }
    let kind = kind(&new.key).or_else(|| kind(&old.key))?;
    let ratio = new.value / old.value;
    let (expects, sureness) = if ratio < 1.0 { kind.less } else { kind.more };
    let times = ratio.max(1.0 / ratio);
    // Twice as much or half is one third of the way to what surely matters: eight times.
    let strength = sureness * (times.log2() / 3.0).min(1.0);
    let way = if ratio < 1.0 { "smaller" } else { "larger" };
    Some(Risk {
        text: format!("makes a {} {} times {way}", kind.name, rounded(times)),
        expects,
        strength,
    })
}

fn rounded(times: f64) -> String {
    if times >= 3.0 {
        format!("{times:.0}")
    } else {
        format!("{times:.1}")
    }
}

fn kind(key: &str) -> Option<&'static Kind> {
    let words: Vec<String> = split(key).collect();
    let fits = |kind: &&Kind| {
        words
            .iter()
            .any(|word| kind.words.iter().any(|w| *w == word || *w == stem(word)))
    };
    KINDS.iter().find(fits)
}

/// Every number of a line with its key and its unit; versions and identifiers are none.
fn numbers(line: &str) -> Vec<Setting> {
    let mut found = Vec::new();
    let bytes = line.as_bytes();
    let mut i = 0;
    while i < bytes.len() {
        let starts = bytes[i].is_ascii_digit()
            && (i == 0
                || !(bytes[i - 1].is_ascii_alphanumeric() || b"_.$#".contains(&bytes[i - 1])));
        if !starts {
            i += 1;
            continue;
        }
        let end = line[i..]
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))
            .map_or(line.len(), |length| i + length);
        let text = line[i..end].replace('_', "");
        if let Ok(value) = text.trim_end_matches('.').parse::<f64>() {
            let value = value * unit(&line[end..]);
            found.push(Setting {
                key: line[..i].to_owned(),
                value,
            });
        }
        i = end.max(i + 1);
    }
    found
}

/// What the unit behind a number multiplies it by: times in seconds, sizes in bytes.
fn unit(rest: &str) -> f64 {
    let rest = rest.trim_start_matches([' ', '*', '.']);
    let rest = rest
        .strip_prefix("time.")
        .or_else(|| rest.strip_prefix("TimeUnit."))
        .unwrap_or(rest);
    let word: String = rest
        .chars()
        .take_while(char::is_ascii_alphabetic)
        .collect::<String>()
        .to_ascii_lowercase();
    match word.as_str() {
        "ms" | "millisecond" | "milliseconds" | "millis" => 1e-3,
        "us" | "microsecond" | "microseconds" => 1e-6,
        "m" if rest.starts_with("m ") || rest.len() == 1 => 60.0,
        "min" | "minute" | "minutes" => 60.0,
        "h" | "hour" | "hours" => 3600.0,
        "ki" | "k" | "kb" => 1024.0,
        "mi" | "mb" => 1024.0 * 1024.0,
        "gi" | "gb" | "g" => 1024.0 * 1024.0 * 1024.0,
        _ => 1.0,
    }
}

/// A log level that lets more through, or a switch that turns logging on.
fn verbosity(before: &str, after: &str) -> Option<Risk> {
    let (old, new) = (level(before)?, level(after)?);
    let is_setting =
        before.contains("level") || before.contains("Level") || before.contains("LEVEL");
    (new > old && is_setting).then_some(Risk {
        text: "lets far more log lines through".to_owned(),
        expects: &[Logging, Disk, Cpu, Latency, Quota],
        strength: 1.0,
    })
}

fn level(line: &str) -> Option<u8> {
    split(line)
        .filter_map(|word| match word.as_str() {
            "fatal" | "critical" => Some(0),
            "error" => Some(1),
            "warn" | "warning" => Some(2),
            "info" => Some(3),
            "debug" => Some(4),
            "trace" => Some(5),
            _ => None,
        })
        .last()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(diff: &str) -> Vec<Risk> {
        settings(&Diff::of(diff))
    }

    #[test]
    fn a_tighter_deadline_in_other_units_is_seen() {
        let risks = of(
            "-\tctx, c := context.WithTimeout(ctx, 2*time.Second)\n+\tctx, c := context.WithTimeout(ctx, 250*time.Millisecond)\n",
        );
        assert_eq!(risks.len(), 1, "{risks:?}");
        assert!(risks[0].expects.contains(&Topic::Timeout));
        assert!(
            risks[0].strength > 0.9 && risks[0].text.contains("8 times smaller"),
            "{risks:?}"
        );
    }

    #[test]
    fn a_little_more_room_is_hardly_a_risk() {
        let risks = of("-  max_connections: 50\n+  max_connections: 60\n");
        assert!(risks.iter().all(|risk| risk.strength < 0.1), "{risks:?}");
    }

    #[test]
    fn a_field_that_went_does_not_hide_another_that_changed() {
        let risks =
            of("-var p = Policy{MaxAttempts: 6, Delay: 5}\n+var p = Policy{MaxAttempts: 1}\n");
        assert!(
            risks.iter().any(|r| r.expects.contains(&Topic::Retry)),
            "{risks:?}"
        );
    }

    #[test]
    fn versions_and_names_with_digits_are_no_settings() {
        assert!(of("-\tgithub.com/x/limit v1.2.3\n+\tgithub.com/x/limit v1.2.9\n").is_empty());
        assert!(of("-\tmax := sha256.Size\n+\tmax := sha512.Size\n").is_empty());
    }

    #[test]
    fn more_verbose_logging_is_seen_and_a_changed_line_of_log_is_not() {
        assert_eq!(of("-log_level: info\n+log_level: trace\n").len(), 1);
        assert!(of("-  log.Debug(\"a\")\n+  log.Info(\"a b\")\n").is_empty());
    }
}
