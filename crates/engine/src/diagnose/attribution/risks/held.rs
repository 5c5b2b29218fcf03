//! What is held for longer than it is needed: memory, handles, locks, threads.

use super::{
    Cpu, Crash, Diff, Disk, Latency, Lock, Memory, Network, Queue, Risk, Timeout, Traffic, any,
    has, indent, is_log_call, risk,
};

/// Something that outlives a request is added to, and nothing takes away from it.
pub(super) fn grows(diff: &Diff<'_>) -> Option<Risk> {
    const LETS_GO: [&str; 14] = [
        "evict", "lru", "max", "limit", "cap", "delet", "remov", "clear", "reset", "ttl", "expir",
        "prun", "trim", "drain",
    ];
    let lasting: Vec<String> = diff.added().filter_map(lasting_name).collect();
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
    let grows = diff.added().any(|line| adds(line) && of_lasting(line));
    if grows && !any(diff.added(), &LETS_GO) {
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
    const WORDS: [&str; 10] = [
        "var", "let", "const", "static", "private", "global", "mut", "final", "public", "pub",
    ];
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
    words
        .filter(|word| !word.is_empty())
        .find(|word| !WORDS.contains(word))
        .map(str::to_owned)
}

/// What was opened is not closed any more.
pub(super) fn release_removed(diff: &Diff<'_>) -> Option<Risk> {
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
        diff.added().filter(releases).count(),
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

pub(super) fn locks(diff: &Diff<'_>) -> Option<Risk> {
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
        diff.added().filter(takes).count(),
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

/// Something runs beside the requests that did not.
pub(super) fn spawns(diff: &Diff<'_>) -> Option<Risk> {
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
        diff.added().filter(spawns).count(),
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
