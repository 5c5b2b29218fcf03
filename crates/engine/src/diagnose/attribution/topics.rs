//! What a text is about, of the kinds of trouble that software has: the common ground of a diff,
//! a log line and a signal.
//!
//! The lists are words of the trade, in any language and any product; none names a product.

use std::collections::BTreeSet;

use fleetscope_model::{Resource, SignalRole};

use super::words::{split, stem};
use crate::diagnose::observe::Observation;
use crate::input::Signal;

/// A kind of trouble, or of what brings it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Topic {
    Latency,
    Timeout,
    Retry,
    Memory,
    Cpu,
    Disk,
    Queue,
    Quota,
    Crash,
    Query,
    Network,
    Certificate,
    Access,
    Format,
    Logging,
    Cache,
    Lock,
    Traffic,
    Failure,
}

impl Topic {
    /// As people say it.
    pub(crate) const fn title(self) -> &'static str {
        match self {
            Self::Latency => "slowness",
            Self::Timeout => "timeouts",
            Self::Retry => "retries",
            Self::Memory => "memory",
            Self::Cpu => "processor time",
            Self::Disk => "disk space",
            Self::Queue => "queues and pools",
            Self::Quota => "limits and quotas",
            Self::Crash => "crashes and starts",
            Self::Query => "database queries",
            Self::Network => "connections",
            Self::Certificate => "certificates",
            Self::Access => "permissions",
            Self::Format => "data formats",
            Self::Logging => "log volume",
            Self::Cache => "caches",
            Self::Lock => "locks",
            Self::Traffic => "request volume",
            Self::Failure => "failures",
        }
    }

    /// Too common to tie a change to a trouble by itself.
    pub(crate) const fn is_common(self) -> bool {
        matches!(self, Self::Failure | Self::Latency | Self::Traffic)
    }
}

/// Words (as [`stem`] leaves them) and what they are about.
const WORDS: [(Topic, &[&str]); 19] = [
    (
        Topic::Latency,
        &["latency", "slow", "duration", "delay", "lag", "stall"],
    ),
    (
        Topic::Timeout,
        &[
            "timeout",
            "deadlin",
            "timed",
            "cancel",
            "canceled",
            "cancelled",
            "expired",
        ],
    ),
    (Topic::Retry, &["retry", "attempt", "backoff", "retri"]),
    (
        Topic::Memory,
        &[
            "memory", "heap", "oom", "rss", "alloc", "allocat", "leak", "gc", "garbag", "oomkill",
        ],
    ),
    (
        Topic::Cpu,
        &[
            "cpu", "cores", "core", "contend", "starv", "cfs", "busy", "regex",
        ],
    ),
    (
        Topic::Disk,
        &[
            "disk",
            "volum",
            "inod",
            "filesystem",
            "mount",
            "space",
            "wal",
            "fsync",
        ],
    ),
    (
        Topic::Queue,
        &[
            "queue",
            "pool",
            "backlog",
            "saturat",
            "overload",
            "work",
            "thread",
            "goroutin",
            "concurrency",
            "semaphor",
            "partition",
            "consum",
            "conns",
            "conn",
            "rebalanc",
        ],
    ),
    (
        Topic::Quota,
        &[
            "throttl",
            "throughput",
            "capacity",
            "quota",
            "ratelimit",
            "provision",
            "batch",
            "bulk",
            "exhaust",
            "exhausted",
            "limit",
        ],
    ),
    (
        Topic::Crash,
        &[
            "panic",
            "crash",
            "restart",
            "startup",
            "fatal",
            "segfault",
            "crashloop",
            "sigsegv",
            "registrat",
            "incompatibl",
            "ready",
            "uptim",
            "boot",
            "linkag",
            "classpath",
        ],
    ),
    (
        Topic::Query,
        &[
            "sql", "query", "select", "insert", "tabl", "relat", "column", "index", "schema",
            "migrat", "row", "scan", "join", "databas", "postgr", "mysql", "cursor", "db",
        ],
    ),
    (
        Topic::Network,
        &[
            "refus",
            "refused",
            "dns",
            "resolv",
            "resolution",
            "host",
            "unreachabl",
            "socket",
            "connect",
            "endpoint",
            "port",
            "proxy",
            "network",
            "packet",
        ],
    ),
    (
        Topic::Certificate,
        &[
            "tls",
            "ssl",
            "certificat",
            "cert",
            "handshak",
            "x509",
            "truststor",
            "ca",
        ],
    ),
    (
        Topic::Access,
        &[
            "unauthoriz",
            "unauthorized",
            "forbidden",
            "permis",
            "denied",
            "credential",
            "token",
            "auth",
            "role",
            "secret",
            "jwt",
            "scope",
        ],
    ),
    (
        Topic::Format,
        &[
            "decod",
            "encod",
            "pars",
            "unmarshal",
            "deserializ",
            "serializ",
            "json",
            "proto",
            "protobuf",
            "payload",
            "invalid",
            "malform",
            "malformed",
            "avro",
            "codec",
        ],
    ),
    (
        Topic::Logging,
        &[
            "debug",
            "verbos",
            "verbosity",
            "trac",
            "loglevel",
            "sampl",
            "lps",
        ],
    ),
    (
        Topic::Cache,
        &["cach", "evict", "ttl", "miss", "lru", "memoiz", "hit"],
    ),
    (
        Topic::Lock,
        &[
            "lock",
            "mutex",
            "deadlock",
            "contention",
            "synchroniz",
            "latch",
            "serializabl",
        ],
    ),
    (
        Topic::Traffic,
        &["rps", "qps", "traffic", "requests", "calls", "fanout"],
    ),
    (
        Topic::Failure,
        &[
            "fail",
            "failed",
            "exception",
            "reject",
            "unavailabl",
            "abort",
        ],
    ),
];

