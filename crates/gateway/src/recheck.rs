//! Streams outlive the moment in which their caller was let in: whether it still may is asked
//! again and again, and the stream ends where it may not.

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use axum::body::Body;
use axum::response::Response;
use fleetscope_identity::Authenticator;
use fleetscope_model::{Caller, ErrorKind, Fault as _};
use futures::StreamExt as _;
use secrecy::SecretString;
use tokio::time::Instant;

use crate::edge::streams::is_event_stream;

/// How often it is asked. Most of the times the answer is remembered.
const EVERY: Duration = Duration::from_secs(10);

/// How long a stream goes on while there is no answer.
const UNANSWERED: Duration = Duration::from_secs(30);

/// Somebody who was let in, and by what.
struct Admitted {
    caller: Caller,
    token: SecretString,
    source: Option<IpAddr>,
}

/// Ends an answer that is an event stream once its caller is refused, has become another (its
/// role or groups have changed), or could not be asked about for too long. An answer of another
/// kind passes as it is, and its token is forgotten.
pub(crate) fn while_admitted(
    response: Response,
    people: &Arc<dyn Authenticator>,
    (caller, token, source): (&Caller, SecretString, Option<IpAddr>),
) -> Response {
    if !is_event_stream(&response) {
        return response;
    }
    let admitted = Admitted {
        caller: caller.clone(),
        token,
        source,
    };
    response.map(|body| {
        let refused = Box::pin(refused(people.clone(), admitted));
        Body::from_stream(body.into_data_stream().take_until(refused))
    })
}

async fn refused(people: Arc<dyn Authenticator>, admitted: Admitted) {
    let mut answered = Instant::now();
    loop {
        tokio::time::sleep(EVERY).await;
        match people.authenticate(&admitted.token, admitted.source).await {
            Ok(known) if known.caller == admitted.caller => answered = Instant::now(),
            Ok(_) => break,
            Err(error) => {
                let verdict = matches!(
                    error.kind(),
                    ErrorKind::Unauthenticated | ErrorKind::Forbidden
                );
                if verdict || answered.elapsed() >= UNANSWERED {
                    break;
                }
            }
        }
    }
    tracing::info!(
        caller = admitted.caller.name,
        "an event stream ends: its caller may no longer follow it as it began"
    );
}
