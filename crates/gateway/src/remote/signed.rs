//! Signatures of a moment ago. The same caller asking the same again within seconds gets the
//! same one: it says nothing new, and making it is a good part of what forwarding a small request
//! costs.

use std::collections::HashMap;
use std::hash::{BuildHasher as _, RandomState};
use std::sync::{Mutex, PoisonError};

use axum::http::{HeaderValue, Method};
use fleetscope_identity::CallerTokens;
use fleetscope_model::Caller;
use jiff::Timestamp;

/// How long a signature is used again: a third of its life, so that whoever gets it has the rest.
const KEPT_SECONDS: i64 = 10;

/// How many are kept. When there are more, all are made anew.
const MOST: usize = 4096;

/// Signs callers, and remembers.
#[derive(Debug, Default)]
pub(super) struct Signed {
    hasher: RandomState,
    /// By the hash of what is signed, which stands beside and is compared.
    kept: Mutex<HashMap<u64, Kept>>,
}

#[derive(Debug)]
struct Kept {
    caller: Caller,
    method: Method,
    path: String,
    at: i64,
    value: HeaderValue,
}

impl Signed {
    /// The header that says `caller` asks for `method` on `path` now.
    pub(super) fn header(
        &self,
        callers: &CallerTokens,
        caller: &Caller,
        (method, path): (&Method, &str),
        now: Timestamp,
    ) -> crate::Result<HeaderValue> {
        let key = self.hasher.hash_one((&caller.name, method, path));
        let at = now.as_second();
        if let Some(kept) = self.lock().get(&key)
            && (0..KEPT_SECONDS).contains(&(at - kept.at))
            && (&kept.caller, &kept.method, kept.path.as_str()) == (caller, method, path)
        {
            return Ok(kept.value.clone());
        }
        let text = callers.sign(caller, method.as_str(), path, now)?;
        let mut value = HeaderValue::try_from(text).map_err(|_| unsigned())?;
        value.set_sensitive(true);
        let kept = Kept {
            caller: caller.clone(),
            method: method.clone(),
            path: path.to_owned(),
            at,
            value: value.clone(),
        };
        let mut all = self.lock();
        if all.len() >= MOST {
            all.clear();
        }
        all.insert(key, kept);
        Ok(value)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Kept>> {
        self.kept.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A signature is base64, which is a header.
fn unsigned() -> crate::Error {
    crate::Error::Identity(fleetscope_identity::Error::CallerRefused {
        reason: "its signature is no header".to_owned(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn tokens() -> CallerTokens {
        CallerTokens::new(&"k".repeat(32).into()).unwrap()
    }

    #[test]
    fn a_signature_is_used_again_for_the_same_only_and_for_ten_seconds_only() {
        let (signed, tokens) = (Signed::default(), tokens());
        let now: Timestamp = "2026-03-01T10:00:00Z".parse().unwrap();
        let gateway = Caller::system("gateway");
        let header = |caller: &Caller, method: &Method, path: &str, seconds: u64| {
            let at = now + Duration::from_secs(seconds);
            signed.header(&tokens, caller, (method, path), at).unwrap()
        };
        let first = header(&gateway, &Method::GET, "/a", 0);
        assert_eq!(header(&gateway, &Method::GET, "/a", 9), first);
        assert_ne!(header(&gateway, &Method::GET, "/a?b", 9), first);
        assert_ne!(header(&gateway, &Method::POST, "/a", 9), first);
        assert_ne!(
            header(&Caller::system("other"), &Method::GET, "/a", 9),
            first
        );
        // The same name with other rights is another caller.
        let mut lesser = gateway.clone();
        lesser.role = fleetscope_model::AccessRole::Viewer;
        assert_ne!(header(&lesser, &Method::GET, "/a", 9), first);
        assert_ne!(header(&gateway, &Method::GET, "/a", 10), first);
    }
}
