//! One spelling for every path, so that what is authorised, what is routed and what a role sees
//! are the same bytes.
//!
//! Nothing is rewritten: rewriting is where two parts of a system come to disagree about what was
//! asked. A target that could be read in two ways is refused.

use axum::http::{Uri, Version};

/// Why a request target is refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// `GET http://host/path` or `CONNECT host`, which only a forward proxy is asked.
    NotOriginForm,
    /// `//`.
    EmptySegment,
    /// `.` or `..`.
    DotSegment,
    /// A character that no path of ours has, or that servers read in different ways.
    Character,
    /// `%` without two hexadecimal digits.
    BrokenEscape,
    /// An escape of a character that needs none, or that would mean something else unescaped.
    NeedlessEscape,
}

impl Flaw {
    /// What the caller should know.
    pub(crate) const fn as_str(self) -> &'static str {
        match self {
            Self::NotOriginForm => "it is not a plain path: write it as in GET /api/v1/clusters",
            Self::EmptySegment => "it has an empty segment ('//'): write one slash",
            Self::DotSegment => "it has a segment '.' or '..': write the path that is meant",
            Self::Character => {
                "it has a character that paths here never have: escape it as UTF-8, such as %20 \
                 for a space"
            }
            Self::BrokenEscape => "it has a '%' without two hexadecimal digits: write %25",
            Self::NeedlessEscape => {
                "it escapes a letter, digit, dot, slash, backslash, percent, semicolon, question \
                 or number sign, or control character: write the path without that"
            }
        }
    }
}

/// Whether the target of a request has the one spelling.
pub(crate) fn check(uri: &Uri, version: Version) -> Result<(), Flaw> {
    // HTTP/2 always sends scheme and authority beside the path; HTTP/1 only to forward proxies.
    if version < Version::HTTP_2 && uri.authority().is_some() {
        return Err(Flaw::NotOriginForm);
    }
    let path = uri.path().as_bytes();
    let Some(segments) = path.strip_prefix(b"/") else {
        return Err(Flaw::NotOriginForm);
    };
    let mut rest = segments.split(|byte| *byte == b'/').peekable();
    while let Some(segment) = rest.next() {
        // Only the last may be empty: a slash at the end, or the root.
        if segment.is_empty() && rest.peek().is_some() {
            return Err(Flaw::EmptySegment);
        }
        check_segment(segment)?;
    }
    Ok(())
}

fn check_segment(segment: &[u8]) -> Result<(), Flaw> {
    if matches!(segment, b"." | b"..") {
        return Err(Flaw::DotSegment);
    }
    let mut bytes = segment.iter().copied();
    while let Some(byte) = bytes.next() {
        match byte {
            b'%' => {
                let digits = bytes.next().and_then(hex).zip(bytes.next().and_then(hex));
                let (high, low) = digits.ok_or(Flaw::BrokenEscape)?;
                if needs_no_escape(high << 4 | low) {
                    return Err(Flaw::NeedlessEscape);
                }
            }
            _ if is_plain(byte) => {}
            _ => return Err(Flaw::Character),
        }
    }
    Ok(())
}

fn hex(digit: u8) -> Option<u8> {
    char::from(digit).to_digit(16).map(|value| value as u8)
}

/// What RFC 3986 calls `pchar`, but for `;`, after which some servers cut.
const fn is_plain(byte: u8) -> bool {
    is_unreserved(byte)
        || matches!(
            byte,
            b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b'=' | b':' | b'@'
        )
}

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn needs_no_escape(byte: u8) -> bool {
    is_unreserved(byte)
        || byte.is_ascii_control()
        || matches!(byte, b'/' | b'\\' | b'%' | b';' | b'#' | b'?')
}

#[cfg(test)]
mod tests {
    use super::*;

    fn flaw(path: &str) -> Option<Flaw> {
        check(&path.parse().unwrap(), Version::HTTP_11).err()
    }

    #[test]
    fn ordinary_paths_pass() {
        for path in [
            "/",
            "/api/v1/clusters",
            "/api/v1/clusters/",
            "/api/v1/clusters/0192f0c1-2d3e-7abc-8def-0123456789ab?a=b//../c%2e",
            "/a%20b/caf%C3%A9/%40/..a/...",
        ] {
            assert_eq!(flaw(path), None, "{path}");
        }
    }

    #[test]
    fn whatever_could_be_read_in_two_ways_is_refused() {
        for (path, expected) in [
            ("//", Flaw::EmptySegment),
            ("//api", Flaw::EmptySegment),
            ("/api//v1", Flaw::EmptySegment),
            ("/api/./v1", Flaw::DotSegment),
            ("/api/../v1", Flaw::DotSegment),
            ("/api/v1/..", Flaw::DotSegment),
            ("/api/%2e%2e/v1", Flaw::NeedlessEscape),
            ("/api/%2E/v1", Flaw::NeedlessEscape),
            ("/api%2fv1", Flaw::NeedlessEscape),
            ("/api%5cv1", Flaw::NeedlessEscape),
            ("/api\\v1", Flaw::Character),
            ("/api%00", Flaw::NeedlessEscape),
            ("/api%252e", Flaw::NeedlessEscape),
            ("/api;v=1", Flaw::Character),
            ("/api%3bv=1", Flaw::NeedlessEscape),
            ("/api%23", Flaw::NeedlessEscape),
            ("/api%3F", Flaw::NeedlessEscape),
            ("/%61pi", Flaw::NeedlessEscape),
            ("/api%", Flaw::BrokenEscape),
            ("/api%2", Flaw::BrokenEscape),
            ("/api%zz", Flaw::BrokenEscape),
            ("/api|v1", Flaw::Character),
            ("/\u{fc}ber", Flaw::Character),
            ("http://host/api", Flaw::NotOriginForm),
            ("*", Flaw::NotOriginForm),
        ] {
            assert_eq!(flaw(path), Some(expected), "{path}");
        }
    }

    #[test]
    fn http_2_names_its_host_and_may() {
        let uri = "https://host/api".parse().unwrap();
        assert_eq!(check(&uri, Version::HTTP_2), Ok(()));
    }
}
