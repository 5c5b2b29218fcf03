//! What is asked of others: how often, of whom, and in which version.

use super::{
    Access, Cache, Certificate, Cpu, Crash, Diff, Failure, Format, Latency, Line, Lock, Network,
    Query, Queue, Quota, Retry, Risk, Side, Timeout, Traffic, any, has, indent, is_comment,
    is_log_call, risk,
};

fn begins_loop(text: &str) -> bool {
    let text = text.trim_start();
    let starts = ["for ", "for(", "foreach", "while ", "while("];
    let inside = [
        ".forEach(",
        ".map(",
        ".each ",
        ".each_",
        "Promise.all(",
        ".iter()",
        ".stream()",
    ];
    starts.iter().any(|word| text.starts_with(word))
        || (inside.iter().any(|call| text.contains(call)) && text.contains("=>"))
}

/// Whether the line waits for something outside: a client, a store, another service.
fn is_outside_call(text: &str) -> bool {
    const FAR: [&str; 27] = [
        "query",
        "fetch",
        "client",
        "rpc",
        "grpc",
        "http",
        "db",
        "conn",
        "request",
        "exec",
        "execut",
        "session",
        "await",
        "redis",
        "put",
        "post",
        "find",
        "load",
        "lookup",
        "select",
        "publish",
        "send",
        "dial",
        "invok",
        "repo",
        "repository",
        "dao",
    ];
    let call = text.contains('(') && !is_log_call(text);
    let waits = text.contains("(ctx") || text.contains("Context(") || text.contains("await ");
    call && (waits || has(text, &FAR))
}

/// New code that waits for something outside once for each item of something.
pub(super) fn calls_in_loop(diff: &Diff<'_>) -> Option<Risk> {
    let lines = &diff.lines;
    let after = |line: &&Line<'_>| matches!(line.side, Side::New | Side::Kept);
    for (at, head) in lines.iter().enumerate() {
        if !after(&head) || !begins_loop(head.text) {
            continue;
        }
        let body = lines[at + 1..].iter().filter(after).take_while(|line| {
            line.text.trim().is_empty() || indent(line.text) > indent(head.text)
        });
        let mut far = body.filter(|line| is_outside_call(line.text) && !is_comment(line.text));
        let new = far.any(|line| line.side == Side::New && !line.moved);
        if new {
            return risk(
                "calls something outside once for each item in a loop",
                &[Latency, Query, Traffic, Quota, Queue, Timeout, Cpu, Network],
                1.0,
            );
        }
    }
    None
}

/// Things that went together go one by one.
pub(super) fn unbatched(diff: &Diff<'_>) -> Option<Risk> {
    const BATCH: [&str; 6] = ["batch", "bulk", "chunk", "pipelin", "coalesc", "multi"];
    if any(diff.gone(), &BATCH) && !any(diff.added(), &BATCH) {
        return risk(
            "sends one by one what went together",
            &[Quota, Traffic, Latency, Queue, Network, Query, Cpu],
            0.9,
        );
    }
    None
}

pub(super) fn cache_bypassed(diff: &Diff<'_>) -> Option<Risk> {
    const CACHE: [&str; 4] = ["cach", "memoiz", "lru", "memo"];
    let uses = |line: &&str| has(line, &CACHE) && line.contains('(');
    let (gone, new) = (
        diff.gone().filter(uses).count(),
        diff.added().filter(uses).count(),
    );
    if gone > new {
        return risk(
            "asks again for what was remembered",
            &[Latency, Query, Traffic, Cache, Cpu, Queue, Quota],
            0.8,
        );
    }
    None
}

pub(super) fn pause_removed(diff: &Diff<'_>) -> Option<Risk> {
    const PAUSE: [&str; 4] = ["sleep", "backoff", "jitt", "delay"];
    let pauses = |line: &&str| has(line, &PAUSE) && !is_log_call(line);
    let (gone, new) = (
        diff.gone().filter(pauses).count(),
        diff.added().filter(pauses).count(),
    );
    if gone > new {
        return risk(
            "takes a pause between attempts away",
            &[Retry, Traffic, Quota, Queue, Timeout, Cpu],
            0.7,
        );
    }
    None
}

/// A query that was not there before.
pub(super) fn queries(diff: &Diff<'_>) -> Option<Risk> {
    let asks = |line: &&str| {
        let upper = line.to_ascii_uppercase();
        let verbs = [
            "SELECT ", "INSERT ", "UPDATE ", "DELETE ", "ALTER ", "DROP ", "CREATE ", "JOIN ",
        ];
        verbs.iter().any(|verb| upper.contains(verb))
    };
    let (gone, new) = (
        diff.gone().filter(asks).count(),
        diff.added().filter(asks).count(),
    );
    if new > gone {
        return risk(
            "asks a database something new",
            &[Query, Latency, Failure, Lock],
            0.5,
        );
    }
    if new > 0 {
        return risk(
            "changes what it asks a database",
            &[Query, Latency, Failure],
            0.4,
        );
    }
    None
}

/// Another version of something that others wrote.
pub(super) fn dependency(diff: &Diff<'_>) -> Option<Risk> {
    let steps = diff.pairs().into_iter().filter_map(|(before, after)| {
        let (old, new) = (version(before)?, version(after)?);
        (old != new).then(|| {
            if old[0] == new[0] && old[1] == new[1] {
                0.15
            } else {
                0.5
            }
        })
    });
    let strength = steps.fold(0.0, f64::max);
    (strength > 0.0).then(|| Risk {
        text: "brings another version of a dependency".to_owned(),
        expects: &[Crash, Format, Failure, Network],
        strength,
    })
}

/// Three numbers with dots between, as versions have.
fn version(line: &str) -> Option<[u32; 3]> {
    let candidates = line.split(|c: char| !(c.is_ascii_digit() || c == '.'));
    candidates.rev().find_map(|text| {
        let parts: Vec<u32> = text.split('.').filter_map(|p| p.parse().ok()).collect();
        <[u32; 3]>::try_from(parts).ok()
    })
}

/// Somewhere else is called, or as somebody else.
pub(super) fn moved_address(diff: &Diff<'_>) -> Option<Risk> {
    const ADDRESS: [&str; 17] = [
        "url",
        "host",
        "endpoint",
        "addr",
        "address",
        "port",
        "dsn",
        "uri",
        "secret",
        "token",
        "cert",
        "certificat",
        "ca",
        "password",
        "issu",
        "audienc",
        "region",
    ];
    let moved = |(before, after): &(&str, &str)| {
        let sets = |line: &str| line.contains(['=', ':']) && line.contains(['"', '\'', '/', ':']);
        before != after
            && sets(before)
            && sets(after)
            && has(before, &ADDRESS)
            && has(after, &ADDRESS)
            && !before.contains('(')
    };
    if diff.pairs().iter().any(moved) {
        return risk(
            "changes where something is reached or as whom",
            &[Network, Access, Certificate, Failure, Timeout, Crash],
            0.8,
        );
    }
    None
}
