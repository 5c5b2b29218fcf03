//! One connection to a role, driven by whoever uses it.
//!
//! A client that gives each connection a task of its own pays for every request with two wake-ups
//! between tasks, which on a small request is a good part of all that a proxy does. Here the task of
//! the request drives the connection too: until the answer's head is there, and then with each
//! read of its body.

use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Body, Bytes, HttpBody};
use axum::http::{Request, Response};
use http_body::{Frame, SizeHint};
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use super::pool::Pool;

/// How much of an answer is held while its caller is slow to take it.
const MOST_BUFFERED: usize = 64 * 1024;

/// What has to be polled for anything to be read or written.
type Driven = Connection<TokioIo<TcpStream>, Body>;

/// One connection.
pub(super) struct Link {
    sender: SendRequest<Body>,
    /// None once it has ended.
    connection: Option<Pin<Box<Driven>>>,
}

/// Why there is no answer.
pub(super) enum Unsent {
    /// The connection was gone before it took the request: another may take it.
    Retry(Box<Request<Body>>),
    /// Nobody knows how much of it the other side has got.
    Lost(hyper::Error),
}

impl Link {
    /// Speaks HTTP/1.1 on a fresh connection.
    pub(super) async fn over(stream: TcpStream) -> hyper::Result<Self> {
        let (sender, connection) = Builder::new()
            .max_buf_size(MOST_BUFFERED)
            .handshake(TokioIo::new(stream))
            .await?;
        Ok(Self {
            sender,
            connection: Some(Box::pin(connection)),
        })
    }

    /// Whether the connection can take a request now. One that the other side has closed meanwhile
    /// can't, and says so here.
    pub(super) fn is_ready(&mut self, cx: &mut Context<'_>) -> bool {
        self.drive(cx);
        self.connection.is_some() && matches!(self.sender.poll_ready(cx), Poll::Ready(Ok(())))
    }

    /// Reads and writes what there is. An end is told to whoever waits for the answer.
    fn drive(&mut self, cx: &mut Context<'_>) {
        if let Some(connection) = &mut self.connection
            && connection.as_mut().poll(cx).is_ready()
        {
            self.connection = None;
        }
    }

    /// Sends the request and waits for the head of its answer. The body of either is still on its
    /// way then.
    pub(super) async fn exchange(
        &mut self,
        request: Request<Body>,
    ) -> Result<Response<Incoming>, Unsent> {
        let answer = self.sender.try_send_request(request);
        tokio::pin!(answer);
        let answered = std::future::poll_fn(|cx| {
            self.drive(cx);
            answer.as_mut().poll(cx)
        });
        answered
            .await
            .map_err(|mut error| match error.take_message() {
                Some(request) => Unsent::Retry(Box::new(request)),
                None => Unsent::Lost(error.into_error()),
            })
    }
}

/// The body of an answer, with the connection that it comes by. Read to its end, it gives the
/// connection back; dropped before, it closes it.
pub(super) struct Carried {
    body: Incoming,
    link: Option<Link>,
    pool: Pool,
}

impl Carried {
    pub(super) fn new(body: Incoming, link: Link, pool: Pool) -> Self {
        let mut carried = Self {
            body,
            link: Some(link),
            pool,
        };
        carried.release_at_end();
        carried
    }

    fn release_at_end(&mut self) {
        if self.body.is_end_stream()
            && let Some(link) = self.link.take()
        {
            self.pool.give_back(link);
        }
    }

    /// Reads, and drives the connection where there is nothing to read yet.
    fn poll_driven(
        &mut self,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        if let Poll::Ready(frame) = Pin::new(&mut self.body).poll_frame(cx) {
            return Poll::Ready(frame);
        }
        if let Some(link) = &mut self.link {
            link.drive(cx);
        }
        Pin::new(&mut self.body).poll_frame(cx)
    }
}

impl HttpBody for Carried {
    type Data = Bytes;
    type Error = hyper::Error;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, hyper::Error>>> {
        let polled = self.poll_driven(cx);
        match &polled {
            Poll::Pending => {}
            Poll::Ready(Some(Ok(_))) => self.release_at_end(),
            Poll::Ready(Some(Err(_))) => self.link = None,
            Poll::Ready(None) => {
                if let Some(link) = self.link.take() {
                    self.pool.give_back(link);
                }
            }
        }
        polled
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}
