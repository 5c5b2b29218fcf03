//! What the trouble is: when each part of it began, what it is about, and in which words.

use std::collections::{BTreeMap, BTreeSet};

use fleetscope_model::{Anomaly, Direction, EvidenceId};
use jiff::Timestamp;

use super::growth::growth;
use super::stage::Stage;
use super::topics::{Topic, of_observation, of_signal_name, topics};
use super::words::words;
use crate::diagnose::observe::{Observation, in_minutes, minutes_between};
use crate::diagnose::things::Things;
use crate::input::{Input, LogPattern, Signal};

/// Log patterns that were there in the first part of the window were always there.
const CHRONIC: f64 = 0.1;
/// Trouble may show this long before its change is said to run: clocks and readings differ.
const BLUR_MINUTES: f64 = 2.0;
/// Where a line begins to rise out of noise is known about this well, in minutes.
const GROWTH_WITHIN: f64 = 5.0;
/// How fast belief in a change falls with the time until the first trouble, in minutes; a new path
/// is often taken only under load, so that this is slow.
const FADES_MINUTES: f64 = 30.0;
/// However late, this much is left.
const LATEST: f64 = 0.08;
/// Belief falls with the share of the trouble that was there before the change.
const COVERED: i32 = 2;

/// One part of the trouble.
#[derive(Debug)]
pub(crate) struct Trouble<'a> {
    /// When it began.
    pub(crate) at: Timestamp,
    /// How exactly that is known, in minutes.
    pub(crate) within: f64,
    /// How much it counts.
    pub(crate) weight: f64,
    /// Whether its beginning dates the trouble.
    dates: bool,
    /// What it is about.
    pub(crate) topics: BTreeSet<Topic>,
    /// Its words.
    pub(crate) words: BTreeSet<String>,
    /// The reading.
    pub(crate) evidence: &'a EvidenceId,
}

/// The whole of it.
#[derive(Debug)]
pub(crate) struct Troubles<'a> {
    /// Its parts, oldest first.
    pub(crate) all: Vec<Trouble<'a>>,
    /// What it is about, each with how much of it, the most being 1.
    pub(crate) profile: BTreeMap<Topic, f64>,
}

impl<'a> Troubles<'a> {
    pub(crate) fn of(
        input: &'a Input,
        things: &Things,
        seen: &'a [Observation],
        stage: &Stage,
    ) -> Self {
        let mut all: Vec<Trouble<'a>> = seen
            .iter()
            .filter(|o| o.is_bad() && o.weight() > 0.5)
            .map(|o| of_signal(o, stage))
            .collect();
        all.extend(growing(input, things, seen, stage));
        let lines = input.logs.iter().filter(|p| is_trouble(input, p));
        all.extend(lines.map(|pattern| of_line(pattern, things, stage)));
        let failing = input.traces.iter().filter(|t| t.failing > 0);
        all.extend(failing.map(|sample| {
            let text = sample.detail.as_deref().unwrap_or_default();
            Trouble {
                at: sample.first_at,
                within: 0.0,
                weight: 0.5,
                dates: false,
                topics: topics(text),
                words: words(text),
                evidence: &sample.evidence,
            }
        }));
        all.extend(input.alarms.iter().map(of_alarm));
        all.sort_by(|a, b| (a.at, a.evidence, &a.words).cmp(&(b.at, b.evidence, &b.words)));
        let profile = profile(&all);
        Self { all, profile }
    }

    /// When the first part of it began.
    pub(crate) fn first(&self) -> Option<&Trouble<'a>> {
        self.all.iter().find(|trouble| trouble.dates)
    }

    /// The first part of it that began after a change.
    pub(crate) fn next(&self, live_at: Timestamp) -> Option<&Trouble<'a>> {
        self.all.iter().find(|t| t.dates && is_after(t, live_at))
    }

    /// The share of it that began after a change, by weight.
    pub(crate) fn covered(&self, live_at: Timestamp) -> f64 {
        let dated = || self.all.iter().filter(|t| t.dates);
        let weight: f64 = dated().map(|t| t.weight).sum();
        let after: f64 = dated()
            .filter(|t| is_after(t, live_at))
            .map(|t| t.weight)
            .sum();
        if weight > 0.0 { after / weight } else { 0.0 }
    }

    /// How well a change at that time fits, 0 to 1: all the trouble came after it, the first of it
    /// soon. What began long before cannot be its doing, however much followed.
    pub(crate) fn timing(&self, live_at: Timestamp) -> f64 {
        let Some(next) = self.next(live_at) else {
            return 0.0;
        };
        let later = (minutes_between(live_at, next.at) - next.within).max(0.0);
        let soon = (-later / FADES_MINUTES).exp().max(LATEST);
        self.covered(live_at).powi(COVERED) * soon
    }

    /// Readings of the parts about any of some topics, a few.
    pub(crate) fn evidence_of(&self, wanted: impl Fn(&Trouble<'a>) -> bool) -> Vec<EvidenceId> {
        let mut ids: Vec<EvidenceId> = self
            .all
            .iter()
            .filter(|trouble| wanted(trouble))
            .map(|trouble| trouble.evidence.clone())
            .collect();
        ids.sort();
        ids.dedup();
        ids.truncate(4);
        ids
    }
}

