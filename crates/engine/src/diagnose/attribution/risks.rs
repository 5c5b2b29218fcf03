//! What a diff can break, read off its shape: no language is parsed, and no name is known.

use super::diff::{Diff, Line, Side, is_comment};
use super::settings::settings;
use super::topics::{Topic, topics};
use super::words::{split, stem};

/// Something that a diff may bring about.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Risk {
    /// What it does: `calls something in a loop`.
    pub(crate) text: String,
    /// What would be seen if it went wrong.
    pub(crate) expects: &'static [Topic],
    /// How surely it would, 0 to 1.
    pub(crate) strength: f64,
}

use Topic::{
    Access, Cache, Certificate, Cpu, Crash, Disk, Failure, Format, Latency, Lock, Memory, Network,
    Query, Queue, Quota, Retry, Timeout, Traffic,
};

/// Everything that a diff risks, the surest first.
pub(crate) fn risks(text: &str) -> Vec<Risk> {
    let diff = Diff::of(text);
    let mut all = settings(&diff);
    let shapes = [
        calls_in_loop,
        bound_removed,
        grows,
        unbatched,
        guard_removed,
        release_removed,
        cache_bypassed,
        pause_removed,
        locks,
        queries,
        dependency,
        switched,
        moved_address,
        computes,
        spawns,
    ];
    all.extend(shapes.iter().filter_map(|shape| shape(&diff)));
    all.sort_by(|a, b| {
        b.strength
            .total_cmp(&a.strength)
            .then_with(|| a.text.cmp(&b.text))
    });
    all
}

/// Whether the diff changes nothing that runs: only moves, comments, and what log lines say.
pub(crate) fn is_inert(text: &str) -> bool {
    let diff = Diff::of(text);
    let mut code = diff.gone().chain(diff.new()).peekable();
    code.peek().is_none() || code.all(|line| is_log_call(line) || is_bracket(line))
}

fn risk(text: &str, expects: &'static [Topic], strength: f64) -> Option<Risk> {
    Some(Risk {
        text: text.to_owned(),
        expects,
        strength,
    })
}

fn has(line: &str, words: &[&str]) -> bool {
    split(line).any(|word| words.contains(&word.as_str()) || words.contains(&stem(&word).as_str()))
}

fn any<'a>(mut lines: impl Iterator<Item = &'a str>, words: &[&str]) -> bool {
    lines.any(|line| has(line, words))
}

fn is_bracket(line: &str) -> bool {
    !line.chars().any(char::is_alphanumeric)
}

fn is_log_call(line: &str) -> bool {
    let line = line.trim().to_ascii_lowercase();
    let calls = [
        "log.",
        "log_",
        "logger.",
        "logging.",
        "console.",
        "slog.",
        "tracing::",
        "printf",
    ];
    calls.iter().any(|call| line.starts_with(call)) || line.starts_with('"')
}

