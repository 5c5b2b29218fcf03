//! Warnings and errors that workloads with anomalies have logged, reduced to patterns.

use std::collections::BTreeMap;

use fleetscope_engine::LogPattern;
use fleetscope_model::{
    Anomaly, Entity, EntityKind, Evidence, EvidenceId, EvidenceKind, Gap, GapKind, LogLine,
    LogQuery, Selection, TimeRange,
};
use jiff::{SignedDuration, Timestamp};

use super::evidence::{Read, shortened};
use super::patterns::{Pattern, patterns};
use super::{Scope, Structure};
use crate::{Intelligence, Result};

/// Lines that speak of trouble: levels as text, `key=value` and JSON loggers write them, and the
/// words of run-time errors. RE2, as Loki takes it.
const TROUBLE: &str = r"(?i)\b(warn(ing)?|err(or)?|fatal|crit(ical)?|panic|exception|traceback|fail(ed|ure)?|timed? ?out|refused|out of memory|oom)\b";

/// Workloads whose logs are read, the worst first.
const MOST_SUSPECTS: usize = 8;

/// Lines of one workload: before its trouble began, to tell old noise from news, and since.
const LINES_BEFORE: u32 = 200;
const LINES_SINCE: u32 = 400;

/// Patterns kept of one workload.
const MOST_PATTERNS: usize = 12;

/// The longest line shown as an example.
const LONGEST_EXAMPLE: usize = 300;

/// Lines from so long before the first unusual sample belong to the trouble: a rate over five
/// minutes shows it late.
const LEAD: SignedDuration = SignedDuration::from_mins(5);

/// A workload whose logs are worth reading, and since when it is in trouble.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Suspect {
    workload: Entity,
    since: Timestamp,
}

/// What the logs said.
#[derive(Debug, Default)]
pub(super) struct Logs {
    pub(super) patterns: Vec<LogPattern>,
    pub(super) evidence: BTreeMap<EvidenceId, Evidence>,
    pub(super) gaps: Vec<Gap>,
}

/// How the streams of a cluster's Loki are labelled; there is no one convention.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Convention {
    /// `namespace` and `service_name`, which Loki itself derives (since 3.0).
    Derived,
    /// `namespace` and `app`, as Promtail's and Alloy's Kubernetes examples set them.
    Promtail,
    /// `service_name` alone, as OTLP senders without Kubernetes attributes leave it.
    Service,
}

/// The workloads among what stands out, those in the alarms first, then the worst first; a pod
/// stands for its owner.
pub(super) fn suspects(
    alarms: &[Anomaly],
    found: &[Anomaly],
    structure: &Structure,
) -> Vec<Suspect> {
    let mut suspects: Vec<Suspect> = Vec::new();
    for anomaly in alarms.iter().chain(found) {
        let entity = match anomaly.entity.kind {
            EntityKind::Pod => structure.owner(&anomaly.entity).unwrap_or(&anomaly.entity),
            _ => &anomaly.entity,
        };
        if !matches!(entity.kind, EntityKind::Workload | EntityKind::Service) {
            continue;
        }
        if let Some(known) = suspects.iter_mut().find(|known| known.workload == *entity) {
            known.since = known.since.min(anomaly.start);
        } else if suspects.len() < MOST_SUSPECTS {
            suspects.push(Suspect {
                workload: entity.clone(),
                since: anomaly.start,
            });
        }
    }
    suspects
}

impl Intelligence {
    /// What the suspects logged in the window that speaks of trouble.
    pub(super) async fn log_patterns(
        &self,
        scope: &Scope,
        window: TimeRange,
        suspects: &[Suspect],
    ) -> Result<Logs> {
        let mut logs = Logs::default();
        let mut known = BTreeMap::new();
        for suspect in suspects {
            let cluster = suspect.workload.cluster;
            if !known.contains_key(&cluster) {
                let found = self
                    .convention(scope, window, &suspect.workload, &mut logs)
                    .await?;
                known.extend(found.map(|convention| (cluster, convention)));
            }
            if let Some(Some(convention)) = known.get(&cluster) {
                self.read_suspect(scope, window, (suspect, *convention), &mut logs)
                    .await?;
            }
        }
        Ok(logs)
    }

