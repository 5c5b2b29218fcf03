//! What no single frame of an HTTP/2 connection shows: that its client takes back what it asks
//! for, drips a head, or holds a connection that it does not use.

use std::collections::HashMap;
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep, sleep};

use super::frames::{END_HEADERS, END_STREAM, Frame, Frames, GoAway, Kind};

/// How many requests a client may take back before it is asked whether it wants any. A page that
/// is left takes back some dozens.
const RESETS: u64 = 200;

/// An HTTP/2 connection that ends where its client:
///
/// - takes back more requests than [`RESETS`], and more than half of what it asked for (the "rapid
///   reset" attack, CVE-2023-44487: each of them costs the server work, and leaves room for the
///   next at once);
/// - leaves a head unfinished, or no stream open, for longer than the head's time limit, however
///   many bytes or pings it sends meanwhile;
/// - gives no room for an answer that has begun, on one of its streams, for longer than a time
///   limit of its own: the others may flow, but that answer, and what it was made from, is held.
///   What has nothing to say, as an event stream without events, says so more often than that.
pub(super) struct Watched<S> {
    inner: S,
    incoming: Frames,
    outgoing: Frames,
    streams: Streams,
    limit: Duration,
    deadline: Option<Pin<Box<Sleep>>>,
    still_limit: Duration,
    /// When it is looked again whether an answer stands still.
    look: Pin<Box<Sleep>>,
}

/// The streams of a connection, as far as frames of both directions tell.
#[derive(Default)]
struct Streams {
    /// Of each that is open, when its answer went on last, once it has begun.
    open: HashMap<u32, Option<Instant>>,
    /// A head that has begun and not ended.
    within_head: bool,
    last: u32,
    opened: u64,
    reset: u64,
}

impl<S> Watched<S> {
    pub(super) fn new(inner: S, limit: Duration, still_limit: Duration) -> Self {
        Self {
            inner,
            incoming: Frames::after_preface(),
            outgoing: Frames::default(),
            streams: Streams::default(),
            limit,
            deadline: Some(Box::pin(sleep(limit))),
            still_limit,
            look: Box::pin(sleep(still_limit)),
        }
    }

    /// Whether an answer has stood still for the limit, or for twice as long at most: that it is
    /// looked at rarely keeps clocks from being set for every frame.
    fn stands_still(&mut self, cx: &mut Context<'_>) -> bool {
        let mut still = false;
        while self.look.as_mut().poll(cx).is_ready() {
            let (now, limit) = (Instant::now(), self.still_limit);
            still |= self.streams.stands_still(now, limit);
            self.look.as_mut().reset(now + limit);
        }
        still
    }

    /// Starts or stops the clock, and says whether time is up.
    fn is_late(&mut self, cx: &mut Context<'_>) -> bool {
        if !self.streams.is_waited_for() {
            self.deadline = None;
            return false;
        }
        let limit = self.limit;
        let deadline = self.deadline.get_or_insert_with(|| Box::pin(sleep(limit)));
        deadline.as_mut().poll(cx).is_ready()
    }
}

impl<S: AsyncWrite + Unpin> Watched<S> {
    /// Ends the connection: with a last word, if no frame of ours is half written.
    fn end(&mut self, cx: &mut Context<'_>, reason: GoAway, why: &'static str) -> io::Error {
        if self.outgoing.is_between() {
            let word = reason.frame(self.streams.last);
            let inner = &mut self.inner;
            if let Poll::Ready(Ok(_)) = Pin::new(&mut *inner).poll_write(cx, &word) {
                let _ = Pin::new(inner).poll_flush(cx);
            }
        }
        io::Error::new(io::ErrorKind::ConnectionAborted, why)
    }
}

impl Streams {
    fn is_waited_for(&self) -> bool {
        self.within_head || self.open.is_empty()
    }

    fn is_flooded(&self) -> bool {
        self.reset > RESETS && self.reset * 2 > self.opened
    }

    fn came(&mut self, frame: Frame) {
        match frame.kind {
            Kind::Headers => {
                // Trailers have the id of a stream that is open.
                if frame.stream > self.last {
                    self.last = frame.stream;
                    self.opened += 1;
                    self.open.insert(frame.stream, None);
                }
                self.within_head = !frame.has(END_HEADERS);
            }
            Kind::Continuation => self.within_head = !frame.has(END_HEADERS),
            Kind::Reset => {
                let taken_back = self.open.remove(&frame.stream).is_some();
                self.reset += u64::from(taken_back);
            }
            Kind::Other => {}
        }
    }

