//! `continue` tokens and the pages that they lead to.

use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::selector::Selector;
use super::status::Refusal;
use super::store::Snapshot;

/// The version of the token's own format.
const FORMAT: &str = "meta.k8s.io/v1";
/// The revision of a token for the rest of a list "as it is now".
const INCONSISTENT: i64 = -1;

/// Where a list goes on: at which revision, and after which key.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Token {
    v: String,
    rv: i64,
    start: String,
}

impl Token {
    /// Reads a token; refused with 400 where it is none of ours.
    pub(crate) fn read(text: &str) -> Result<Self, Refusal> {
        let refuse = |problem: String| {
            let message = format!("invalid continue token: continue key is not valid: {problem}");
            Refusal::bad_request(message)
        };
        let bytes = URL_SAFE_NO_PAD
            .decode(text.trim_end_matches('='))
            .map_err(|_| refuse("illegal base64 data".to_owned()))?;
        let token: Self = serde_json::from_slice(&bytes).map_err(|_| refuse(unreadable(&bytes)))?;
        if token.v != FORMAT {
            let problem = format!(
                "server does not recognize this encoded version \"{}\"",
                token.v
            );
            return Err(refuse(problem));
        }
        if token.rv == 0 || token.rv < INCONSISTENT || token.start.is_empty() {
            return Err(refuse(format!(
                "incorrect encoded start (version {FORMAT})"
            )));
        }
        Ok(token)
    }

    /// The revision that the list was begun at; nothing for the rest as it is now.
    pub(crate) fn revision(&self) -> Option<u64> {
        u64::try_from(self.rv).ok()
    }

    /// The same place in the list as it is now.
    pub(crate) fn inconsistent(&self) -> String {
        let start = self.start.trim_start_matches('/').to_owned();
        Self {
            v: FORMAT.to_owned(),
            rv: INCONSISTENT,
            start,
        }
        .write()
    }

    /// The token for what comes after `key`. Keys are told without their namespace where the
    /// list is of one namespace.
    fn after(revision: u64, key: &str, namespace: Option<&str>) -> String {
        let relative = relative(key, namespace);
        Self {
            v: FORMAT.to_owned(),
            rv: i64::try_from(revision).unwrap_or(i64::MAX),
            start: format!("/{relative}\0"),
        }
        .write()
    }

    fn write(&self) -> String {
        let json = serde_json::to_vec(self).unwrap_or_default();
        URL_SAFE_NO_PAD.encode(json)
    }
}

/// Some of the objects of a list.
#[derive(Debug)]
pub(crate) struct Page {
    pub(crate) revision: u64,
    pub(crate) items: Vec<Arc<Value>>,
    /// The token for the next page; nothing on the last one.
    pub(crate) next: Option<String>,
    /// How many objects come after; only told where no selector is in play.
    pub(crate) remaining: Option<usize>,
}

/// What of a snapshot is asked for.
#[derive(Debug)]
pub(crate) struct Cut<'a> {
    pub(crate) namespace: Option<&'a str>,
    pub(crate) selector: &'a Selector,
    pub(crate) from: Option<&'a Token>,
    pub(crate) limit: Option<usize>,
}

impl Cut<'_> {
    /// The page of `snapshot`.
    pub(crate) fn page(&self, snapshot: Snapshot) -> Page {
        let start = self.from.map(|token| token.start.trim_start_matches('/'));
        let mut matching = snapshot.objects.into_iter().filter(|(key, object)| {
            start.is_none_or(|start| relative(key, self.namespace) >= start)
                && self.selector.matches(object)
        });
        let limit = self.limit.unwrap_or(usize::MAX);
        let taken: Vec<(String, Arc<Value>)> = matching.by_ref().take(limit).collect();
        let rest = matching.count();
        let last = taken.last().filter(|_| rest > 0);
        Page {
            revision: snapshot.revision,
            next: last.map(|(key, _)| Token::after(snapshot.revision, key, self.namespace)),
            remaining: (rest > 0 && self.selector.is_everything()).then_some(rest),
            items: taken.into_iter().map(|(_, object)| object).collect(),
        }
    }
}

fn relative<'a>(key: &'a str, namespace: Option<&str>) -> &'a str {
    namespace
        .and_then(|namespace| key.strip_prefix(namespace)?.strip_prefix('/'))
        .unwrap_or(key)
}

/// What a real server says of bytes that are no JSON, for the common case of a wrong first byte.
fn unreadable(bytes: &[u8]) -> String {
    match bytes.first() {
        None => "unexpected end of JSON input".to_owned(),
        Some(b'{') => "invalid JSON".to_owned(),
        Some(&byte) if byte.is_ascii_graphic() => format!(
            "invalid character '{}' looking for beginning of value",
            char::from(byte)
        ),
        Some(byte) => format!("invalid character '\\x{byte:02x}' looking for beginning of value"),
    }
}
