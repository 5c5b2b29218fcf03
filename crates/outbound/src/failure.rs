//! What goes wrong on the way out, in the terms of a gap.

use std::error::Error as StdError;
use std::io;
use std::time::Duration;

use fleetscope_model::{ClusterId, Gap, GapKind, Source};

use jiff::Timestamp;

use crate::address::Refused;
use crate::breaker::Rest;

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
    /// What it failed at, where that is known more closely than by its kind.
    pub cause: Option<Cause>,
}

/// What a call failed at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// The rules forbid the address.
    Address,
    /// The host name has no address.
    Name,
    /// Nobody listens there.
    Refused,
    /// There is no connection, for another reason.
    NoConnection,
    /// No answer in time.
    Late,
    /// The connection ended before an answer.
    Closed,
    /// The server's certificate has ended, then.
    Expired(Option<Timestamp>),
    /// The server's certificate is by nobody who is trusted.
    UnknownAuthority,
    /// The server's certificate is for other names.
    OtherName,
    /// Another fault of TLS: a certificate that is not good yet, a server that speaks none, one
    /// that wants a certificate from us.
    Tls,
    /// What came back is not HTTP.
    NotHttp,
    /// It redirects.
    Redirect,
    /// It is left alone after calls without an answer.
    Resting {
        /// For how long there has been no answer.
        silent: Duration,
        /// When it is tried again.
        again: Duration,
    },
}

impl Cause {
    /// Whether the endpoint gave no answer at all, which may be so again the next time.
    pub(crate) const fn is_silence(self) -> bool {
        matches!(
            self,
            Self::Name | Self::Refused | Self::NoConnection | Self::Late | Self::Closed
        )
    }

    /// Whether the same call may well succeed if it is repeated at once.
    pub(crate) const fn is_passing(self) -> bool {
        matches!(self, Self::Refused | Self::NoConnection | Self::Closed)
    }
}

impl Failure {
    /// A failure.
    pub fn new(kind: GapKind, detail: impl Into<String>) -> Self {
        Self {
            kind,
            detail: detail.into(),
            cause: None,
        }
    }

    /// The same failure, known more closely.
    #[must_use]
    pub(crate) fn at(mut self, cause: Cause) -> Self {
        self.cause = Some(cause);
        self
    }

    /// That an endpoint is left alone for now.
    pub(crate) fn resting(place: &str, rest: &Rest) -> Self {
        let (silent, again) = (rest.silent.as_secs_f64(), rest.again.as_secs_f64());
        let detail = format!(
            "{place} has not answered for {silent:.0} s and is asked again in {again:.1} s; at last: {}",
            rest.why
        );
        Self::new(GapKind::Unreachable, detail).at(Cause::Resting {
            silent: rest.silent,
            again: rest.again,
        })
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
    use GapKind::{BadAnswer, Timeout, Truncated, Unreachable};
    if let Some(refused) = find::<Refused>(error) {
        return Failure::new(Unreachable, refused.to_string()).at(Cause::Address);
    }
    if let Some(fault) = find::<rustls::Error>(error) {
        return tls(fault, place);
    }
    let said = printable(&root(error).to_string());
    let refused =
        find::<io::Error>(error).map(io::Error::kind) == Some(io::ErrorKind::ConnectionRefused);
    let (kind, cause, detail) = if error.is_dns() {
        let detail = format!("the host name of {place} can't be resolved ({said}): check the URL");
        (Unreachable, Cause::Name, detail)
    } else if error.is_timeout() {
        let detail =
            format!("no connection to {place} in time: check that it runs and may be reached");
        (Timeout, Cause::Late, detail)
    } else if error.is_connect() {
        let cause = if refused {
            Cause::Refused
        } else {
            Cause::NoConnection
        };
        let detail = format!("no connection to {place} ({said}): check the URL and that it runs");
        (Unreachable, cause, detail)
    } else if said.starts_with("invalid") || said.starts_with("message head") {
        let detail =
            format!("{place} does not answer in HTTP ({said}): check the URL's port and scheme");
        (BadAnswer, Cause::NotHttp, detail)
    } else {
        let detail =
            format!("{place} closed the connection before it answered ({said}): look at its log");
        (Truncated, Cause::Closed, detail)
    };
    Failure::new(kind, detail).at(cause)
}

/// What a handshake failed at.
fn tls(fault: &rustls::Error, place: &str) -> Failure {
    use rustls::{CertificateError as Wrong, Error};
    let (cause, detail) = match fault {
        Error::InvalidCertificate(wrong) => match wrong {
            Wrong::Expired => (
                Cause::Expired(None),
                format!("the certificate of {place} has ended: renew it"),
            ),
            Wrong::ExpiredContext { not_after, .. } => {
                let end = Timestamp::from_second(not_after.as_secs() as i64).ok();
                let when = end.map(|end| format!(" on {end}")).unwrap_or_default();
                (
                    Cause::Expired(end),
                    format!("the certificate of {place} has ended{when}: renew it"),
                )
            }
            // An authority that was made anew under its old name signs with another key.
            Wrong::UnknownIssuer | Wrong::BadSignature => (
                Cause::UnknownAuthority,
                format!(
                    "the certificate of {place} is by nobody who is trusted here: register its \
                     authority as the endpoint's ca_bundle"
                ),
            ),
            Wrong::NotValidForName | Wrong::NotValidForNameContext { .. } => (
                Cause::OtherName,
                format!(
                    "the certificate of {place} is for other names: register the URL with a name \
                     on it, or write that name as the endpoint's server_name"
                ),
            ),
            other => (
                Cause::Tls,
                format!("the certificate of {place} is not good ({other:?}): renew it"),
            ),
        },
        other => (
            Cause::Tls,
            format!(
                "no TLS with {place} ({}): check the URL's port and scheme, and whether it asks \
                 for a client certificate",
                printable(&other.to_string())
            ),
        ),
    };
    Failure::new(GapKind::Unreachable, detail).at(cause)
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
