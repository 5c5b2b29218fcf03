//! What several clusters gave, made one.

use std::cmp::Ordering;
use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{Labels, Sample, Series};

use crate::prometheus::plan::CLUSTER;

/// What a cluster's own label `cluster` is called beside ours, as Prometheus names what it covers.
const COVERED: &str = "exported_cluster";

/// How the parts become one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Merge {
    /// They stand side by side, each with its cluster.
    Each,
    /// They are all the same, and belong to no cluster.
    Same,
    /// Series of the same labels become one.
    Fold(Fold),
    /// Sums and counts become averages.
    Average,
    /// The largest or smallest of all are picked.
    Pick(Pick),
}

/// How values become one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fold {
    Sum,
    Min,
    Max,
}

impl Fold {
    /// As Prometheus folds: NaN is in every sum, and in no minimum but that of nothing else.
    fn of(self, one: f64, other: f64) -> f64 {
        match self {
            Self::Sum => one + other,
            Self::Min => one.min(other),
            Self::Max => one.max(other),
        }
    }
}

/// Which series are picked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Pick {
    pub(crate) count: usize,
    pub(crate) grouping: Grouping,
    /// The largest, else the smallest.
    pub(crate) largest: bool,
}

/// Which labels make a group.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Grouping {
    By(Vec<String>),
    Without(Vec<String>),
}

impl Grouping {
    fn key(&self, labels: &Labels) -> Labels {
        let chosen = |name: &String| match self {
            Self::By(names) => names.contains(name),
            Self::Without(names) => !names.contains(name) && name != "__name__",
        };
        let labels = labels.iter().filter(|(name, _)| chosen(name));
        labels.map(|(n, v)| (n.clone(), v.clone())).collect()
    }
}

/// In which order an instant's series are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Order {
    Ascending,
    Descending,
}

/// What one cluster gave: the series of each part of the plan.
#[derive(Debug)]
pub(crate) struct Given {
    pub(crate) cluster: String,
    pub(crate) parts: Vec<Vec<Series>>,
}

impl Merge {
    /// One answer, sorted by cluster, then labels, but for what is picked.
    pub(crate) fn all(&self, given: Vec<Given>) -> Vec<Series> {
        match self {
            Self::Each => given.into_iter().flat_map(labelled).collect(),
            Self::Same => {
                let mut all = given.into_iter().filter_map(|g| g.parts.into_iter().next());
                all.next().unwrap_or_default()
            }
            Self::Fold(fold) => folded(*fold, first_parts(given)),
            Self::Average => average(given),
            Self::Pick(pick) => {
                let all: Vec<Series> = given.into_iter().flat_map(labelled).collect();
                pick.of(&all)
            }
        }
    }
}

fn first_parts(given: Vec<Given>) -> impl Iterator<Item = Series> {
    let firsts = given.into_iter().filter_map(|g| g.parts.into_iter().next());
    firsts.flatten()
}

fn labelled(given: Given) -> Vec<Series> {
    let Given { cluster, parts } = given;
    let series = parts.into_iter().next().unwrap_or_default();
    let named = series.into_iter().map(|mut series| {
        name_cluster(&mut series.labels, &cluster);
        series
    });
    named.collect()
}

/// Adds the cluster to a series' labels; its own label of that name gets another.
pub(crate) fn name_cluster(labels: &mut Labels, cluster: &str) {
    let own = labels.insert(CLUSTER.to_owned(), cluster.to_owned());
    if let Some(own) = own.filter(|own| own != cluster) {
        labels.insert(COVERED.to_owned(), own);
    }
}

type Points = BTreeMap<i64, f64>;

fn fold_points(fold: Fold, all: impl Iterator<Item = Series>) -> BTreeMap<Labels, Points> {
    let mut groups: BTreeMap<Labels, Points> = BTreeMap::new();
    for series in all {
        let points = groups.entry(series.labels).or_default();
        for Sample { at_ms, value } in series.samples {
            let known = points.entry(at_ms);
            known
                .and_modify(|known| *known = fold.of(*known, value))
                .or_insert(value);
        }
    }
    groups
}

fn folded(fold: Fold, all: impl Iterator<Item = Series>) -> Vec<Series> {
    let groups = fold_points(fold, all).into_iter();
    groups
        .map(|(labels, points)| series(labels, points))
        .collect()
}

fn series(labels: Labels, points: impl IntoIterator<Item = (i64, f64)>) -> Series {
    let samples = points.into_iter();
    Series {
        labels,
        samples: samples
            .map(|(at_ms, value)| Sample { at_ms, value })
            .collect(),
    }
}

fn average(given: Vec<Given>) -> Vec<Series> {
    let (mut sums, mut counts) = (Vec::new(), Vec::new());
    for given in given {
        let mut parts = given.parts.into_iter();
        sums.extend(parts.next().unwrap_or_default());
        counts.extend(parts.next().unwrap_or_default());
    }
    let counts = fold_points(Fold::Sum, counts.into_iter());
    let sums = fold_points(Fold::Sum, sums.into_iter());
    let averages = sums.into_iter().filter_map(|(labels, sums)| {
        let counts = counts.get(&labels)?;
        let points = sums
            .into_iter()
            .filter_map(|(at, sum)| Some((at, sum / counts.get(&at)?)));
        Some(series(labels, points))
    });
    averages.collect()
}

impl Pick {
    /// The best of each group at each instant; of equal ones those that come first.
    fn of(&self, all: &[Series]) -> Vec<Series> {
        let mut groups: BTreeMap<Labels, Vec<usize>> = BTreeMap::new();
        for (index, series) in all.iter().enumerate() {
            let key = self.grouping.key(&series.labels);
            groups.entry(key).or_default().push(index);
        }
        let mut picked: Vec<Series> = Vec::new();
        for members in groups.into_values() {
            picked.extend(self.group(all, &members));
        }
        picked
    }

