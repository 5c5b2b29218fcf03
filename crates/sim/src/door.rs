//! Clusters that let nobody in without the right credential.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use http::{HeaderName, HeaderValue, StatusCode, header};

/// What each cluster asks for: the value of the `Authorization` header. Clusters that are not here
/// let anybody in.
#[derive(Debug, Default)]
pub(crate) struct Doors(Mutex<BTreeMap<String, String>>);

impl Doors {
    /// All servers of the cluster ask for this from now on; for nothing where it is none.
    pub(crate) fn demand(&self, cluster: &str, authorization: Option<&str>) {
        let mut doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        match authorization {
            Some(wanted) => drop(doors.insert(cluster.to_owned(), wanted.to_owned())),
            None => drop(doors.remove(cluster)),
        }
    }

    /// The refusal of a request without the right credential. As careless servers do, it repeats
    /// what it was given: in its body, in a header's value and in the name of one.
    pub(crate) fn refusal(&self, request: &Request) -> Option<Response> {
        let cluster = request.uri().path().split('/').nth(1).unwrap_or_default();
        let doors = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let wanted = doors.get(cluster)?;
        let given = request.headers().get(header::AUTHORIZATION);
        let given = given
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        if given == wanted {
            return None;
        }
        let said = format!("no entry with {given}\n");
        let mut response = (StatusCode::UNAUTHORIZED, said).into_response();
        let headers = response.headers_mut();
        if let Ok(value) = HeaderValue::from_str(&format!("Bearer error=\"{given}\"")) {
            headers.insert(header::WWW_AUTHENTICATE, value);
        }
        let name = given.rsplit(' ').next().unwrap_or_default();
        if let Ok(name) = HeaderName::try_from(format!("x-{name}")) {
            headers.insert(name, HeaderValue::from_static("refused"));
        }
        Some(response)
    }
}
