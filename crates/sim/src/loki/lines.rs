//! The lines of a tick, drawn from the history: always the same for the same tick.

mod clocks;
mod format;
mod platform;
mod services;

use std::cell::OnceCell;
use std::rc::Rc;

use super::logql::Labels;
use crate::history::{From, History, Life, Moment};
use crate::traces::{self, Trace, TraceId};
use crate::world::happening::Level;
use crate::world::pods::PodId;
use crate::world::time::{TICK_SECONDS, Tick};
use crate::world::topology::Role;

/// A line as Loki holds it.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) nanos: i64,
    pub(super) stream: Rc<Labels>,
    /// Structured metadata.
    pub(super) metadata: Labels,
    pub(super) line: String,
}

/// A line before it is stored.
struct Said {
    /// Seconds from the tick, below 0.
    at: f64,
    level: Level,
    line: String,
    trace: Option<(TraceId, u64)>,
}

/// The lines of the streams that `select` admits, from `first` to `last`, oldest first.
pub(super) fn between(
    history: &History,
    first: Tick,
    last: Tick,
    select: &dyn Fn(&Labels) -> bool,
) -> impl DoubleEndedIterator<Item = Vec<Entry>> {
    history
        .moments(first, last)
        .map(move |moment| of_moment(history, moment, select))
}

/// The labels of every stream with lines in these ticks.
pub(super) fn streams(history: &History, first: Tick, last: Tick) -> Vec<Labels> {
    let mut sources: Vec<From> = Vec::new();
    for moment in history.moments(first, last) {
        for source in sources_of(history, moment) {
            if !sources.contains(&source) {
                sources.push(source);
            }
        }
    }
    sources
        .into_iter()
        .filter_map(|source| labels(history, source))
        .collect()
}

fn of_moment(history: &History, moment: &Moment, select: &dyn Fn(&Labels) -> bool) -> Vec<Entry> {
    let traces = OnceCell::new();
    let drawn = || -> &Vec<Trace> { traces.get_or_init(|| traces::of_moment(history, moment)) };
    let mut entries = Vec::new();
    for source in sources_of(history, moment) {
        let Some(stream) = labels(history, source).filter(|stream| select(stream)) else {
            continue;
        };
        let stream = Rc::new(stream);
        let mut said = match source {
            From::Pod(id) => pod_lines(history, moment, id, &drawn),
            From::Journal { .. } => Vec::new(),
        };
        let mut roll = history.dice.part("notes").at(moment.tick.0);
        for note in history.notes(moment.tick) {
            let at = roll.range(-TICK_SECONDS, -0.5);
            if note.from == source {
                said.push(Said {
                    at,
                    level: note.level,
                    line: note.line.clone(),
                    trace: None,
                });
            }
        }
        entries.extend(
            said.into_iter()
                .map(|said| said.stored(moment.tick, &stream)),
        );
    }
    entries.sort_by_key(|entry| entry.nanos);
    entries
}

/// Pods that run, then whoever else left a note.
fn sources_of(history: &History, moment: &Moment) -> Vec<From> {
    let mut sources: Vec<From> = moment.pods.iter().map(|pod| From::Pod(pod.id)).collect();
    for note in history.notes(moment.tick) {
        if !sources.contains(&note.from) {
            sources.push(note.from);
        }
    }
    sources
}

fn labels(history: &History, source: From) -> Option<Labels> {
    let named: Vec<(&str, &str)> = match source {
        From::Pod(id) => {
            let life = history.lives.get(&id)?;
            let spec = &history.workloads[life.workload];
            vec![
                ("namespace", spec.namespace),
                ("pod", life.name.as_str()),
                ("container", life.container),
                ("app", spec.name),
                ("service_name", spec.name),
            ]
        }
        From::Journal { node, unit } => vec![
            ("job", "systemd-journal"),
            ("node", history.nodes[node]),
            ("unit", unit),
            ("service_name", "systemd-journal"),
        ],
    };
    Some(
        named
            .into_iter()
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .collect(),
    )
}

fn pod_lines<'a>(
    history: &'a History,
    moment: &Moment,
    id: PodId,
    traces: &dyn Fn() -> &'a Vec<Trace>,
) -> Vec<Said> {
    let Some(life) = history.lives.get(&id) else {
        return Vec::new();
    };
    let Some(pod) = moment.pods.iter().find(|pod| pod.id == id) else {
        return Vec::new();
    };
    let mut roll = history
        .dice
        .part("lines")
        .at2(moment.tick.0, i64::from(id.0));
    match history.workloads[life.workload].role {
        Role::Service | Role::CentralUnit => {
            let place = services::Place {
                history,
                moment,
                life,
                pod,
            };
            let mut said = place.lines(traces(), &mut roll);
            if history.workloads[life.workload].role == Role::CentralUnit {
                said.extend(platform::central_unit(history, moment, &mut roll));
            }
            said
        }
        Role::Postgres => platform::postgres(history, moment, life, &mut roll),
        Role::Cache => platform::cache(moment, &mut roll),
        Role::Vllm => platform::vllm(history, moment, pod, &mut roll),
        Role::Training => platform::training(moment, life, &mut roll),
        Role::DistributedUnit => platform::distributed_unit(moment, life, &mut roll),
        Role::Daemon => daemon(history, moment, life),
        Role::Rollup | Role::Backup => platform::batch(&mut roll),
    }
}

fn daemon(history: &History, moment: &Moment, life: &Life) -> Vec<Said> {
    if history.workloads[life.workload].name == "linuxptp-daemon" {
        clocks::lines(history, moment, life.node)
    } else {
        Vec::new()
    }
}

impl Said {
    fn stored(self, tick: Tick, stream: &Rc<Labels>) -> Entry {
        let mut metadata = Labels::new();
        metadata.insert("detected_level".to_owned(), self.level.name().to_owned());
        if let Some((trace, span)) = self.trace {
            metadata.insert("trace_id".to_owned(), trace.to_string());
            metadata.insert("span_id".to_owned(), format!("{span:016x}"));
        }
        Entry {
            nanos: tick.nanos() + (self.at.clamp(-TICK_SECONDS, 0.0) * 1e9) as i64,
            stream: stream.clone(),
            metadata,
            line: self.line,
        }
    }
}
