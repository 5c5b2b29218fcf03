//! How bad a line is, as far as it tells.

use crate::series::Labels;

/// How bad a line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum LogSeverity {
    /// Step by step.
    Trace,
    /// For developers.
    Debug,
    /// As it should be.
    Info,
    /// Something may be wrong.
    Warn,
    /// Something is wrong.
    Error,
    /// Something ended by it.
    Fatal,
}

/// Labels that tell it, the surest first: what Loki detects, then what senders call it.
const LABELS: [&str; 5] = [
    "detected_level",
    "level",
    "severity",
    "severity_text",
    "lvl",
];

/// How far into a line a word for it is looked for: beyond, it is more likely part of the text.
const HEAD: usize = 160;

impl LogSeverity {
    /// The name on the wire.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Trace => "trace",
            Self::Debug => "debug",
            Self::Info => "info",
            Self::Warn => "warn",
            Self::Error => "error",
            Self::Fatal => "fatal",
        }
    }

    /// Of a line, by its labels, or else by itself.
    pub fn of(labels: &Labels, line: &str) -> Option<Self> {
        let mut named = LABELS.iter().filter_map(|name| labels.get(*name));
        named
            .find_map(|value| Self::named(value))
            .or_else(|| Self::in_text(line))
    }

    /// By a word for it.
    pub fn named(word: &str) -> Option<Self> {
        let is = |names: &[&str]| names.iter().any(|name| word.eq_ignore_ascii_case(name));
        Some(if is(&["trace", "trc"]) {
            Self::Trace
        } else if is(&["debug", "dbg"]) {
            Self::Debug
        } else if is(&["info", "inf", "information", "notice", "log"]) {
            Self::Info
        } else if is(&["warn", "warning", "wrn"]) {
            Self::Warn
        } else if is(&["error", "err", "eror"]) {
            Self::Error
        } else if is(&[
            "fatal",
            "critical",
            "crit",
            "panic",
            "alert",
            "emerg",
            "emergency",
        ]) {
            Self::Fatal
        } else {
            return None;
        })
    }

    /// By the beginning of a line: `level=warn`, `"level":"warn"`, klog's `W0102`, or a word of
    /// its own in capitals or brackets. Words of a sentence ("no error found") tell nothing.
    fn in_text(line: &str) -> Option<Self> {
        let end = line.floor_char_boundary(HEAD.min(line.len()));
        let head = &line[..end];
        Self::of_field(head)
            .or_else(|| Self::of_klog(head))
            .or_else(|| Self::of_word(head))
    }

    fn of_field(head: &str) -> Option<Self> {
        for name in ["level", "severity", "lvl"] {
            let Some(at) = head.find(name) else { continue };
            let rest = head[at + name.len()..].trim_start_matches('"');
            let Some(rest) = rest.strip_prefix(['=', ':']) else {
                continue;
            };
            let word = rest.trim_start_matches([' ', '"']);
            let end = word
                .find(|c: char| !c.is_ascii_alphabetic())
                .unwrap_or(word.len());
            if let Some(severity) = Self::named(&word[..end]) {
                return Some(severity);
            }
        }
        None
    }

    fn of_klog(head: &str) -> Option<Self> {
        let (letter, rest) = head.split_at_checked(1)?;
        let dated = rest.len() > 5 && rest.as_bytes()[..4].iter().all(u8::is_ascii_digit);
        if !dated || rest.as_bytes()[4] != b' ' {
            return None;
        }
        match letter {
            "I" => Some(Self::Info),
            "W" => Some(Self::Warn),
            "E" => Some(Self::Error),
            "F" => Some(Self::Fatal),
            _ => None,
        }
    }

    fn of_word(head: &str) -> Option<Self> {
        let mut words = head.split(|c: char| c.is_whitespace() || matches!(c, '|' | '(' | ')'));
        words.find_map(|word| {
            let bare = word.trim_matches(['[', ']', ':', '<', '>', ',']);
            let shouted = bare.len() > 2 && bare.bytes().all(|b| b.is_ascii_uppercase());
            let bracketed = word.starts_with('[') && word.contains(']');
            (shouted || bracketed).then(|| Self::named(bare)).flatten()
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_go_before_the_text_and_words_of_a_sentence_tell_nothing() {
        let none = Labels::new();
        let of = |line| LogSeverity::of(&none, line).map(LogSeverity::as_str);
        for (line, told) in [
            ("level=warn msg=\"no error\"", Some("warn")),
            (r#"{"ts":1,"level":"ERROR","msg":"x"}"#, Some("error")),
            (r#"{"severity": "critical"}"#, Some("fatal")),
            ("W0102 10:00:00 1 x.go:3] slow", Some("warn")),
            ("2026-01-02 10:00:00 INFO started", Some("info")),
            ("[error] upstream timed out", Some("error")),
            ("2026-01-02 FATAL: the database ends", Some("fatal")),
            ("no error was found in INFOS", None),
            ("level of water: high", None),
            ("", None),
            ("é", None),
        ] {
            assert_eq!(of(line), told, "{line}");
        }
        let labels = Labels::from([("detected_level".to_owned(), "debug".to_owned())]);
        assert_eq!(LogSeverity::of(&labels, "ERROR"), Some(LogSeverity::Debug));
        let unknown = Labels::from([("detected_level".to_owned(), "unknown".to_owned())]);
        assert_eq!(LogSeverity::of(&unknown, "ERROR"), Some(LogSeverity::Error));
    }
}