/// What the words of a text are about.
pub(crate) fn topics(text: &str) -> BTreeSet<Topic> {
    split(text).flat_map(|word| of_word(&word)).collect()
}

fn of_word(word: &str) -> Vec<Topic> {
    let stemmed = stem(word);
    WORDS
        .iter()
        .filter(|(_, words)| words.iter().any(|w| *w == word || *w == stemmed))
        .map(|(topic, _)| *topic)
        .collect()
}

/// What a deviation is about: its role, its resource, and the words of its name.
pub(crate) fn of_observation(o: &Observation) -> BTreeSet<Topic> {
    meant(&o.anomaly.signal, o.role(), o.resource())
}

/// What a signal is about.
pub(crate) fn of_signal_name(signal: &Signal) -> BTreeSet<Topic> {
    meant(&signal.name, signal.role, signal.resource)
}

fn meant(name: &str, role: SignalRole, resource: Option<Resource>) -> BTreeSet<Topic> {
    let mut all = topics(name);
    all.extend(match role {
        SignalRole::Latency => Some(Topic::Latency),
        SignalRole::Errors => Some(Topic::Failure),
        SignalRole::Traffic => Some(Topic::Traffic),
        SignalRole::Saturation => Some(Topic::Queue),
        SignalRole::Availability => Some(Topic::Crash),
        SignalRole::Resource | SignalRole::Clock | SignalRole::Nic | SignalRole::Gpu => None,
    });
    all.extend(resource.map(|resource| match resource {
        Resource::Cpu => Topic::Cpu,
        Resource::Memory => Topic::Memory,
        Resource::Disk => Topic::Disk,
    }));
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_diff_and_a_line_about_the_same_trouble_share_a_topic() {
        let pairs = [
            (
                "ctx, cancel := context.WithTimeout(ctx, d)",
                "context deadline exceeded",
            ),
            ("max_retries: 3", "retry budget exhausted"),
            (
                "pool.SetMaxOpenConns(5)",
                "worker pool saturated, request queued",
            ),
            ("SELECT id FROM orders", "slow query took 900 ms"),
            ("cache.ttl = 5", "cache misses rise"),
        ];
        for (diff, line) in pairs {
            let shared = topics(diff).intersection(&topics(line)).count();
            assert!(
                shared > 0,
                "{diff} and {line}: {:?} {:?}",
                topics(diff),
                topics(line)
            );
        }
        assert!(topics("lovely weather").is_empty());
    }
}
