//! How long a request's body may be, and how long the request may take.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::extract::Request;
use axum::http::header::CONTENT_LENGTH;
use axum::response::{IntoResponse as _, Response};
use fleetscope_api::extract::too_large;
use http_body::{Frame, SizeHint};

use super::Limits;
use crate::Error;

/// Refuses a body that says it is too long, cuts one that turns out to be, and gives up on a
/// request whose answer does not begin in time.
pub(crate) async fn bound<F>(
    limits: Limits,
    request: Request,
    next: impl FnOnce(Request) -> F,
) -> Response
where
    F: Future<Output = Response>,
{
    let declared = request
        .headers()
        .get(CONTENT_LENGTH)
        .and_then(|value| value.to_str().ok())
        .and_then(|text| text.parse::<u64>().ok());
    if declared.is_some_and(|length| length > limits.max_body as u64) {
        return too_large().into_response();
    }
    let meter = Arc::new(Meter::default());
    let request = if request.body().is_end_stream() {
        request
    } else {
        request.map(|body| {
            Body::new(Metered {
                inner: body,
                left: limits.max_body,
                meter: meter.clone(),
            })
        })
    };
    match tokio::time::timeout(limits.request_timeout, next(request)).await {
        // Whatever the handler made of a body that was cut: this is what happened.
        Ok(_) if meter.is(Progress::Overrun) => too_large().into_response(),
        Ok(response) => response,
        Err(_) if meter.is(Progress::Waiting) => {
            Error::BodyTooSlow(limits.request_timeout).into_response()
        }
        Err(_) => Error::RequestTimeout(limits.request_timeout).into_response(),
    }
}

/// How far the reading of a body is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[repr(u8)]
enum Progress {
    /// Nobody waits for it: not begun, between two reads, or done.
    Idle,
    /// Somebody reads, and the client has sent nothing yet.
    Waiting,
    /// It was longer than it may be.
    Overrun,
}

/// The progress of one body, seen from both sides.
#[derive(Debug, Default)]
struct Meter(AtomicU8);

impl Meter {
    fn set(&self, progress: Progress) {
        self.0.store(progress as u8, Ordering::Relaxed);
    }

    fn is(&self, progress: Progress) -> bool {
        self.0.load(Ordering::Relaxed) == progress as u8
    }
}

/// A body that keeps its meter, and breaks off where it is too long.
struct Metered {
    inner: Body,
    left: usize,
    meter: Arc<Meter>,
}

/// The body was longer than it may be.
#[derive(Debug, thiserror::Error)]
#[error("the body is longer than it may be")]
struct TooLong;

impl HttpBody for Metered {
    type Data = Bytes;
    type Error = axum::BoxError;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, axum::BoxError>>> {
        let polled = Pin::new(&mut self.inner).poll_frame(cx);
        self.meter.set(match &polled {
            Poll::Pending => Progress::Waiting,
            Poll::Ready(_) => Progress::Idle,
        });
        let Poll::Ready(Some(frame)) = polled else {
            return polled.map_err(Into::into);
        };
        let length = frame
            .as_ref()
            .ok()
            .and_then(Frame::data_ref)
            .map_or(0, Bytes::len);
        let Some(left) = self.left.checked_sub(length) else {
            self.meter.set(Progress::Overrun);
            return Poll::Ready(Some(Err(Box::new(TooLong))));
        };
        self.left = left;
        Poll::Ready(Some(frame.map_err(Into::into)))
    }

    fn is_end_stream(&self) -> bool {
        self.inner.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.inner.size_hint()
    }
}
