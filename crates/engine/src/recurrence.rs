//! Has the same gone wrong before?
//!
//! A [`fingerprint`] says what kind of trouble findings tell of, as a set of weighted features; two
//! are compared by their weighted Jaccard [`similarity`]. What changes from one time to the next is
//! left out: times, values, clusters, pods, revisions and evidence.
//!
//! | feature | weight | what it says |
//! | --- | --- | --- |
//! | `kind` | 1 | the kind of thing in which the cause lies |
//! | `place` | 3 (1.5 without a namespace) | which one, without hashes and numbers of instances |
//! | `does` | 3 | what is wrong there: role and direction of what stands out, by severity |
//! | `shows` | 2 | the same by the names of the signals |
//! | `change` | 1.5 | the kind of change that brought it, or none |
//! | `felt` | 1.5 | who feels it and how, by severity |
//!
//! A weight is shared out among the features of its row, so that a row counts the same however many
//! there are. Where no cause is concluded, the first candidates share the first five rows by their
//! confidence. The figures behind weights and threshold stand in `docs/engine/recurrence.md`.

mod names;

use std::collections::BTreeMap;

use fleetscope_model::{
    Anomaly, Blame, Candidate, ChangeKind, Entity, Findings, Fingerprint, Severity, SignalRole,
    Verdict,
};

use self::names::{is_named, place};

/// How features are made, as it is now. It grows whenever the same findings would give others.
pub const VERSION: u32 = 1;

/// From this similarity on two are the same trouble: between the least alike runs of one trouble
/// (0.78) and the most alike of two (0.58, two failures of one service; docs/engine/recurrence.md).
pub const SAME: f64 = 0.65;

/// Candidates that share the features of the cause where none is concluded.
const MOST_CANDIDATES: usize = 3;

const KIND: f64 = 1.0;
const PLACE: f64 = 3.0;
const UNNAMED_PLACE: f64 = 1.5;
const DOES: f64 = 3.0;
const SHOWS: f64 = 2.0;
const CHANGE: f64 = 1.5;
const FELT: f64 = 1.5;

/// The fingerprint of findings; none where nothing is wrong or nothing stands out.
pub fn fingerprint(findings: &Findings) -> Option<Fingerprint> {
    if findings.verdict == Verdict::NothingWrong {
        return None;
    }
    let mut features = Features::default();
    for (candidate, share) in shares(findings) {
        features.cause(findings, candidate, share);
    }
    features.felt(findings);
    let Features(features) = features;
    (!features.is_empty()).then_some(Fingerprint {
        version: VERSION,
        features,
    })
}

/// How alike two are, 0 to 1: the weight that both have of each feature over the weight that
/// either has, summed. 0 where their versions differ.
pub fn similarity(one: &Fingerprint, other: &Fingerprint) -> f64 {
    if one.version != other.version {
        return 0.0;
    }
    let weight = |of: &Fingerprint, feature: &str| {
        let weight = of.features.get(feature).copied().unwrap_or(0.0);
        if weight.is_finite() {
            weight.max(0.0)
        } else {
            0.0
        }
    };
    // In one order for both ways round: sums depend on it in their last digits.
    let mut features: Vec<&String> = one.features.keys().chain(other.features.keys()).collect();
    features.sort_unstable();
    features.dedup();
    let (mut both, mut either) = (0.0, 0.0);
    for feature in features {
        let (a, b) = (weight(one, feature), weight(other, feature));
        both += a.min(b);
        either += a.max(b);
    }
    if either > 0.0 { both / either } else { 0.0 }
}

/// The candidates that stand for the cause, with their shares of it.
fn shares(findings: &Findings) -> Vec<(&Candidate, f64)> {
    let most = if findings.verdict == Verdict::Cause {
        1
    } else {
        MOST_CANDIDATES
    };
    let first: Vec<&Candidate> = findings.candidates.iter().take(most).collect();
    let all: f64 = first.iter().map(|candidate| candidate.confidence.0).sum();
    let share = |candidate: &Candidate| candidate.confidence.0 / all;
    let shared = first.into_iter().map(|c| (c, share(c)));
    shared.filter(|(_, share)| *share > 0.0).collect()
}

#[derive(Default)]
struct Features(BTreeMap<String, f64>);

impl Features {
    fn add(&mut self, feature: String, weight: f64) {
        if weight > 0.0 && weight.is_finite() {
            *self.0.entry(feature).or_default() += weight;
        }
    }

