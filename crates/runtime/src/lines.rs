//! Lines of the log on their way to standard error.
//!
//! A line about an answered request waits for others, a tenth of a second at most, so that a busy
//! door does not pay for a system call with each. Whatever else is said goes out at once, with
//! those that wait before it: what a process said before it died is there to be read.

use std::io::{self, Stderr, Write, stderr};
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread;
use std::time::Duration;

use tracing::{Level, Metadata};
use tracing_subscriber::fmt::MakeWriter;

/// How long a line waits at most.
const PATIENCE: Duration = Duration::from_millis(100);

/// How much may wait.
const MOST_BYTES: usize = 32 * 1024;

/// Where lines go. Cheap to clone; clones keep their order among each other.
#[derive(Debug)]
pub(crate) struct Lines<W: Write = Stderr> {
    shared: Arc<Shared<W>>,
}

#[derive(Debug)]
struct Shared<W: Write> {
    state: Mutex<State<W>>,
    /// Told when the first line begins to wait, and at the end.
    changed: Condvar,
    /// Which lines may wait, by the module that says them.
    patient: fn(&Metadata<'_>) -> bool,
}

#[derive(Debug)]
struct State<W> {
    waiting: Vec<u8>,
    out: W,
    closed: bool,
}

impl<W: Write> Clone for Lines<W> {
    fn clone(&self) -> Self {
        Self {
            shared: self.shared.clone(),
        }
    }
}

impl Lines {
    /// To standard error.
    pub(crate) fn to_stderr() -> Self {
        Self::new(stderr(), is_of_an_answer)
    }
}

/// What the doors say of each request.
fn is_of_an_answer(line: &Metadata<'_>) -> bool {
    *line.level() >= Level::INFO && line.target() == fleetscope_gateway::ANSWERED
}

impl<W: Write + Send + 'static> Lines<W> {
    fn new(out: W, patient: fn(&Metadata<'_>) -> bool) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(State {
                waiting: Vec::new(),
                out,
                closed: false,
            }),
            changed: Condvar::new(),
            patient,
        });
        let known = shared.clone();
        // Without the thread lines go out with the next that can't wait, or at the end.
        let _ = thread::Builder::new()
            .name("log".to_owned())
            .spawn(move || known.write_what_waits());
        Self { shared }
    }
}

impl<W: Write> Lines<W> {
    /// Writes what waits. From here on every line goes out at once.
    pub(crate) fn close(&self) {
        let mut state = self.shared.lock();
        state.closed = true;
        state.write_out();
        self.shared.changed.notify_all();
    }
}

impl<W: Write> Shared<W> {
    fn lock(&self) -> MutexGuard<'_, State<W>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn write_what_waits(&self) {
        let mut state = self.lock();
        while !state.closed {
            let nothing = |state: &mut State<W>| state.waiting.is_empty() && !state.closed;
            let woken = self.changed.wait_while(state, nothing);
            drop(woken.unwrap_or_else(PoisonError::into_inner));
            thread::sleep(PATIENCE);
            state = self.lock();
            state.write_out();
        }
    }

    fn take(&self, line: &[u8], waits: bool) {
        let mut state = self.lock();
        let first = state.waiting.is_empty();
        state.waiting.extend_from_slice(line);
        if !waits || state.closed || state.waiting.len() >= MOST_BYTES {
            state.write_out();
        } else if first {
            self.changed.notify_all();
        }
    }
}

impl<W: Write> State<W> {
    /// A log that can't be written has nowhere to say so.
    fn write_out(&mut self) {
        let _ = self.out.write_all(&self.waiting);
        let _ = self.out.flush();
        self.waiting.clear();
    }
}

/// One line.
#[derive(Debug)]
pub(crate) struct Line<'a, W: Write> {
    shared: &'a Shared<W>,
    waits: bool,
}

impl<W: Write> Write for Line<'_, W> {
    fn write(&mut self, line: &[u8]) -> io::Result<usize> {
        self.shared.take(line, self.waits);
        Ok(line.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl<'a, W: Write + 'a> MakeWriter<'a> for Lines<W> {
    type Writer = Line<'a, W>;

    fn make_writer(&'a self) -> Self::Writer {
        Line {
            shared: &self.shared,
            waits: false,
        }
    }

    fn make_writer_for(&'a self, line: &Metadata<'_>) -> Self::Writer {
        Line {
            shared: &self.shared,
            waits: (self.shared.patient)(line),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::mpsc;

    /// Tells of each write.
    struct Told(mpsc::Sender<String>);

    impl Write for Told {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            let text = String::from_utf8_lossy(bytes).into_owned();
            self.0.send(text).map_err(io::Error::other)?;
            Ok(bytes.len())
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    fn lines() -> (Lines<Told>, mpsc::Receiver<String>) {
        let (tell, told) = mpsc::channel();
        (Lines::new(Told(tell), |_| true), told)
    }

    #[test]
    fn a_line_that_waits_goes_out_by_itself() {
        let (lines, told) = lines();
        lines.shared.take(b"a\n", true);
        assert_eq!(told.recv().unwrap(), "a\n");
        lines.shared.take(b"b\n", true);
        assert_eq!(told.recv().unwrap(), "b\n");
    }

    #[test]
    fn a_line_that_does_not_wait_takes_those_before_it_along() {
        let (lines, told) = lines();
        lines.shared.take(b"a\n", true);
        lines.shared.take(b"b\n", true);
        lines.shared.take(b"c\n", false);
        let mut all = String::new();
        while !all.ends_with("c\n") {
            all += &told.try_recv().unwrap();
        }
        assert_eq!(all, "a\nb\nc\n");
    }

    #[test]
    fn nothing_waits_beyond_the_bound_or_the_end() {
        let (lines, told) = lines();
        let long = vec![b'x'; MOST_BYTES];
        lines.shared.take(&long, true);
        assert_eq!(told.try_recv().unwrap().len(), MOST_BYTES);
        lines.shared.take(b"a\n", true);
        lines.close();
        lines.shared.take(b"b\n", true);
        let rest: String = told.try_iter().collect();
        assert_eq!(rest, "a\nb\n");
    }
}
