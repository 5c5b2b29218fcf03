//! How long a client is waited for that takes no bytes, and how a connection is let go.

use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Sleep, sleep};

/// How long a client may go on sending after the last byte of the last answer. Where a socket is
/// closed with bytes in it that nobody has read, the system resets the connection, and the client
/// may lose an answer on its way (RFC 9112, 9.6): most often the one which says that a body is too
/// long.
const LINGER: Duration = Duration::from_secs(2);

/// How much is read and thrown away in that time.
const MOST_LINGERED: usize = 16 << 20;

/// A connection that ends where its client takes no byte for longer than a limit although there is
/// one for it, and that lets the client end what it is sending before it is closed.
///
/// A client that reads slowly is waited for; one that does not read holds an answer, and what it
/// was made from, for no longer than the limit. No clock runs while bytes flow.
pub(super) struct Patient<S> {
    inner: S,
    limit: Duration,
    stuck: Option<Pin<Box<Sleep>>>,
    closing: Closing,
}

enum Closing {
    No,
    Lingers(Pin<Box<Sleep>>, usize),
    Done,
}

impl<S> Patient<S> {
    pub(super) const fn new(inner: S, limit: Duration) -> Self {
        Self {
            inner,
            limit,
            stuck: None,
            closing: Closing::No,
        }
    }

    /// Passes on what a write has come to, unless it has waited for too long.
    fn judge<T>(
        &mut self,
        cx: &mut Context<'_>,
        written: Poll<io::Result<T>>,
    ) -> Poll<io::Result<T>> {
        if written.is_ready() {
            self.stuck = None;
            return written;
        }
        let limit = self.limit;
        let stuck = self.stuck.get_or_insert_with(|| Box::pin(sleep(limit)));
        ready!(stuck.as_mut().poll(cx));
        let why = "the client has taken nothing for too long";
        Poll::Ready(Err(io::Error::new(io::ErrorKind::TimedOut, why)))
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Patient<S> {
    fn poll_read(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_read(cx, buf)
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Patient<S> {
    fn poll_write(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buf: &[u8],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write(cx, buf);
        this.judge(cx, written)
    }

    fn poll_write_vectored(
        self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bufs: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        let this = self.get_mut();
        let written = Pin::new(&mut this.inner).poll_write_vectored(cx, bufs);
        this.judge(cx, written)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.get_mut().inner).poll_flush(cx)
    }

    fn poll_shutdown(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let this = self.get_mut();
        if matches!(this.closing, Closing::No) {
            ready!(Pin::new(&mut this.inner).poll_shutdown(cx))?;
            this.closing = Closing::Lingers(Box::pin(sleep(LINGER)), 0);
        }
        let mut waste = [0; 8192];
        while let Closing::Lingers(until, wasted) = &mut this.closing {
            let mut waste = ReadBuf::new(&mut waste);
            let read = Pin::new(&mut this.inner).poll_read(cx, &mut waste);
            let ended = match read {
                Poll::Ready(Ok(())) => {
                    *wasted += waste.filled().len();
                    waste.filled().is_empty() || *wasted > MOST_LINGERED
                }
                Poll::Ready(Err(_)) => true,
                Poll::Pending => {
                    ready!(until.as_mut().poll(cx));
                    true
                }
            };
            if ended {
                this.closing = Closing::Done;
            }
        }
        Poll::Ready(Ok(()))
    }
}

#[cfg(test)]
mod tests {
    use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
    use tokio::time::Instant;

    use super::*;

    const LIMIT: Duration = Duration::from_mins(1);

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_nothing_is_left_at_the_limit() {
        let (ours, theirs) = tokio::io::duplex(8);
        let mut ours = Patient::new(ours, LIMIT);
        let begun = Instant::now();
        let error = ours.write_all(&[0; 9]).await.unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::TimedOut);
        assert_eq!(begun.elapsed(), LIMIT);
        drop(theirs);
    }

    #[tokio::test(start_paused = true)]
    async fn a_client_that_takes_a_byte_now_and_then_is_waited_for() {
        let (ours, mut theirs) = tokio::io::duplex(1);
        let mut ours = Patient::new(ours, LIMIT);
        let reading = async {
            for _ in 0..10 {
                tokio::time::sleep(Duration::from_secs(59)).await;
                theirs.read_u8().await.unwrap();
            }
        };
        let (written, ()) = tokio::join!(ours.write_all(&[0; 10]), reading);
        written.unwrap();
    }

    #[tokio::test(start_paused = true)]
    async fn what_a_client_still_sends_is_taken_before_the_end_but_not_for_long() {
        let (ours, mut theirs) = tokio::io::duplex(8);
        let mut ours = Patient::new(ours, LIMIT);
        let sending = async {
            theirs.write_all(&vec![0; 100_000]).await.unwrap();
            theirs.shutdown().await.unwrap();
        };
        let (closed, ()) = tokio::join!(ours.shutdown(), sending);
        closed.unwrap();

        let (ours, theirs) = tokio::io::duplex(8);
        let (mut ours, begun) = (Patient::new(ours, LIMIT), Instant::now());
        ours.shutdown().await.unwrap();
        assert_eq!(begun.elapsed(), LINGER);
        drop(theirs);
    }
}