fn is_after(trouble: &Trouble<'_>, live_at: Timestamp) -> bool {
    minutes_between(live_at, trouble.at) >= -(BLUR_MINUTES + trouble.within.min(10.0))
}

/// What grows on the stage without standing out yet.
fn growing<'a>(
    input: &'a Input,
    things: &Things,
    seen: &[Observation],
    stage: &Stage,
) -> Vec<Trouble<'a>> {
    let stands_out = |signal: &Signal| seen.iter().any(|o| *o.evidence() == signal.evidence);
    let on_stage = |signal: &Signal| things.find(&signal.entity).is_some_and(|t| stage.counts(t));
    let all = input.signals.iter().filter(|signal| on_stage(signal));
    all.filter(|signal| signal.direction != Direction::Down && !stands_out(signal))
        .filter_map(|signal| {
            let at = growth(signal)?;
            Some(Trouble {
                at,
                within: GROWTH_WITHIN,
                weight: 0.8,
                dates: true,
                topics: of_signal_name(signal),
                words: words(&signal.name),
                evidence: &signal.evidence,
            })
        })
        .collect()
}

/// What an alarm says; since when it was true, its signal tells better.
fn of_alarm(alarm: &Anomaly) -> Trouble<'_> {
    let text = format!("{} {}", alarm.signal, alarm.why);
    Trouble {
        at: alarm.start,
        within: 0.0,
        weight: 0.8,
        dates: false,
        topics: topics(&text),
        words: words(&text),
        evidence: &alarm.evidence,
    }
}

fn of_signal<'a>(o: &'a Observation, stage: &Stage) -> Trouble<'a> {
    Trouble {
        at: o.onset.at,
        within: in_minutes(o.onset.within),
        weight: o.weight(),
        dates: stage.counts(o.thing),
        topics: of_observation(o),
        words: words(&o.anomaly.signal),
        evidence: o.evidence(),
    }
}

fn of_line<'a>(pattern: &'a LogPattern, things: &Things, stage: &Stage) -> Trouble<'a> {
    let on_stage = things
        .find(&pattern.entity)
        .is_some_and(|t| stage.counts(t));
    Trouble {
        at: pattern.first_at,
        within: 0.0,
        weight: 0.8,
        dates: on_stage,
        topics: topics(&pattern.example),
        words: words(&pattern.example),
        evidence: &pattern.evidence,
    }
}

/// How much of the trouble is about each topic, the most being 1.
fn profile(all: &[Trouble<'_>]) -> BTreeMap<Topic, f64> {
    let mut profile: BTreeMap<Topic, f64> = BTreeMap::new();
    for trouble in all {
        for topic in &trouble.topics {
            *profile.entry(*topic).or_default() += trouble.weight;
        }
    }
    let most = profile.values().copied().fold(0.0, f64::max);
    for weight in profile.values_mut() {
        // Once said clearly is nearly as good as said again and again.
        *weight = (*weight / most.max(f64::MIN_POSITIVE)).sqrt();
    }
    profile
}

/// Whether a log pattern is news: not there in the first part of the window.
pub(crate) fn is_news(input: &Input, pattern: &LogPattern) -> bool {
    let chronic = input.window.length().as_secs_f64() / 60.0 * CHRONIC;
    minutes_between(input.window.start, pattern.first_at) > chronic
}

/// Whether a log pattern is news and tells of trouble: of a kind that is known, and not under a level
/// that says it is none.
pub(crate) fn is_trouble(input: &Input, pattern: &LogPattern) -> bool {
    is_news(input, pattern) && !is_chatter(&pattern.example) && !topics(&pattern.example).is_empty()
}

/// Whether the line's own level, one of its first words, says that nothing is wrong.
fn is_chatter(line: &str) -> bool {
    const CALM: [&str; 5] = ["trace", "debug", "info", "information", "notice"];
    let words = line.split(|c: char| !c.is_ascii_alphabetic());
    let first = words.filter(|word| word.len() > 2).take(3);
    first
        .map(str::to_ascii_lowercase)
        .any(|word| CALM.contains(&word.as_str()))
}

/// Whether a line names something, not only as a part of a longer name.
pub(crate) fn names(line: &str, name: &str) -> bool {
    let part = |c: Option<char>| c.is_some_and(|c| c.is_alphanumeric() || c == '-' || c == '_');
    line.match_indices(name).any(|(at, _)| {
        let before = line[..at].chars().next_back();
        let after = line[at + name.len()..].chars().next();
        !part(before) && !part(after)
    })
}
