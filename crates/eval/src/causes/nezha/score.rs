//! Figures of one shop, over all cases and over two halves of them.
//!
//! The halves hold whole groups of one kind of fault in one service, so that what was decided while
//! looking at one half has not seen the faults of the other. Within a kind of fault the services
//! stand in the order of a hash, and go to both halves in turn.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use serde::Deserialize;

use super::super::answer::Answer;
use super::super::{Figure, Outcome, topk};
use super::Shop;
use crate::{Error, interval};

/// Part of what is hashed, so that another number gives other halves.
const SEED: &str = "6";

/// What the cause was.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize)]
struct Label {
    #[serde(default)]
    fault: String,
    service: String,
}

/// AS@1, AS@3 and AS@5 of answers, which are complete. Opens the labels.
pub(super) fn outcome(shop: Shop, answers: &[Answer], root: &Path) -> Result<Outcome, Error> {
    let labels = labels(&root.join("labels.csv"))?;
    let nothing = Label::default();
    let label = |answer: &Answer| labels.get(&answer.id).unwrap_or(&nothing);
    let halves = halves(answers.iter().map(label));
    let hits: Vec<([f64; 3], bool)> = answers
        .iter()
        .map(|answer| {
            let culprit = &label(answer).service;
            let hits = [1, 3, 5].map(|k| topk::hit(&answer.ranking, culprit, k));
            (hits, halves.contains(label(answer)))
        })
        .collect();
    let lines = answers.iter().map(|a| a.line(&label(a).service));
    let mut figures = Vec::new();
    for (half, more) in [
        (None, ""),
        (Some(true), ", half A"),
        (Some(false), ", half B"),
    ] {
        for (at, name) in ["AS@1", "AS@3", "AS@5"].into_iter().enumerate() {
            let of = hits
                .iter()
                .filter(|(_, in_a)| half.is_none_or(|a| a == *in_a));
            let of: Vec<f64> = of.map(|(hits, _)| hits[at]).collect();
            figures.push(Figure {
                name: format!("{name}{more}"),
                cases: of.len(),
                interval: interval(&of, |of| of.iter().sum::<f64>() / of.len().max(1) as f64),
                peers: if half.is_none() { shop.peers()[at] } else { "" },
            });
        }
    }
    Ok(Outcome {
        figures,
        cases: lines.collect(),
    })
}

/// The answers; opened by the scorer only.
fn labels(path: &Path) -> Result<BTreeMap<String, Label>, Error> {
    #[derive(Deserialize)]
    struct Row {
        id: String,
        #[serde(flatten)]
        label: Label,
    }
    let mut reader = csv::Reader::from_path(path).map_err(|why| Error::malformed(path, &why))?;
    let rows = reader.deserialize::<Row>();
    rows.map(|row| row.map(|row| (row.id, row.label)))
        .collect::<Result<_, _>>()
        .map_err(|why| Error::malformed(path, &why))
}

/// The groups of the first half.
fn halves<'a>(labels: impl Iterator<Item = &'a Label>) -> BTreeSet<Label> {
    let mut groups: Vec<&Label> = labels.collect::<BTreeSet<_>>().into_iter().collect();
    groups.sort_by_key(|label| {
        let hash = hash(&format!("{SEED}/{}/{}", label.fault, label.service));
        (&label.fault, hash)
    });
    groups.into_iter().step_by(2).cloned().collect()
}

/// FNV-1a (Fowler, Noll and Vo).
fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn halves_are_of_whole_groups_and_hold_every_kind_of_fault() {
        let label = |fault: &str, service: &str| Label {
            fault: fault.to_owned(),
            service: service.to_owned(),
        };
        let mut all = Vec::new();
        for fault in ["delay", "exception", "return"] {
            for service in ["a", "b", "c", "d"] {
                all.extend([label(fault, service), label(fault, service)]);
            }
        }
        let half = halves(all.iter());
        for fault in ["delay", "exception", "return"] {
            assert_eq!(half.iter().filter(|label| label.fault == fault).count(), 2);
        }
        all.reverse();
        assert_eq!(halves(all.iter()), half);
    }
}