fn indent(text: &str) -> usize {
    text.chars()
        .take_while(|c| c.is_whitespace())
        .map(|c| if c == '\t' { 4 } else { 1 })
        .sum()
}

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
fn calls_in_loop(diff: &Diff<'_>) -> Option<Risk> {
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

/// A bound that was there before and is not any more.
fn bound_removed(diff: &Diff<'_>) -> Option<Risk> {
    const BOUND: [&str; 9] = [
        "limit", "max", "cap", "top", "bounded", "paginat", "truncat", "maxlen", "maxsize",
    ];
    let bounds = |line: &&str| has(line, &BOUND) && !is_log_call(line);
    let gone = diff.gone().filter(bounds).count();
    let new = diff.new().filter(bounds).count();
    if gone > new {
        return risk(
            "takes a bound away",
            &[Latency, Query, Memory, Timeout, Cpu, Queue, Disk, Quota],
            1.0,
        );
    }
    None
}

/// Something that outlives a request is added to, and nothing takes away from it.
fn grows(diff: &Diff<'_>) -> Option<Risk> {
    const LETS_GO: [&str; 14] = [
        "evict", "lru", "max", "limit", "cap", "delet", "remov", "clear", "reset", "ttl", "expir",
        "prun", "trim", "drain",
    ];
    let lasting: Vec<String> = diff.new().filter_map(lasting_name).collect();
    let adds = |line: &str| {
        let puts = [
            "append(", ".push(", ".add(", ".put(", ".append(", ".insert(", ".set(", "[]=",
        ];
        puts.iter().any(|call| line.contains(call))
            || (line.contains("] =") && !line.contains("] =="))
    };
    let of_lasting = |line: &str| {
        let own = ["self.", "this.", "@"];
        lasting.iter().any(|name| line.contains(name.as_str()))
            || own.iter().any(|own| line.trim_start().starts_with(own))
    };
    let grows = diff.new().any(|line| adds(line) && of_lasting(line));
    if grows && !any(diff.new(), &LETS_GO) {
        return risk(
            "keeps adding to something that outlives a request and never lets go of any of it",
            &[Memory, Crash, Latency],
            1.0,
        );
    }
    None
}

/// The name of a collection that a line declares for as long as the program runs.
fn lasting_name(line: &str) -> Option<String> {
    let collects = [
        "[]", "map[", "{}", "Map", "List", "Vec", "dict(", "list(", "Set(", "Queue",
    ];
    let lasts = indent(line) == 0 || line.contains("static ");
    let declares = ["var ", "let ", "const ", "static ", "private ", "global "];
    let line_ = line.trim_start();
    let starts = declares.iter().any(|word| line_.starts_with(word)) || line_.contains(" = ");
    let is_code =
        !line_.starts_with("func") && !line_.starts_with("def ") && !line_.starts_with("type ");
    if !(lasts && starts && is_code && collects.iter().any(|kind| line.contains(kind))) {
        return None;
    }
    let words = line_.split(|c: char| !(c.is_alphanumeric() || c == '_'));
    const WORDS: [&str; 10] = [
        "var", "let", "const", "static", "private", "global", "mut", "final", "public", "pub",
    ];
    words
        .filter(|word| !word.is_empty())
        .find(|word| !WORDS.contains(word))
        .map(str::to_owned)
}

/// Things that went together go one by one.
fn unbatched(diff: &Diff<'_>) -> Option<Risk> {
    const BATCH: [&str; 6] = ["batch", "bulk", "chunk", "pipelin", "coalesc", "multi"];
    if any(diff.gone(), &BATCH) && !any(diff.new(), &BATCH) {
        return risk(
            "sends one by one what went together",
            &[Quota, Traffic, Latency, Queue, Network, Query, Cpu],
            0.9,
        );
    }
    None
}

/// A check is gone.
fn guard_removed(diff: &Diff<'_>) -> Option<Risk> {
    let guards = |line: &&str| {
        let line = line.trim_start();
        let checks = [
            "if ", "if(", "guard ", "assert", "unless ", "} catch", "catch ", "except", "try",
        ];
        checks.iter().any(|check| line.starts_with(check))
    };
    let (gone, new) = (
        diff.gone().filter(guards).count(),
        diff.new().filter(guards).count(),
    );
    if gone > new {
        return risk("takes a check away", &[Crash, Failure, Format], 0.3);
    }
    None
}

/// What was opened is not closed any more.
fn release_removed(diff: &Diff<'_>) -> Option<Risk> {
    const RELEASE: [&str; 9] = [
        "clos",
        "close",
        "releas",
        "dispos",
        "cancel",
        "unlock",
        "free",
        "shutdown",
        "disconnect",
    ];
    let releases = |line: &&str| has(line, &RELEASE) && line.contains('(') && !is_log_call(line);
    let (gone, new) = (
        diff.gone().filter(releases).count(),
        diff.new().filter(releases).count(),
    );
    if gone > new {
        return risk(
            "does not give back any more what it takes",
            &[Memory, Queue, Network, Lock, Timeout, Crash, Disk],
            0.9,
        );
    }
    None
}

fn cache_bypassed(diff: &Diff<'_>) -> Option<Risk> {
    const CACHE: [&str; 4] = ["cach", "memoiz", "lru", "memo"];
    let uses = |line: &&str| has(line, &CACHE) && line.contains('(');
    let (gone, new) = (
        diff.gone().filter(uses).count(),
        diff.new().filter(uses).count(),
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

fn pause_removed(diff: &Diff<'_>) -> Option<Risk> {
    const PAUSE: [&str; 4] = ["sleep", "backoff", "jitt", "delay"];
    let pauses = |line: &&str| has(line, &PAUSE) && !is_log_call(line);
    let (gone, new) = (
        diff.gone().filter(pauses).count(),
        diff.new().filter(pauses).count(),
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

fn locks(diff: &Diff<'_>) -> Option<Risk> {
    const LOCK: [&str; 6] = [
        "lock",
        "mutex",
        "synchroniz",
        "semaphor",
        "serializabl",
        "exclusiv",
    ];
    let takes = |line: &&str| has(line, &LOCK) && !has(line, &["unlock"]);
    let (gone, new) = (
        diff.gone().filter(takes).count(),
        diff.new().filter(takes).count(),
    );
    if new > gone {
        return risk(
            "makes callers wait for one another",
            &[Lock, Latency, Queue, Timeout],
            0.8,
        );
    }
    None
}

/// A query that was not there before.
fn queries(diff: &Diff<'_>) -> Option<Risk> {
    let asks = |line: &&str| {
        let upper = line.to_ascii_uppercase();
        let verbs = [
            "SELECT ", "INSERT ", "UPDATE ", "DELETE ", "ALTER ", "DROP ", "CREATE ", "JOIN ",
        ];
        verbs.iter().any(|verb| upper.contains(verb))
    };
    let (gone, new) = (
        diff.gone().filter(asks).count(),
        diff.new().filter(asks).count(),
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
fn dependency(diff: &Diff<'_>) -> Option<Risk> {
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
    candidates
        .filter_map(|text| {
            let parts: Vec<u32> = text.split('.').filter_map(|p| p.parse().ok()).collect();
            <[u32; 3]>::try_from(parts).ok()
        })
        .last()
}

/// A switch was thrown.
fn switched(diff: &Diff<'_>) -> Option<Risk> {
    let is_on = |line: &str| {
        split(line)
            .filter_map(|word| match word.as_str() {
                "true" | "on" | "enabled" | "yes" => Some(true),
                "false" | "off" | "disabled" | "no" => Some(false),
                _ => None,
            })
            .last()
    };
    let thrown = |(before, after): &(&str, &str)| matches!((is_on(before), is_on(after)), (Some(a), Some(b)) if a != b);
    if diff.pairs().iter().any(thrown) {
        return risk("throws a switch", &[Failure, Latency, Crash, Access], 0.4);
    }
    None
}

/// Somewhere else is called, or as somebody else.
fn moved_address(diff: &Diff<'_>) -> Option<Risk> {
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

/// Work for the processor that was not there before.
fn computes(diff: &Diff<'_>) -> Option<Risk> {
    const HEAVY: [&str; 10] = [
        "regex", "regexp", "bcrypt", "scrypt", "argon", "sha", "encrypt", "compress", "gzip",
        "deepcopy",
    ];
    let heavy = |line: &&str| has(line, &HEAVY) && line.contains('(');
    let (gone, new) = (
        diff.gone().filter(heavy).count(),
        diff.new().filter(heavy).count(),
    );
    if new > gone {
        return risk(
            "gives the processor more to do",
            &[Cpu, Latency, Timeout, Queue],
            0.7,
        );
    }
    None
}

/// Something runs beside the requests that did not.
fn spawns(diff: &Diff<'_>) -> Option<Risk> {
    let spawns = |line: &&str| {
        let starts = [
            "go func",
            "spawn(",
            "new Thread",
            "threading.Thread",
            "setInterval(",
            "create_task(",
            "CompletableFuture",
        ];
        starts.iter().any(|start| line.contains(start))
    };
    let (gone, new) = (
        diff.gone().filter(spawns).count(),
        diff.new().filter(spawns).count(),
    );
    if new > gone {
        return risk(
            "starts work beside the requests",
            &[Memory, Cpu, Queue, Network, Lock, Traffic],
            0.6,
        );
    }
    None
}

/// Files that no running program reads: what they hold explains nothing.
pub(crate) fn never_runs(path: &str) -> bool {
    let path = path.to_ascii_lowercase();
    let file = path.rsplit('/').next().unwrap_or(&path);
    let endings = [
        ".md",
        ".rst",
        ".txt.license",
        ".css",
        ".scss",
        ".svg",
        ".png",
        ".ico",
        ".adoc",
        "_test.go",
        ".test.ts",
        ".test.js",
        ".spec.ts",
        ".spec.js",
        "_spec.rb",
        "test.java",
        "tests.cs",
    ];
    let folders = [
        "docs/",
        "doc/",
        "documentation/",
        "test/",
        "tests/",
        "testdata/",
        "__tests__/",
        "fixtures/",
        ".github/",
        ".circleci/",
        ".gitlab/",
        ".vscode/",
        "staging/",
    ];
    let names = [
        "codeowners",
        "license",
        ".gitignore",
        ".golangci.yml",
        "readme",
        "changelog",
        ".editorconfig",
    ];
    endings.iter().any(|ending| file.ends_with(ending))
        || folders
            .iter()
            .any(|folder| path.starts_with(folder) || path.contains(&format!("/{folder}")))
        || names.contains(&file)
        || file.starts_with("test_")
}

/// What the changed lines of a diff are about.
pub(crate) fn touched(text: &str) -> std::collections::BTreeSet<Topic> {
    let diff = Diff::of(text);
    diff.gone()
        .chain(diff.new())
        .flat_map(topics)
        .filter(|topic| !topic.is_common())
        .collect()
}

#[cfg(test)]
mod tests;
