//! The built-in watches: standard metrics of standard exporters only. A cluster that lacks a metric
//! yields no series for its watch, which costs one cheap query and is no gap.
//!
//! To add a watch, add it to the file of its group. Say beside `matters_from` where the number
//! comes from; mark as `symptom` only what users feel, for a symptom opens an investigation.

mod database;
mod gpu;
mod nic;
mod node;
mod service;
mod timing;
mod workload;

use fleetscope_model::{
    Direction, EntityKind, Resource, Sensitivity, SignalRole, Subject, Watch, WatchId,
};
use jiff::SignedDuration;

/// Every built-in watch, in a fixed order.
pub fn catalogue() -> Vec<Watch> {
    let groups = [
        service::watches(),
        workload::watches(),
        node::watches(),
        gpu::watches(),
        timing::watches(),
        nic::watches(),
        database::watches(),
    ];
    groups.into_iter().flatten().map(|draft| draft.0).collect()
}

/// History of two hours: long enough for a robust spread at one sample a minute (120), short
/// enough that daily load is a slope and not a season.
const LOOKBACK: SignedDuration = SignedDuration::from_hours(2);

/// Scrapes come every 15 to 60 seconds, and rates are taken over five minutes: a finer step would
/// show the same samples again.
const STEP: SignedDuration = SignedDuration::from_mins(1);

/// A watch in the making; what is left out is what most watches have.
struct Draft(Watch);

impl Draft {
    fn new(id: &str, title: &str, query: impl Into<String>) -> Self {
        Self(Watch {
            id: WatchId(id.to_owned()),
            title: title.to_owned(),
            query: query.into(),
            unit: "ratio".to_owned(),
            subject: about(EntityKind::Cluster, None, &[]),
            role: SignalRole::Resource,
            resource: None,
            direction: Direction::Up,
            least_deviation: 0.0,
            sensitivity: Sensitivity::Medium,
            symptom: false,
            lookback: LOOKBACK,
            step: STEP,
        })
    }

    fn unit(mut self, unit: &str) -> Self {
        unit.clone_into(&mut self.0.unit);
        self
    }

    fn about(mut self, subject: Subject) -> Self {
        self.0.subject = subject;
        self
    }

    fn role(mut self, role: SignalRole) -> Self {
        self.0.role = role;
        self
    }

    fn of(mut self, resource: Resource) -> Self {
        self.0.resource = Some(resource);
        self
    }

    fn direction(mut self, direction: Direction) -> Self {
        self.0.direction = direction;
        self
    }

    fn matters_from(mut self, least_deviation: f64) -> Self {
        self.0.least_deviation = least_deviation;
        self
    }

    fn symptom(mut self) -> Self {
        self.0.symptom = true;
        self
    }
}

fn about(kind: EntityKind, namespace_label: Option<&str>, name_labels: &[&str]) -> Subject {
    Subject {
        kind,
        namespace_label: namespace_label.map(str::to_owned),
        name_labels: name_labels.iter().map(|&label| label.to_owned()).collect(),
    }
}

/// A workload named by the labels `namespace` and `workload`.
fn workload() -> Subject {
    about(EntityKind::Workload, Some("namespace"), &["workload"])
}

/// An expression by `namespace` and `pod`, joined with the owner of the pod as recorded by
/// kubernetes-mixin (`rules/apps.libsonnet`), so that it can be aggregated by workload. The owner
/// is made unique first: two recordings of one pod would fail the whole join.
fn by_owner(by_pod: &str) -> String {
    format!(
        "({by_pod}) * on (namespace, pod) group_left (workload) \
         max by (namespace, pod, workload) (namespace_workload_pod:kube_pod_owner:relabel)"
    )
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_query_is_promql() {
        for watch in catalogue() {
            let parsed = promql_parser::parser::parse(&watch.query);
            assert!(
                parsed.is_ok(),
                "{}: {:?}\n{}",
                watch.id,
                parsed.err(),
                watch.query
            );
        }
    }

    #[test]
    fn ids_are_unique_lower_case_words_and_so_are_titles() {
        let watches = catalogue();
        let ids: BTreeSet<_> = watches.iter().map(|watch| watch.id.clone()).collect();
        let titles: BTreeSet<_> = watches.iter().map(|watch| watch.title.clone()).collect();
        assert_eq!(ids.len(), watches.len());
        assert_eq!(titles.len(), watches.len());
        let plain = |char: char| char.is_ascii_lowercase() || char.is_ascii_digit() || char == '-';
        assert!(ids.iter().all(|id| id.0.chars().all(plain)), "{ids:?}");
    }

    #[test]
    fn every_watch_says_from_where_on_a_deviation_matters_and_names_an_entity() {
        for watch in catalogue() {
            assert!(watch.least_deviation > 0.0, "{}", watch.id);
            assert!(!watch.subject.name_labels.is_empty(), "{}", watch.id);
        }
    }

    #[test]
    fn the_labels_that_name_an_entity_are_kept_by_the_query() {
        for watch in catalogue() {
            let labels = watch.subject.name_labels.iter();
            for label in labels.chain(&watch.subject.namespace_label) {
                assert!(
                    watch.query.contains(label.as_str()),
                    "{}: {label}",
                    watch.id
                );
            }
        }
    }
}
