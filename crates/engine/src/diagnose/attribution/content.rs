//! What a change holds, against what the trouble looks like.

use std::collections::{BTreeMap, BTreeSet};

use super::diff::Diff;
use super::risks::{self, Risk};
use super::topics::Topic;
use super::trouble::{Troubles, is_news};
use super::words::words;
use crate::diagnose::things::Things;
use crate::input::{ChangeContent, CitedChange, Input};

/// Likelihood of a rollout or setting of which only is known that it was made.
const UNREAD: f64 = 0.5;
/// Likelihood of a flag: its name is known, and not what hangs on it.
const FLAG: f64 = 0.3;
/// Likelihood of a change whose content is known or described, and tells of no risk.
const PLAIN: f64 = 0.1;
/// What a risk that fits the trouble wholly adds, and a second one.
const RISK: f64 = 1.0;
const SECOND_RISK: f64 = 0.25;
/// What words in common with the trouble add at most.
const WORDS: f64 = 0.8;
/// What a topic in common adds.
const TOPIC: f64 = 0.15;
/// A topic that nearly all trouble has fits half.
const COMMON: f64 = 0.5;
/// So many words that nobody else has come near to the most that words can tell.
const TELLING_WORDS: f64 = 2.5;
/// Words of paths and messages tell less than those of changed lines.
const BESIDE: f64 = 0.4;
/// Words that the logs always had tell less.
const OLD: f64 = 0.4;
/// What is left of a change that changes nothing that runs.
const INERT: f64 = 0.15;
const NEVER_RUNS: f64 = 0.05;

/// What a change holds, judged.
#[derive(Debug)]
pub(crate) struct Content {
    /// How likely a change with this content is to be the cause.
    pub(crate) value: f64,
    /// What it risks, with how well that fits the trouble, the best first.
    pub(crate) risks: Vec<(Risk, f64)>,
    /// Words that it shares with the trouble, the most telling first.
    pub(crate) shared: Vec<String>,
    /// How much these tell, 0 to 1.
    pub(crate) lexical: f64,
    /// How much of it was read.
    pub(crate) read: Reading,
}

/// How much of a change was read, and whether it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Reading {
    /// Only that it was made.
    Nothing,
    /// A message, paths or a flag's name.
    Description,
    /// What it changes.
    Diff,
    /// What it changes, and none of that runs.
    Inert,
    /// Only files that no running program reads.
    NeverRuns,
}

/// How telling words are.
#[derive(Debug)]
pub(crate) struct Lexicon {
    /// Words of the trouble, with how telling each is, 0 to 1.
    telling: BTreeMap<String, f64>,
}

impl Lexicon {
    /// Words of the trouble that few changes have, that the logs did not always have, and that are no
    /// names of things.
    pub(crate) fn of(input: &Input, things: &Things, troubles: &Troubles<'_>) -> Self {
        let contents: Vec<BTreeSet<String>> = input
            .changes
            .iter()
            .filter_map(|cited| cited.content.as_ref())
            .map(|content| all_words(content).into_keys().collect())
            .collect();
        let scale = (contents.len() as f64 + 1.0).ln().max(f64::MIN_POSITIVE);
        let old: BTreeSet<String> = input
            .logs
            .iter()
            .filter(|pattern| !is_news(input, pattern))
            .flat_map(|pattern| words(&pattern.example))
            .collect();
        let names: Vec<String> = (0..things.len())
            .map(|thing| things.entity(thing).name.to_lowercase())
            .collect();
        let telling = troubles
            .all
            .iter()
            .flat_map(|trouble| &trouble.words)
            .filter(|word| !names.iter().any(|name| name.contains(word.as_str())))
            .map(|word| {
                let holders = contents.iter().filter(|words| words.contains(word)).count();
                let rare = 1.0 - (holders.max(1) as f64).ln() / scale;
                let news = if old.contains(word) { OLD } else { 1.0 };
                (word.clone(), rare * rare * news)
            })
            .collect();
        Self { telling }
    }