    /// Which labels find the workload's streams. `Some(None)` where Loki can't be read at all, so
    /// that it is not asked again; none where this workload has no streams under any convention,
    /// and another may.
    async fn convention(
        &self,
        scope: &Scope,
        window: TimeRange,
        workload: &Entity,
        logs: &mut Logs,
    ) -> Result<Option<Option<Convention>>> {
        for convention in [
            Convention::Derived,
            Convention::Promtail,
            Convention::Service,
        ] {
            let Some(labels) = convention.labels(workload) else {
                continue;
            };
            let query = LogQuery {
                clusters: Selection::Only(vec![workload.cluster]),
                labels,
                matching: None,
                range: window,
                limit: 1,
            };
            let answer = self.telemetry.logs(&scope.caller, &query).await?;
            let refused = answer.gaps.iter().all(|gap| gap.kind == GapKind::Refused);
            logs.gaps.extend(answer.gaps);
            if !answer.items.is_empty() {
                return Ok(Some(Some(convention)));
            }
            if !refused {
                return Ok(Some(None));
            }
        }
        Ok(None)
    }

    async fn read_suspect(
        &self,
        scope: &Scope,
        window: TimeRange,
        (suspect, convention): (&Suspect, Convention),
        logs: &mut Logs,
    ) -> Result<()> {
        let Some(labels) = convention.labels(&suspect.workload) else {
            return Ok(());
        };
        let text = log_ql(&labels);
        let mut lines = Vec::new();
        for (range, limit) in parts(window, suspect.since) {
            let query = LogQuery {
                clusters: Selection::Only(vec![suspect.workload.cluster]),
                labels: labels.clone(),
                matching: Some(TROUBLE.to_owned()),
                range,
                limit,
            };
            let answer = self.telemetry.logs(&scope.caller, &query).await?;
            logs.gaps.extend(answer.gaps);
            lines.extend(answer.items);
        }
        logs.cite(suspect, &text, window, lines);
        Ok(())
    }
}

impl Convention {
    fn labels(self, workload: &Entity) -> Option<Vec<(String, String)>> {
        let name = |label: &str| (label.to_owned(), workload.name.clone());
        let namespace = || Some(("namespace".to_owned(), workload.namespace.clone()?));
        Some(match self {
            Self::Derived => vec![namespace()?, name("service_name")],
            Self::Promtail => vec![namespace()?, name("app")],
            Self::Service => vec![name("service_name")],
        })
    }
}

impl Logs {
    fn cite(&mut self, suspect: &Suspect, query: &str, window: TimeRange, lines: Vec<LogLine>) {
        let lines = lines.into_iter().map(|line| (line.at, line.line)).collect();
        for pattern in patterns(lines).into_iter().take(MOST_PATTERNS) {
            let Pattern {
                template,
                count,
                first_at,
                example,
            } = pattern;
            let example = shortened(&example, LONGEST_EXAMPLE);
            let result = format!("{count} lines since {first_at}: {template}");
            let evidence = Read {
                cluster: suspect.workload.cluster,
                kind: EvidenceKind::Logs,
                query,
                window,
            }
            .text(&result, &format!("{count} lines such as: {example}"));
            self.patterns.push(LogPattern {
                entity: suspect.workload.clone(),
                template,
                count,
                first_at,
                example,
                evidence: evidence.id.clone(),
            });
            self.evidence.insert(evidence.id.clone(), evidence);
        }
    }
}

/// The window cut in two at the time the trouble began. Loki gives the newest lines first, so one
/// reading of a noisy window would hide whether a line is news.
fn parts(window: TimeRange, since: Timestamp) -> Vec<(TimeRange, u32)> {
    let cut = since.checked_sub(LEAD).unwrap_or(since);
    let before = TimeRange::new(window.start, cut).filter(|part| window.contains(part.end));
    let after = TimeRange::new(cut.max(window.start), window.end);
    let before = before.map(|part| (part, LINES_BEFORE));
    let after = after.map(|part| (part, LINES_SINCE));
    before.into_iter().chain(after).collect()
}

/// What was asked, as it would be written by hand.
fn log_ql(labels: &[(String, String)]) -> String {
    let matchers: Vec<String> = labels
        .iter()
        .map(|(name, value)| format!("{name}={value:?}"))
        .collect();
    format!("{{{}}} |~ `{TROUBLE}`", matchers.join(", "))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(minute: i64) -> Timestamp {
        Timestamp::from_second(minute * 60).unwrap()
    }

    #[test]
    fn the_window_is_read_apart_before_and_since_the_trouble() {
        let window = TimeRange {
            start: at(100),
            end: at(200),
        };
        let minutes = |since| {
            let parts = parts(window, at(since)).into_iter();
            parts
                .map(|(part, _)| (part.start.as_second() / 60, part.end.as_second() / 60))
                .collect::<Vec<_>>()
        };
        assert_eq!(minutes(150), [(100, 145), (145, 200)]);
        assert_eq!(minutes(90), [(100, 200)]);
    }
}