    /// Shares a weight out among features by parts.
    fn share_out(&mut self, weight: f64, parts: &BTreeMap<String, f64>) {
        let all: f64 = parts.values().sum();
        for (feature, part) in parts {
            self.add(feature.clone(), weight * part / all);
        }
    }

    /// What a candidate says of the cause.
    fn cause(&mut self, findings: &Findings, candidate: &Candidate, share: f64) {
        let entity = &candidate.entity;
        let weight = if is_named(entity) {
            PLACE
        } else {
            UNNAMED_PLACE
        };
        self.add(format!("kind {}", entity.kind.title()), KIND * share);
        self.add(format!("place {}", place(entity)), weight * share);
        let change = change(findings, candidate).map_or("none", title);
        self.add(format!("change {change}"), CHANGE * share);
        let (mut does, mut shows) = (BTreeMap::new(), BTreeMap::new());
        for anomaly in of(findings, entity) {
            let part = heaviness(anomaly);
            let (role, side) = (role(anomaly.role), side(anomaly));
            most(&mut does, format!("does {role} {side}"), part);
            most(&mut shows, format!("shows {} {side}", anomaly.signal), part);
        }
        self.share_out(DOES * share, &does);
        self.share_out(SHOWS * share, &shows);
    }

    /// Who feels it, and how.
    fn felt(&mut self, findings: &Findings) {
        let mut felt = BTreeMap::new();
        let all = findings.anomalies.iter();
        for anomaly in all.filter(|anomaly| is_felt(anomaly.role)) {
            let who = place(&anomaly.entity);
            let feature = format!("felt {} {} {who}", role(anomaly.role), side(anomaly));
            most(&mut felt, feature, heaviness(anomaly));
        }
        self.share_out(FELT, &felt);
    }
}

/// Keeps the larger part.
fn most(parts: &mut BTreeMap<String, f64>, feature: String, part: f64) {
    let kept = parts.entry(feature).or_default();
    *kept = kept.max(part);
}

fn of<'a>(findings: &'a Findings, entity: &'a Entity) -> impl Iterator<Item = &'a Anomaly> {
    let all = findings.anomalies.iter();
    all.filter(move |anomaly| place(&anomaly.entity) == place(entity))
        .filter(move |anomaly| anomaly.entity.cluster == entity.cluster)
}

/// How much a deviation counts: what is slight comes and goes by chance.
const fn heaviness(anomaly: &Anomaly) -> f64 {
    match anomaly.severity {
        Severity::Low => 0.1,
        Severity::Medium => 0.4,
        Severity::High | Severity::Critical => 1.0,
    }
}

fn side(anomaly: &Anomaly) -> &'static str {
    if anomaly.peak >= anomaly.expected.center {
        "up"
    } else {
        "down"
    }
}

/// The change that brought it, as it is attributed, or as it was near.
fn change(findings: &Findings, candidate: &Candidate) -> Option<ChangeKind> {
    let attributed = findings.attribution.as_ref();
    match attributed.map(|attribution| attribution.blame) {
        Some(Blame::NoChange) => None,
        Some(Blame::Change) => {
            let suspect = attributed.and_then(|attribution| attribution.suspects.first());
            suspect.map(|suspect| suspect.change.kind)
        }
        _ => candidate.change.as_ref().map(|change| change.kind),
    }
}

const fn is_felt(role: SignalRole) -> bool {
    matches!(
        role,
        SignalRole::Latency | SignalRole::Errors | SignalRole::Availability
    )
}

/// Names that stay what they are whatever the types are called.
const fn role(role: SignalRole) -> &'static str {
    match role {
        SignalRole::Latency => "latency",
        SignalRole::Traffic => "traffic",
        SignalRole::Errors => "errors",
        SignalRole::Saturation => "saturation",
        SignalRole::Availability => "availability",
        SignalRole::Resource => "resource",
        SignalRole::Clock => "clock",
        SignalRole::Nic => "nic",
        SignalRole::Gpu => "gpu",
    }
}

const fn title(kind: ChangeKind) -> &'static str {
    match kind {
        ChangeKind::Rollout => "rollout",
        ChangeKind::Scale => "scale",
        ChangeKind::Restart => "restart",
        ChangeKind::Config => "config",
        ChangeKind::Node => "node",
        ChangeKind::Commit => "commit",
        ChangeKind::Flag => "flag",
        ChangeKind::Upgrade => "upgrade",
    }
}
