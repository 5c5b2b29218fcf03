//! A `kube::Client` whose way out is an `Upstream`.

use bytes::Bytes;
use fleetscope_model::GapKind;
use fleetscope_outbound::{Answer, Failure, Room, Upstream};
use http::header::CONTENT_TYPE;
use http::{HeaderValue, Request, Response};
use http_body_util::Full;
use kube::client::Body;
use kube::{Client, Error};

/// One API server, reached through `kube`.
#[derive(Clone)]
pub(crate) struct Connection {
    client: Client,
    place: String,
}

impl Connection {
    pub(crate) fn new(upstream: Upstream) -> Self {
        let place = upstream.place().to_owned();
        let way = tower::service_fn(move |request: Request<Body>| pass(upstream.clone(), request));
        Self {
            client: Client::new(way, "default"),
            place,
        }
    }

    /// Sends a request and takes the answer, whatever its status. `Client::request` is not used:
    /// it writes a body that it can't decode into the log, whole.
    pub(crate) async fn answer(&self, request: Request<Vec<u8>>) -> Result<Answer, Failure> {
        let response = self
            .client
            .send(request.map(Body::from))
            .await
            .map_err(|error| self.failure(error))?;
        let (head, body) = response.into_parts();
        let body = body
            .collect_bytes()
            .await
            .map_err(|error| self.failure(error))?;
        let content_type = head
            .headers
            .get(CONTENT_TYPE)
            .and_then(|value| value.to_str().ok())
            .unwrap_or_default();
        Ok(Answer {
            status: head.status,
            content_type: content_type.to_owned(),
            body,
            room: Room::default(),
            place: self.place.clone(),
            certified_until: None,
        })
    }

    /// The failure inside an error of `kube`: nearly always one of the way out itself.
    fn failure(&self, error: Error) -> Failure {
        if let Error::Service(inner) = error {
            return match inner.downcast::<Failure>() {
                Ok(failure) => *failure,
                Err(_) => self.odd(),
            };
        }
        self.odd()
    }

    pub(crate) fn odd(&self) -> Failure {
        Failure::new(
            GapKind::BadAnswer,
            format!("the exchange with {} went wrong: ask again", self.place),
        )
    }
}

async fn pass(
    upstream: Upstream,
    request: Request<Body>,
) -> Result<Response<Full<Bytes>>, Failure> {
    let unsendable = || {
        Failure::new(
            GapKind::BadAnswer,
            format!("a request to {} could not be made", upstream.place()),
        )
    };
    let (head, body) = request.into_parts();
    let body = body.collect_bytes().await.map_err(|_| unsendable())?;
    let answer = upstream.send(Request::from_parts(head, body)).await?;
    let mut response = Response::new(Full::new(answer.body));
    *response.status_mut() = answer.status;
    if let Ok(value) = HeaderValue::from_str(&answer.content_type) {
        response.headers_mut().insert(CONTENT_TYPE, value);
    }
    Ok(response)
}
