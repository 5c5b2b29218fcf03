//! Structured logs, to standard error.

mod format;

use std::fmt::{self, Debug};
use std::io::{IsTerminal as _, stderr};

use fleetscope_config::{Log, LogFormat, Traces};
use tracing::Subscriber;
use tracing::field::Field;
use tracing_subscriber::field::{MakeVisitor, Visit, VisitFmt, VisitOutput};
use tracing_subscriber::filter::{FilterExt, Targets};
use tracing_subscriber::fmt::format::{Format, JsonFields, Writer};
use tracing_subscriber::fmt::layer;
use tracing_subscriber::fmt::time::FormatTime;
use tracing_subscriber::layer::{Filter, SubscriberExt as _};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::util::SubscriberInitExt as _;
use tracing_subscriber::{EnvFilter, Layer as _};

use crate::export::Exporting;
use crate::lines::Lines;
use crate::{Error, Result};

/// Writes what still waits, and sends the last spans, when it is dropped.
#[derive(Debug)]
#[must_use = "the last lines are not written and the last spans not sent once it is dropped"]
pub struct Logging {
    lines: Lines,
    _exporting: Exporting,
}

impl Drop for Logging {
    fn drop(&mut self) {
        self.lines.close();
    }
}

/// Sends log lines to standard error and spans to where `traces` says, until what it gives back is
/// dropped. Once a process: the binary calls it before [`crate::start`], within a tokio runtime.
/// Lines of a request carry `request_id`, `role` and, where spans are sent, `trace_id`; lines of a
/// task `task` and `role`.
pub fn init_logging(log: &Log, traces: &Traces) -> Result<Logging> {
    let filter = filter(&log.filter)?;
    let exporting = Exporting::begin(traces)?;
    let lines = Lines::to_stderr();
    let registry = tracing_subscriber::registry().with(exporting.layer());
    match log.format {
        LogFormat::Text if has_colours(log) => {
            let layer = layer().with_timer(Now).fmt_fields(Fields);
            let layer = layer.with_writer(lines.clone());
            registry.with(layer.with_filter(filter)).try_init()
        }
        LogFormat::Text => {
            let layer = text().with_writer(lines.clone());
            registry.with(layer.with_filter(filter)).try_init()
        }
        LogFormat::Json => {
            let layer = objects().with_writer(lines.clone());
            registry.with(layer.with_filter(filter)).try_init()
        }
    }
    .map_err(Error::LogTaken)?;
    Ok(Logging {
        lines,
        _exporting: exporting,
    })
}

/// Lines of text without colours, with the fields of a request where it has a span and where it has
/// none.
fn text<S>() -> tracing_subscriber::fmt::Layer<S, Fields, format::Text>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let layer = layer().fmt_fields(Fields).with_ansi(false);
    layer.event_format(format::Text)
}

/// Lines of JSON, with the fields of a request where it has a span and where it has none.
fn objects<S>() -> tracing_subscriber::fmt::Layer<S, JsonFields, format::Objects>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let objects = Format::default()
        .json()
        .with_timer(Now)
        .flatten_event(true)
        .with_current_span(true)
        .with_span_list(false);
    layer().json().event_format(format::Objects(objects))
}

/// What is told. A filter that names spans or fields (`[`, `{`) has to look at each span of every
/// request; one of targets and levels alone decides once for each place in the code.
fn filter<S>(text: &str) -> Result<Box<dyn Filter<S> + Send + Sync>>
where
    S: Subscriber + for<'span> LookupSpan<'span>,
{
    let full = EnvFilter::try_new(text).map_err(Error::LogFilter)?;
    match text.parse::<Targets>() {
        Ok(targets) if !names_spans(text) && !text.trim().is_empty() => {
            Ok(FilterExt::<S>::boxed(targets))
        }
        _ => Ok(FilterExt::<S>::boxed(full)),
    }
}

/// Whether a filter names spans or fields.
fn names_spans(filter: &str) -> bool {
    filter.contains(['[', '{'])
}

/// Whether lines want a span of each request: for a filter that looks at it, or for its colours.
pub(crate) fn wants_spans(log: &Log) -> bool {
    has_colours(log) || names_spans(&log.filter)
}

fn has_colours(log: &Log) -> bool {
    log.format == LogFormat::Text && stderr().is_terminal()
}

/// When a line was written.
#[derive(Debug, Clone, Copy)]
struct Now;