    fn went(&mut self, frame: Frame, now: impl FnOnce() -> Instant) {
        if frame.kind == Kind::Reset || frame.has(END_STREAM) {
            self.open.remove(&frame.stream);
        } else if let Some(went) = self.open.get_mut(&frame.stream) {
            *went = Some(now());
        }
    }

    fn stands_still(&self, now: Instant, limit: Duration) -> bool {
        let mut begun = self.open.values().flatten();
        begun.any(|went| now.duration_since(*went) >= limit)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncRead for Watched<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if this.is_late(cx) {
            let why = "no request has come for too long";
            return Poll::Ready(Err(this.end(cx, GoAway::NoError, why)));
        }
        if this.stands_still(cx) {
            let why = "the client leaves no room for an answer";
            return Poll::Ready(Err(this.end(cx, GoAway::EnhanceYourCalm, why)));
        }
        let before = buf.filled().len();
        ready!(Pin::new(&mut this.inner).poll_read(cx, buf))?;
        let (came, streams) = (&buf.filled()[before..], &mut this.streams);
        this.incoming.pass(came, |frame| streams.came(frame));
        if this.streams.is_flooded() {
            let why = "the client takes back what it asks for";
            return Poll::Ready(Err(this.end(cx, GoAway::EnhanceYourCalm, why)));
        }
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncWrite + Unpin> AsyncWrite for Watched<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = ready!(Pin::new(&mut this.inner).poll_write(cx, buf))?;
        let streams = &mut this.streams;
        this.outgoing
            .pass(&buf[..written], |frame| streams.went(frame, Instant::now));
        // Starts the clock where that was the end of the last stream; whoever reads looks at it.
        let _ = this.is_late(cx);
        Poll::Ready(Ok(written))
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_shutdown(cx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn frame(kind: Kind, flags: u8, stream: u32) -> Frame {
        Frame {
            kind,
            flags,
            stream,
        }
    }

    #[test]
    fn a_client_that_leaves_a_page_is_no_flood_and_one_that_takes_everything_back_is() {
        let mut browser = Streams::default();
        let mut attacker = Streams::default();
        for n in 0..10_000 {
            let stream = 2 * n + 1;
            for streams in [&mut browser, &mut attacker] {
                streams.came(frame(Kind::Headers, END_HEADERS, stream));
            }
            attacker.came(frame(Kind::Reset, 0, stream));
            if n % 3 == 0 {
                browser.came(frame(Kind::Reset, 0, stream));
            } else {
                browser.went(frame(Kind::Headers, END_STREAM, stream), Instant::now);
            }
            assert!(!browser.is_flooded());
            assert_eq!(attacker.is_flooded(), u64::from(n) >= RESETS);
        }
        assert!(browser.open.is_empty() && attacker.open.is_empty());
    }

    #[test]
    fn a_connection_is_waited_for_while_nothing_is_open_or_a_head_is_not_whole() {
        let mut streams = Streams::default();
        assert!(streams.is_waited_for());
        streams.came(frame(Kind::Headers, END_STREAM, 1));
        assert!(streams.is_waited_for(), "the head goes on");
        streams.came(frame(Kind::Continuation, END_HEADERS, 1));
        assert!(!streams.is_waited_for());
        streams.came(frame(Kind::Headers, END_HEADERS | END_STREAM, 3));
        streams.went(frame(Kind::Headers, END_HEADERS, 1), Instant::now);
        streams.went(frame(Kind::Other, END_STREAM, 1), Instant::now);
        assert!(!streams.is_waited_for(), "the other is open");
        streams.came(frame(Kind::Reset, 0, 3));
        assert!(streams.is_waited_for());
    }

    #[test]
    fn an_answer_that_has_begun_and_does_not_go_on_stands_still() {
        let (begun, limit) = (Instant::now(), Duration::from_mins(1));
        let at = |seconds| begun + Duration::from_secs(seconds);
        let mut streams = Streams::default();
        for stream in [1, 3] {
            streams.came(frame(Kind::Headers, END_HEADERS | END_STREAM, stream));
        }
        streams.went(frame(Kind::Headers, END_HEADERS, 3), || at(1));
        assert!(!streams.stands_still(at(60), limit));
        assert!(streams.stands_still(at(61), limit));
        streams.went(frame(Kind::Other, 0, 3), || at(50));
        assert!(!streams.stands_still(at(61), limit), "it went on");
        streams.went(frame(Kind::Other, END_STREAM, 3), || at(62));
        assert!(
            !streams.stands_still(at(1000), limit),
            "the other is worked on, which has a time limit elsewhere"
        );
    }
}