    fn group(&self, all: &[Series], members: &[usize]) -> Vec<Series> {
        let mut instants: BTreeMap<i64, Vec<(f64, usize)>> = BTreeMap::new();
        for &member in members {
            for sample in &all[member].samples {
                let at = instants.entry(sample.at_ms).or_default();
                at.push((sample.value, member));
            }
        }
        let one = instants.len() == 1;
        let mut chosen: BTreeMap<usize, Vec<(i64, f64)>> = BTreeMap::new();
        let mut order = Vec::new();
        for (at, mut values) in instants {
            values.sort_by(|a, b| self.better(a.0, b.0));
            for (value, member) in values.into_iter().take(self.count) {
                chosen.entry(member).or_default().push((at, value));
                order.push(member);
            }
        }
        // At one instant the best comes first; over a range they stand in the order of labels.
        if !one {
            order = chosen.keys().copied().collect();
        }
        let mut seen = BTreeSet::new();
        order.retain(|member| seen.insert(*member));
        let series = order.into_iter().filter_map(|member| {
            let points = chosen.remove(&member)?;
            Some(series(all[member].labels.clone(), points))
        });
        series.collect()
    }

    /// NaN is the worst of all, either way.
    fn better(&self, one: f64, other: f64) -> Ordering {
        one.is_nan().cmp(&other.is_nan()).then_with(|| {
            let ascending = one.partial_cmp(&other).unwrap_or(Ordering::Equal);
            if self.largest {
                ascending.reverse()
            } else {
                ascending
            }
        })
    }
}

/// Puts an instant's series in order; NaN comes last either way, as in Prometheus.
pub(crate) fn sort(series: &mut [Series], order: Order) {
    let value = |series: &Series| series.samples.first().map_or(f64::NAN, |s| s.value);
    series.sort_by(|one, other| {
        let (one, other) = (value(one), value(other));
        one.is_nan().cmp(&other.is_nan()).then_with(|| {
            let ascending = one.partial_cmp(&other).unwrap_or(Ordering::Equal);
            match order {
                Order::Ascending => ascending,
                Order::Descending => ascending.reverse(),
            }
        })
    });
}

#[cfg(test)]
mod tests {
    use super::*;

    fn given(cluster: &str, all: &[(&str, f64)]) -> Given {
        let part = all.iter().map(|(pod, value)| {
            let labels = Labels::from([("pod".to_owned(), (*pod).to_owned())]);
            series(labels, [(1, *value)])
        });
        Given {
            cluster: cluster.to_owned(),
            parts: vec![part.collect()],
        }
    }

    fn shown(all: &[Series]) -> Vec<String> {
        let one = |series: &Series| {
            let names: Vec<_> = series.labels.values().map(String::as_str).collect();
            format!("{} {}", names.join("/"), series.samples[0].value)
        };
        all.iter().map(one).collect()
    }

    #[test]
    fn series_of_the_same_labels_become_one_as_prometheus_would_fold_them() {
        let nan = f64::NAN;
        let two = || {
            vec![
                given("a", &[("x", 1.0), ("y", nan), ("z", nan)]),
                given("b", &[("x", 4.0), ("y", 2.0), ("z", nan)]),
            ]
        };
        let folded = |fold| shown(&Merge::Fold(fold).all(two()));
        assert_eq!(folded(Fold::Sum), ["x 5", "y NaN", "z NaN"]);
        assert_eq!(folded(Fold::Min), ["x 1", "y 2", "z NaN"]);
        assert_eq!(folded(Fold::Max), ["x 4", "y 2", "z NaN"]);
    }

    #[test]
    fn an_average_weighs_each_cluster_by_its_series() {
        let part = |cluster: &str, sum: f64, count: f64| {
            let mut given = given(cluster, &[("x", sum)]);
            given.parts.push(vec![series(
                Labels::from([("pod".to_owned(), "x".to_owned())]),
                [(1, count)],
            )]);
            given
        };
        let averages = Merge::Average.all(vec![part("a", 10.0, 1.0), part("b", 2.0, 3.0)]);
        assert_eq!(shown(&averages), ["x 3"]);
    }

    #[test]
    fn the_best_of_all_clusters_are_picked_in_their_groups() {
        let pick = |largest, grouping| {
            Merge::Pick(Pick {
                count: 2,
                grouping,
                largest,
            })
        };
        let two = || {
            vec![
                given("a", &[("x", 1.0), ("y", f64::NAN)]),
                given("b", &[("x", 3.0), ("y", 2.0)]),
            ]
        };
        let all = Grouping::By(Vec::new());
        assert_eq!(
            shown(&pick(true, all.clone()).all(two())),
            ["b/x 3", "b/y 2"]
        );
        assert_eq!(shown(&pick(false, all).all(two())), ["a/x 1", "b/y 2"]);
        let by = Grouping::Without(vec!["cluster".to_owned()]);
        assert_eq!(
            shown(&pick(true, by).all(two())),
            ["b/x 3", "a/x 1", "b/y 2", "a/y NaN"]
        );
    }

    #[test]
    fn a_clusters_own_label_cluster_is_not_lost() {
        let mut labels = Labels::from([("cluster".to_owned(), "inner".to_owned())]);
        name_cluster(&mut labels, "a");
        assert_eq!(labels["cluster"], "a");
        assert_eq!(labels["exported_cluster"], "inner");
    }
}