impl FormatTime for Now {
    #[expect(
        clippy::disallowed_methods,
        reason = "a log says when things happened to this process, also where a clock is passed in"
    )]
    fn format_time(&self, writer: &mut Writer<'_>) -> fmt::Result {
        write!(writer, "{:.6}", jiff::Timestamp::now())
    }
}

/// Fields as `name=value`, the message by itself, and nothing of what only traces read.
#[derive(Debug, Clone, Copy)]
struct Fields;

impl<'a> MakeVisitor<Writer<'a>> for Fields {
    type Visitor = Written<'a>;

    fn make_visitor(&self, writer: Writer<'a>) -> Written<'a> {
        Written {
            writer,
            begun: false,
            result: Ok(()),
        }
    }
}

/// Fields on their way into a line.
#[derive(Debug)]
struct Written<'a> {
    writer: Writer<'a>,
    begun: bool,
    result: fmt::Result,
}

impl Written<'_> {
    fn write(&mut self, field: &Field, value: impl FnOnce(&mut Writer<'_>) -> fmt::Result) {
        let name = field.name();
        if self.result.is_err() || name.starts_with("otel.") {
            return;
        }
        self.result = self.separate(name).and_then(|()| value(&mut self.writer));
    }

    fn separate(&mut self, name: &str) -> fmt::Result {
        if std::mem::replace(&mut self.begun, true) {
            self.writer.write_char(' ')?;
        }
        if name == "message" {
            return Ok(());
        }
        self.writer.write_str(name)?;
        self.writer.write_char('=')
    }
}

impl Visit for Written<'_> {
    fn record_str(&mut self, field: &Field, text: &str) {
        let plain = |byte: u8| (b' '..=b'~').contains(&byte) && byte != b'"' && byte != b'\\';
        self.write(field, |writer| {
            if !text.bytes().all(plain) {
                return write!(writer, "{text:?}");
            }
            writer.write_char('"')?;
            writer.write_str(text)?;
            writer.write_char('"')
        });
    }

    fn record_debug(&mut self, field: &Field, value: &dyn Debug) {
        self.write(field, |writer| write!(writer, "{value:?}"));
    }
}

impl VisitOutput<fmt::Result> for Written<'_> {
    fn finish(self) -> fmt::Result {
        self.result
    }
}

