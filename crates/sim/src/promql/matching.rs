//! Operators between two vectors: which elements belong together, and what the result is called.

use std::collections::HashMap;

use super::Error;
use super::arithmetic::Rule;
use super::plan::{Binary, Cardinality};
use super::value::{Column, Series, Vector};
use crate::tsdb::{Labels, NAME};

/// Evaluates step by step, as Prometheus does: whether a match is one of many is a matter of the
/// elements that are there at that step.
pub(super) fn evaluate(
    binary: &Binary,
    left: &[Series],
    right: &[Series],
    steps: usize,
) -> Result<Vector, Error> {
    let swapped = matches!(binary.cardinality, Cardinality::OneToMany(_));
    let (many, one) = if swapped {
        (right, left)
    } else {
        (left, right)
    };
    let mut join = Join::new(binary, many, one, steps);
    for step in 0..steps {
        join.step(step)?;
    }
    Ok(join.out)
}

/// A join in progress. The `many` side is the left one, but for `group_right`.
struct Join<'a> {
    binary: &'a Binary,
    rule: Rule,
    many: &'a [Series],
    one: &'a [Series],
    /// The group, by matching labels, of each series of either side.
    many_groups: Vec<usize>,
    one_groups: Vec<usize>,
    /// Per group, at the current step: the element of the `one` side, and whether a result exists.
    partner: Vec<Option<usize>>,
    matched: Vec<bool>,
    /// The position in `out` of the result of each pair met so far, and of each label set.
    by_pair: HashMap<(usize, usize), usize>,
    by_labels: HashMap<Labels, usize>,
    out: Vector,
    /// The group that wrote the newest point of each result.
    writers: Vec<usize>,
    steps: usize,
}

impl<'a> Join<'a> {
    fn new(binary: &'a Binary, many: &'a [Series], one: &'a [Series], steps: usize) -> Self {
        let mut groups: HashMap<Labels, usize> = HashMap::new();
        let mut group_of = |series: &Series| {
            let next = groups.len();
            let signature = binary.matching.signature(&series.labels);
            *groups.entry(signature).or_insert(next)
        };
        let one_groups: Vec<usize> = one.iter().map(&mut group_of).collect();
        let many_groups: Vec<usize> = many.iter().map(&mut group_of).collect();
        let count = groups.len();
        let rule = Rule {
            operator: binary.operator,
            returns_bool: binary.returns_bool,
        };
        Self {
            binary,
            rule,
            many,
            one,
            many_groups,
            one_groups,
            partner: vec![None; count],
            matched: vec![false; count],
            by_pair: HashMap::new(),
            by_labels: HashMap::new(),
            out: Vec::new(),
            writers: Vec::new(),
            steps,
        }
    }

    fn step(&mut self, step: usize) -> Result<(), Error> {
        let is_there = |series: &Series| series.points[step].is_some();
        if !self.many.iter().any(is_there) || !self.one.iter().any(is_there) {
            return Ok(());
        }
        self.partner.fill(None);
        self.matched.fill(false);
        for position in 0..self.one.len() {
            if is_there(&self.one[position]) {
                self.offer(position)?;
            }
        }
        for position in 0..self.many.len() {
            self.combine(position, step)?;
        }
        Ok(())
    }

    /// Makes an element of the `one` side the partner of its group.
    fn offer(&mut self, position: usize) -> Result<(), Error> {
        let group = self.one_groups[position];
        let Some(other) = self.partner[group].replace(position) else {
            return Ok(());
        };
        let labels = &self.one[position].labels;
        let side = match self.binary.cardinality {
            Cardinality::OneToMany(_) => "left",
            _ => "right",
        };
        Err(Error::Execution(format!(
            "found duplicate series for the match group {} on the {side} hand-side of the \
             operation: [{labels}, {}];many-to-many matching not allowed: matching labels must be \
             unique on one side",
            self.binary.matching.signature(labels),
            self.one[other].labels,
        )))
    }

    fn combine(&mut self, position: usize, step: usize) -> Result<(), Error> {
        let group = self.many_groups[position];
        let Some(value) = self.many[position].points[step] else {
            return Ok(());
        };
        let Some(partner) = self.partner[group] else {
            return Ok(());
        };
        let Some(other) = self.one[partner].points[step] else {
            return Ok(());
        };
        let result = match self.binary.cardinality {
            Cardinality::OneToMany(_) => self.rule.combine(other, value),
            _ => self.rule.combine(value, other),
        };
        let Some(result) = result else {
            return Ok(());
        };
        let is_grouped = !matches!(self.binary.cardinality, Cardinality::OneToOne);
        if std::mem::replace(&mut self.matched[group], true) && !is_grouped {
            return Err(many_matches(
                "many-to-one matching must be explicit (group_left/group_right)",
            ));
        }
        let at = self.result_of(position, partner);
        if self.out[at].points[step].replace(result).is_some() {
            if is_grouped && self.writers[at] == group {
                return Err(many_matches("grouping labels must ensure unique matches"));
            }
            return Err(Error::same_labelset());
        }
        self.writers[at] = group;
        Ok(())
    }

    /// The position in `out` of the series that a pair contributes to.
    fn result_of(&mut self, many: usize, one: usize) -> usize {
        if let Some(at) = self.by_pair.get(&(many, one)) {
            return *at;
        }
        let labels = self.result_labels(&self.many[many].labels, &self.one[one].labels);
        let next = self.out.len();
        let at = *self.by_labels.entry(labels.clone()).or_insert(next);
        if at == next {
            let points: Column = vec![None; self.steps];
            self.out.push(Series { labels, points });
            self.writers.push(usize::MAX);
        }
        self.by_pair.insert((many, one), at);
        at
    }

    fn result_labels(&self, many: &Labels, one: &Labels) -> Labels {
        let drops_name = self.rule.drops_name();
        let matching = &self.binary.matching;
        let include = match &self.binary.cardinality {
            Cardinality::OneToOne => {
                return many.filtered(|name| {
                    let named = matching.labels.iter().any(|own| own == name);
                    named == matching.on && !(drops_name && name == NAME)
                });
            }
            Cardinality::ManyToOne(include) | Cardinality::OneToMany(include) => include,
        };
        let named = if drops_name {
            many.without_name()
        } else {
            many.clone()
        };
        let add = |labels: Labels, name: &String| labels.with(name, one.get(name));
        let all = include.iter().fold(named, add);
        if self.rule.returns_bool {
            all.without_name()
        } else {
            all
        }
    }
}

fn many_matches(reason: &str) -> Error {
    Error::Execution(format!("multiple matches for labels: {reason}"))
}