    /// The words that a change shares with the trouble, the most telling first, and how much they
    /// tell together, 0 to 1.
    fn shared(&self, content: &ChangeContent) -> (Vec<String>, f64) {
        let mut shared: Vec<(f64, String)> = all_words(content)
            .into_iter()
            .filter_map(|(word, weight)| {
                let telling = self.telling.get(&word)?;
                Some((telling * weight, word))
            })
            .collect();
        shared.sort_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let sum: f64 = shared.iter().map(|(telling, _)| telling).sum();
        let told = shared.into_iter().filter(|(telling, _)| *telling >= 0.2);
        let words = told.map(|(_, word)| word).collect();
        (words, 1.0 - (-sum / TELLING_WORDS).exp())
    }
}

/// The words of a change, with how much each tells by where it stands.
fn all_words(content: &ChangeContent) -> BTreeMap<String, f64> {
    let mut all: BTreeMap<String, f64> = BTreeMap::new();
    let flag = content.flag.as_ref().map_or("", |flag| flag.name.as_str());
    let beside = content
        .paths
        .iter()
        .map(String::as_str)
        .chain([content.message.as_str(), flag]);
    for text in beside {
        all.extend(words(text).into_iter().map(|word| (word, BESIDE)));
    }
    if let Some(diff) = &content.diff {
        let diff = Diff::of(diff);
        for line in diff.gone().chain(diff.new()) {
            all.extend(words(line).into_iter().map(|word| (word, 1.0)));
        }
    }
    all
}

/// Judges what a change holds.
pub(crate) fn content(cited: &CitedChange, troubles: &Troubles<'_>, lexicon: &Lexicon) -> Content {
    let Some(content) = cited
        .content
        .as_ref()
        .filter(|content| is_described(content))
    else {
        return Content {
            value: UNREAD,
            risks: Vec::new(),
            shared: Vec::new(),
            lexical: 0.0,
            read: Reading::Nothing,
        };
    };
    let read = reading(content);
    let diff = content.diff.as_deref().unwrap_or_default();
    let mut risks: Vec<(Risk, f64)> = risks::risks(diff)
        .into_iter()
        .map(|risk| (fit(&risk, troubles), risk))
        .map(|(fit, risk)| (risk, fit))
        .collect();
    risks.sort_by(|a, b| worth(b).total_cmp(&worth(a)));
    let (shared, lexical) = lexicon.shared(content);
    let about = risks::touched(diff);
    let on_topic = about
        .iter()
        .any(|topic| troubles.profile.contains_key(topic));
    let base = if content.flag.is_some() { FLAG } else { PLAIN };
    let value = base
        + RISK * risks.first().map_or(0.0, worth)
        + SECOND_RISK * risks.get(1).map_or(0.0, worth)
        + WORDS * lexical
        + if on_topic { TOPIC } else { 0.0 };
    let left = match read {
        Reading::Inert => INERT,
        Reading::NeverRuns => NEVER_RUNS,
        _ => 1.0,
    };
    Content {
        value: value * left,
        risks,
        shared,
        lexical,
        read,
    }
}

fn worth((risk, fit): &(Risk, f64)) -> f64 {
    risk.strength * fit
}

fn is_described(content: &ChangeContent) -> bool {
    content.diff.is_some() || content.flag.is_some() || !content.paths.is_empty()
}

fn reading(content: &ChangeContent) -> Reading {
    let runs = content.paths.iter().any(|path| !risks::never_runs(path));
    match &content.diff {
        _ if !content.paths.is_empty() && !runs => Reading::NeverRuns,
        Some(diff) if risks::is_inert(diff) => Reading::Inert,
        Some(_) => Reading::Diff,
        None => Reading::Description,
    }
}

/// How far the trouble looks like what a risk would bring, 0 to 1.
fn fit(risk: &Risk, troubles: &Troubles<'_>) -> f64 {
    let of = |topic: &Topic| {
        let seen = troubles.profile.get(topic).copied().unwrap_or(0.0);
        if topic.is_common() {
            seen * COMMON
        } else {
            seen
        }
    };
    risk.expects.iter().map(of).fold(0.0, f64::max)
}