impl VisitFmt for Written<'_> {
    fn writer(&mut self) -> &mut dyn fmt::Write {
        &mut self.writer
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    use fleetscope_gateway::RequestNames;
    use fleetscope_model::Fault as _;
    use tracing::{info, info_span};
    use tracing_subscriber::Registry;

    #[derive(Clone, Default)]
    struct Kept(Arc<Mutex<Vec<u8>>>);

    impl std::io::Write for Kept {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().extend_from_slice(bytes);
            Ok(bytes.len())
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    /// What `told` writes through a layer that writes to what is kept.
    fn written<L>(layer: impl FnOnce(Kept) -> L, told: impl FnOnce()) -> String
    where
        L: tracing_subscriber::Layer<Registry> + Send + Sync,
    {
        let kept = Kept::default();
        let subscriber = tracing_subscriber::registry().with(layer(kept.clone()));
        tracing::subscriber::with_default(subscriber, told);
        let bytes = kept.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    fn as_text(told: impl FnOnce()) -> String {
        written(|kept| text().with_writer(move || kept.clone()), told)
    }

    fn without_time(text: &str) -> Vec<&str> {
        let cut = |line| str::split_once(line, ' ').unwrap();
        text.lines().map(|line| cut(line).1).collect()
    }

    /// Within a request that has a span.
    fn spanned(told: impl FnOnce()) {
        let span = info_span!(
            "request",
            request_id = "r1",
            trace_id = "t1",
            role = "gateway"
        );
        span.in_scope(told);
    }

    /// Within the same request where it has none.
    fn named(told: impl FnOnce()) {
        let names = RequestNames {
            request_id: "r1".to_owned(),
            trace_id: Some("t1".to_owned()),
            role: fleetscope_model::Role::Gateway,
        };
        RequestNames::tell(Some(names.into()), told);
    }

    #[test]
    fn a_line_has_each_field_once_and_nothing_that_only_traces_read() {
        let text = as_text(|| {
            let span = info_span!("request", otel.kind = "server", id = "r1", role = "gateway");
            let path = "/a\"b\n\u{fc}";
            span.in_scope(|| info!(path, caller = %"ann", status = 200, "answered"));
        });
        let (time, rest) = text.split_once(' ').unwrap();
        assert!(time.parse::<jiff::Timestamp>().is_ok(), "{text}");
        assert!(
            rest.trim_start()
                .starts_with("INFO request{id=\"r1\" role=\"gateway\"}: "),
            "{text}"
        );
        let fields = r#": answered path="/a\"b\nü" caller=ann status=200"#;
        assert!(rest.ends_with(&format!("{fields}\n")), "{text}");
    }

    #[test]
    fn a_line_is_written_as_the_library_writes_it() {
        let told = || {
            tracing::error!("e");
            let _outer = info_span!("outer").entered();
            let _inner = info_span!("inner", id = 1).entered();
            tracing::warn!(target: "other", n = 1.5, "w");
            tracing::debug!(a = "x y");
            tracing::trace!("t");
        };
        let library = |kept: Kept| {
            let layer = layer().with_timer(Now).fmt_fields(Fields).with_ansi(false);
            layer.with_writer(move || kept.clone())
        };
        let (ours, theirs) = (as_text(told), written(library, told));
        assert_eq!(ours.lines().count(), 4);
        assert_eq!(without_time(&ours), without_time(&theirs));
    }

    #[test]
    fn a_line_within_a_named_request_is_as_one_within_its_span() {
        let told = || {
            info!(status = 200, "answered");
            let _inner = info_span!("inner", id = 1).entered();
            info!("deeper");
        };
        let text = as_text(|| named(told));
        let spanned = as_text(|| spanned(told));
        assert!(
            text.contains("request{request_id=\"r1\" trace_id=\"t1\""),
            "{text}"
        );
        assert_eq!(without_time(&text), without_time(&spanned));
    }

    #[test]
    fn an_object_within_a_named_request_is_as_one_within_its_span() {
        let as_objects = |told: &dyn Fn()| {
            let layer = |kept: Kept| objects().with_writer(move || kept.clone());
            let text = written(layer, told);
            let read = |line| {
                let mut object: serde_json::Value = serde_json::from_str(line).unwrap();
                object.as_object_mut().unwrap().remove("timestamp").unwrap();
                object
            };
            text.lines().map(read).collect::<Vec<_>>()
        };
        let told = || {
            info!(status = 200, "a \"b\" }}");
            let _inner = info_span!("inner", id = 1).entered();
            info!("deeper");
        };
        let lines = as_objects(&|| named(told));
        let spanned = as_objects(&|| spanned(told));
        assert_eq!(lines[0]["span"]["request_id"], "r1");
        assert_eq!(lines, spanned);
    }

    /// Which of five lines a filter lets pass.
    fn told(text: &str) -> Vec<String> {
        let kept = Kept::default();
        let writer = kept.clone();
        let lines = layer()
            .without_time()
            .with_writer(move || writer.clone())
            .with_ansi(false)
            .with_filter(filter(text).unwrap());
        tracing::subscriber::with_default(tracing_subscriber::registry().with(lines), || {
            let _within = info_span!("request", id = "r1").entered();
            tracing::error!("e");
            info!("i");
            tracing::debug!("d");
            info!(target: "other::part", "oi");
            tracing::debug!(target: "other::part", "od");
        });
        let text = String::from_utf8(kept.0.lock().unwrap().clone()).unwrap();
        let last = |line: &str| line.rsplit(' ').next().unwrap_or_default().to_owned();
        text.lines().map(last).collect()
    }

    #[test]
    fn a_filter_lets_the_same_lines_pass_however_it_is_looked_through() {
        assert_eq!(told("info"), ["e", "i", "oi"]);
        assert_eq!(told("info,other=debug"), ["e", "i", "oi", "od"]);
        assert_eq!(told("error,other::part=info"), ["e", "oi"]);
        assert_eq!(told("fleetscope_runtime=debug"), ["e", "i", "d"]);
        assert_eq!(told("off"), Vec::<String>::new());
        assert_eq!(told(""), Vec::<String>::new());
        assert_eq!(told("[request]=debug"), ["e", "i", "d", "oi", "od"]);
        assert_eq!(told("error,[request{id=r2}]=debug"), ["e"]);
    }

    #[test]
    fn a_filter_that_is_none_is_refused_with_an_example() {
        let log = Log {
            filter: "fleetscope=loud".to_owned(),
            ..Log::default()
        };
        let error = init_logging(&log, &Traces::default()).unwrap_err();
        assert_eq!(error.code(), "log_filter_invalid");
        assert!(
            error.message().contains("as in info"),
            "{}",
            error.message()
        );
    }
}
