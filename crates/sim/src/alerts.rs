//! The alerting rules of a cluster, evaluated with every tick: what Prometheus shows as rules and
//! alerts, and what Alertmanager holds.
//!
//! Rates are means of the last five minutes, as the rules' expressions say.

mod rules;

use std::collections::{BTreeMap, VecDeque};

use crate::prometheus::{self, AlertState, AlertingRule, Rule, RuleGroup};
use crate::tsdb::{SeriesId, Tsdb};
use crate::world::World;
use crate::world::time::Tick;

pub(crate) use rules::Definition;

pub(crate) type Labels = BTreeMap<String, String>;

/// Ticks in five minutes.
const WINDOW: usize = 10;

/// The alerts of one cluster.
pub(crate) struct Alerts {
    window: VecDeque<Sample>,
    active: BTreeMap<(usize, Labels), Active>,
}

/// An alert whose expression holds.
#[derive(Clone, Debug)]
pub(crate) struct Active {
    pub(crate) since: Tick,
    /// When it began to fire.
    pub(crate) fires: Option<Tick>,
    pub(crate) value: f64,
    series: Option<SeriesId>,
}

/// One tick of what rules take rates of.
#[derive(Clone, Debug)]
struct Sample {
    /// By operation: requests and failures a second.
    operations: Vec<(f64, f64)>,
    /// By node: share of busy CPU time.
    busy: Vec<f64>,
    /// By pod of this tick: its name's index is the pod id, share of throttled periods.
    throttled: BTreeMap<u32, f64>,
}

impl Alerts {
    pub(crate) const fn new() -> Self {
        Self {
            window: VecDeque::new(),
            active: BTreeMap::new(),
        }
    }

    /// Evaluates all rules after a tick, and writes `ALERTS`.
    pub(crate) fn evaluate(&mut self, world: &World, db: &mut Tsdb) {
        self.window.push_back(Sample::of(world));
        while self.window.len() > WINDOW {
            self.window.pop_front();
        }
        let mut now = BTreeMap::new();
        for (index, rule) in rules::ALL.iter().enumerate() {
            for (labels, value) in (rule.holds)(world, self) {
                now.insert((index, labels), value);
            }
        }
        let at = world.tick.millis();
        self.active.retain(|key, alert| {
            let stays = now.contains_key(key);
            if let Some(id) = alert.series.filter(|_| !stays) {
                db.mark_stale(id, at);
            }
            stays
        });
        for ((index, labels), value) in now {
            let alert = self
                .active
                .entry((index, labels.clone()))
                .or_insert(Active {
                    since: world.tick,
                    fires: None,
                    value,
                    series: None,
                });
            alert.value = value;
            let waited = world.tick.0 - alert.since.0 >= rules::ALL[index].for_ticks;
            if alert.fires.is_none() && waited {
                alert.fires = Some(world.tick);
                if let Some(pending) = alert.series.take() {
                    db.mark_stale(pending, at);
                }
            }
            let firing = alert.fires.is_some();
            let id = *alert
                .series
                .get_or_insert_with(|| series(db, index, &labels, firing));
            db.append(id, at, 1.0);
        }
    }

    /// Alerts that fire: the rule, the labels, and how it is.
    pub(crate) fn firing(&self) -> impl Iterator<Item = (&'static Definition, &Labels, &Active)> {
        self.active
            .iter()
            .filter(|(_, alert)| alert.fires.is_some())
            .map(|((index, labels), alert)| (&rules::ALL[*index], labels, alert))
    }

    /// As the rules API of Prometheus shows them.
    pub(crate) fn groups(&self) -> Vec<RuleGroup> {
        let mut groups: BTreeMap<&str, Vec<Rule>> = BTreeMap::new();
        for (index, rule) in rules::ALL.iter().enumerate() {
            let alerts = self
                .active
                .range((index, Labels::new())..(index + 1, Labels::new()))
                .map(|((_, labels), alert)| prometheus::Alert {
                    labels: rule.all_labels(labels),
                    annotations: rule.annotations(labels),
                    state: if alert.fires.is_some() {
                        AlertState::Firing
                    } else {
                        AlertState::Pending
                    },
                    active_at: alert.since.timestamp(),
                    value: alert.value,
                })
                .collect();
            groups
                .entry(rule.group)
                .or_default()
                .push(Rule::Alerting(AlertingRule {
                    name: rule.name.to_owned(),
                    query: rule.query.to_owned(),
                    duration: rule.for_ticks as f64 * 30.0,
                    labels: BTreeMap::from([("severity".to_owned(), rule.severity.to_owned())]),
                    annotations: BTreeMap::from([("summary".to_owned(), rule.summary.to_owned())]),
                    alerts,
                }));
        }
        groups
            .into_iter()
            .map(|(name, rules)| RuleGroup {
                name: name.to_owned(),
                file: "/etc/prometheus/rules/fleet.yaml".to_owned(),
                interval: 30.0,
                rules,
            })
            .collect()
    }

    /// Requests and failures a second of an operation, over the window.
    fn operation(&self, index: usize) -> (f64, f64) {
        let sums = self.window.iter().fold((0.0, 0.0), |sum, sample| {
            let item = sample.operations.get(index).copied().unwrap_or_default();
            (sum.0 + item.0, sum.1 + item.1)
        });
        let count = self.window.len().max(1) as f64;
        (sums.0 / count, sums.1 / count)
    }

    fn busy(&self, node: usize) -> f64 {
        let sum: f64 = self
            .window
            .iter()
            .filter_map(|sample| sample.busy.get(node))
            .sum();
        sum / self.window.len().max(1) as f64
    }

    fn throttled(&self, pod: u32) -> f64 {
        let found: Vec<f64> = self
            .window
            .iter()
            .filter_map(|s| s.throttled.get(&pod))
            .copied()
            .collect();
        found.iter().sum::<f64>() / found.len().max(1) as f64
    }
}

impl Sample {
    fn of(world: &World) -> Self {
        let operations = &world.graph.operations;
        Self {
            operations: operations
                .iter()
                .map(|item| (item.rps, item.rps * item.fail))
                .collect(),
            busy: world
                .nodes
                .iter()
                .map(|node| (node.usage.user + node.usage.system) / f64::from(node.spec.cores))
                .collect(),
            throttled: world
                .pods
                .iter()
                .filter(|pod| pod.is_running())
                .map(|pod| (pod.id.0, pod.usage.throttled))
                .collect(),
        }
    }
}

fn series(db: &mut Tsdb, index: usize, labels: &Labels, firing: bool) -> SeriesId {
    let rule = &rules::ALL[index];
    let state = if firing { "firing" } else { "pending" };
    let all = rule.all_labels(labels);
    let mut named: Vec<(&str, &str)> = vec![("__name__", "ALERTS"), ("alertstate", state)];
    named.extend(
        all.iter()
            .map(|(name, value)| (name.as_str(), value.as_str())),
    );
    db.series(&named)
}
