//! What goes wrong on the way out, in the terms of a gap.

use std::error::Error as StdError;
use std::io;

use fleetscope_model::{ClusterId, Gap, GapKind, Source};

use crate::address::Refused;

/// How much of a foreign text is shown.
const SHOWN: usize = 200;

/// Why an endpoint could not be read. The detail says what happened, at which host, and what to
/// do about it; it holds no credential and at most 200 printable characters of a foreign text.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Failure {
    /// Which kind of gap it makes.
    pub kind: GapKind,
    /// What happened and what to do.
    pub detail: String,
}

impl Failure {
    /// A failure.
    pub fn new(kind: GapKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
        }
    }

    /// The gap that this failure leaves.
    pub fn gap(self, cluster: ClusterId, cluster_name: &str, source: Source) -> Gap {
        Gap {
            cluster,
            cluster_name: cluster_name.to_owned(),
            source,
            kind: self.kind,
            detail: self.detail,
        }
    }
}

/// At most 200 printable characters of a foreign text, on one line: what is neither printable nor
/// visible (controls, zero-width and direction marks) is left out.
pub fn printable(text: &str) -> String {
    let mut shown = String::new();
    let mut count = 0;
    for word in text.split_whitespace() {
        if count > 0 {
            shown.push(' ');
            count += 1;
        }
        for c in word.chars().filter(|c| !is_invisible(*c)) {
            if count >= SHOWN {
                shown.push('…');
                return shown;
            }
            shown.push(c);
            count += 1;
        }
    }
    shown
}

fn is_invisible(c: char) -> bool {
    c.is_control()
        || matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{feff}')
}

/// What a request that got no answer failed at. `place` is the host and port.
pub(crate) fn no_answer(error: &reqwest::Error, place: &str) -> Failure {
    if let Some(refused) = find::<Refused>(error) {
        return Failure::new(GapKind::Unreachable, refused.to_string());
    }
    let cause = printable(&root(error).to_string());
    if error.is_dns() {
        return Failure::new(
            GapKind::Unreachable,
            format!("the host name of {place} can't be resolved ({cause}): check the URL"),
        );
    }
    if error.is_timeout() {
        return Failure::new(
            GapKind::Timeout,
            format!("no connection to {place} in time: check that it runs and may be reached"),
        );
    }
    if is_distrust(error) {
        return Failure::new(
            GapKind::Unreachable,
            format!(
                "the certificate that {place} shows is not trusted ({cause}): name the \
                 certificates of its authority, or have it show another"
            ),
        );
    }
    if error.is_connect() {
        return Failure::new(
            GapKind::Unreachable,
            format!("no connection to {place} ({cause}): check the URL and that it runs"),
        );
    }
    if cause.starts_with("invalid") || cause.starts_with("message head") {
        return Failure::new(
            GapKind::BadAnswer,
            format!("{place} does not answer in HTTP ({cause}): check the URL's port and scheme"),
        );
    }
    Failure::new(
        GapKind::Truncated,
        format!("{place} closed the connection before it answered ({cause}): look at its log"),
    )
}

/// Whether the other side showed a certificate that is not trusted.
pub(crate) fn is_distrust(error: &reqwest::Error) -> bool {
    let cause = root(error).to_string();
    error.is_connect() && cause.contains("invalid peer certificate")
}

/// What the reading of a body failed at after `read` bytes.
pub(crate) fn broken_body(error: &reqwest::Error, place: &str, read: usize) -> Failure {
    let undecodable = find::<io::Error>(error).is_some_and(|io| {
        matches!(
            io.kind(),
            io::ErrorKind::InvalidData | io::ErrorKind::InvalidInput
        )
    });
    let cause = printable(&root(error).to_string());
    if undecodable {
        return Failure::new(
            GapKind::BadAnswer,
            format!("the answer of {place} can't be decompressed ({cause}): look at its proxies"),
        );
    }
    Failure::new(
        GapKind::Truncated,
        format!("the answer of {place} broke off after {read} bytes ({cause}): look at its log"),
    )
}

fn find<'e, T: StdError + 'static>(error: &'e (dyn StdError + 'static)) -> Option<&'e T> {
    let mut at = Some(error);
    while let Some(error) = at {
        if let Some(found) = error.downcast_ref::<T>() {
            return Some(found);
        }
        // An `io::Error` hides what it wraps from `source`'s first step.
        if let Some(found) = error
            .downcast_ref::<io::Error>()
            .and_then(|io| io.get_ref())
            .and_then(|inner| find::<T>(inner))
        {
            return Some(found);
        }
        at = error.source();
    }
    None
}

fn root<'e>(error: &'e (dyn StdError + 'static)) -> &'e (dyn StdError + 'static) {
    let mut at = error;
    while let Some(source) = at.source() {
        at = source;
    }
    at
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_foreign_text_is_cut_and_its_hidden_characters_are_left_out() {
        assert_eq!(printable("a\u{1b}[31m b\n\n c\u{202e}d"), "a[31m b cd");
        let long = printable(&"x".repeat(1000));
        assert_eq!(long.chars().count(), 201);
        assert!(long.ends_with('…'));
    }
}
