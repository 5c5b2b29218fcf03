//! A complete answer, and what its status means.

use bytes::Bytes;
use fleetscope_model::GapKind;
use http::StatusCode;
use jiff::Timestamp;
use serde::de::DeserializeOwned;

use crate::failure::{Failure, printable};
use crate::room::Room;

/// A complete answer with any status but a redirect.
#[derive(Debug, Clone)]
pub struct Answer {
    /// The status.
    pub status: StatusCode,
    /// The media type, lower case, as far as it was given.
    pub content_type: String,
    /// The body after decompression; of an error only the first 64 KiB.
    pub body: Bytes,
    /// What the body takes of the room for all answers.
    pub room: Room,
    /// Host and port that answered, for messages.
    pub place: String,
    /// Until when the server's certificate is good. Read only by a probing upstream.
    pub certified_until: Option<Timestamp>,
}

impl Answer {
    /// The answer if its status is a success; else the failure that the status means:
    /// 401 `Unauthenticated`, 403 `Forbidden`, 429 `Overloaded`, 400, 413, 414 and 422 `Refused`,
    /// all others `BadAnswer`.
    pub fn success(self) -> Result<Self, Failure> {
        if self.status.is_success() {
            Ok(self)
        } else {
            let text = String::from_utf8_lossy(&self.body);
            Err(self.refusal(&text))
        }
    }

    /// The failure that a status other than a success means, with the server's own `message`.
    pub fn refusal(&self, message: &str) -> Failure {
        let (place, status) = (&self.place, self.status.as_u16());
        let said = match printable(message) {
            text if text.is_empty() || text.starts_with('<') => String::new(),
            text => format!(" ({text})"),
        };
        let (kind, advice) = match status {
            401 => (
                GapKind::Unauthenticated,
                "it asks for credentials: register an endpoint that may be read",
            ),
            403 => (
                GapKind::Forbidden,
                "it forbids the read: give this reader the right to it",
            ),
            429 => (
                GapKind::Overloaded,
                "it asks to slow down: ask again later, or for less",
            ),
            400 | 413 | 414 | 422 => (
                GapKind::Refused,
                "it refuses the query: change the query as it says",
            ),
            404 => (
                GapKind::BadAnswer,
                "there is no such path: check the path of the registered URL",
            ),
            _ => (GapKind::BadAnswer, "look at its log"),
        };
        Failure::new(kind, format!("{place} answered {status}{said}: {advice}"))
    }

    /// The body as JSON; `BadAnswer` where it is none, or not of the expected shape.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_slice(&self.body).map_err(|error| {
            let place = &self.place;
            let detail = if self.is_html() {
                format!(
                    "{place} answered with a web page: check the URL, and that no login page \
                     stands before it"
                )
            } else {
                // Only where and how: the error's own text may repeat parts of the body.
                let problem = match error.classify() {
                    serde_json::error::Category::Eof => "ends too early",
                    serde_json::error::Category::Data => "is not of the expected shape",
                    _ => "is not JSON",
                };
                let (line, column) = (error.line(), error.column());
                format!(
                    "the answer of {place} {problem} (line {line}, column {column}): check that \
                     the URL is that of the right server"
                )
            };
            Failure::new(GapKind::BadAnswer, detail)
        })
    }

    fn is_html(&self) -> bool {
        let start = self.body.trim_ascii_start();
        self.content_type.starts_with("text/html") || start.starts_with(b"<")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answer(status: u16, body: &'static str) -> Answer {
        Answer {
            status: StatusCode::from_u16(status).unwrap(),
            content_type: String::new(),
            body: Bytes::from_static(body.as_bytes()),
            room: Room::default(),
            place: "prometheus:9090".to_owned(),
            certified_until: None,
        }
    }

    #[test]
    fn a_status_is_told_with_the_servers_own_words() {
        let failure = answer(400, "parse error at line 1").success().unwrap_err();
        assert_eq!(failure.kind, GapKind::Refused);
        assert_eq!(
            failure.detail,
            "prometheus:9090 answered 400 (parse error at line 1): it refuses the query: change \
             the query as it says"
        );
    }

    #[test]
    fn a_web_page_is_not_repeated() {
        let failure = answer(502, "<html><h1>Bad Gateway</h1>")
            .success()
            .unwrap_err();
        assert_eq!(
            failure.detail,
            "prometheus:9090 answered 502: look at its log"
        );
        let failure = answer(200, "<!doctype html>").json::<u8>().unwrap_err();
        assert!(failure.detail.contains("web page"), "{}", failure.detail);
    }
}
