//! Answers of Alertmanager.

use fleetscope_model::{
    Alert, AlertGroup, AlertState, ClusterId, GapKind, Labels, Matcher, Silence, SilenceState,
};
use fleetscope_outbound::{Answer, Failure};
use jiff::Timestamp;
use serde::Deserialize;

/// Alerts in one answer. More than this is read by nobody, and is the sign of a missing rule.
const MOST: usize = 10_000;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawAlert {
    fingerprint: String,
    labels: Labels,
    #[serde(default)]
    annotations: Labels,
    status: RawStatus,
    starts_at: Timestamp,
    ends_at: Timestamp,
    updated_at: Timestamp,
    #[serde(rename = "generatorURL", default)]
    generator_url: String,
    #[serde(default)]
    receivers: Vec<Named>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawStatus {
    state: String,
    #[serde(default)]
    silenced_by: Vec<String>,
    #[serde(default)]
    inhibited_by: Vec<String>,
}

#[derive(Deserialize)]
struct Named {
    name: String,
}

#[derive(Deserialize)]
struct RawGroup {
    #[serde(default)]
    labels: Labels,
    receiver: Named,
    #[serde(default)]
    alerts: Vec<RawAlert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawSilence {
    id: String,
    matchers: Vec<RawMatcher>,
    starts_at: Timestamp,
    ends_at: Timestamp,
    #[serde(default)]
    created_by: String,
    #[serde(default)]
    comment: String,
    status: RawSilenceStatus,
}

#[derive(Deserialize)]
struct RawSilenceStatus {
    state: String,
}

/// `isEqual` came later than the others, and is true where it is absent.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct RawMatcher {
    name: String,
    value: String,
    is_regex: bool,
    #[serde(default = "yes")]
    is_equal: bool,
}

const fn yes() -> bool {
    true
}

/// The alerts of an answer, and what is missing of them.
pub(super) fn alerts(
    answer: &Answer,
    cluster: ClusterId,
) -> Result<(Vec<Alert>, Option<Failure>), Failure> {
    let mut raw: Vec<RawAlert> = answer.json()?;
    let more = cut(&mut raw, &answer.place);
    Ok((
        raw.into_iter().map(|one| alert(one, cluster)).collect(),
        more,
    ))
}

/// The groups of an answer; what is missing of them is counted in alerts.
pub(super) fn groups(
    answer: &Answer,
    cluster: ClusterId,
) -> Result<(Vec<AlertGroup>, Option<Failure>), Failure> {
    let raw: Vec<RawGroup> = answer.json()?;
    let (mut groups, mut room, mut all) = (Vec::new(), MOST, 0);
    for mut group in raw {
        all += group.alerts.len();
        group.alerts.truncate(room);
        room -= group.alerts.len();
        if !group.alerts.is_empty() {
            groups.push(AlertGroup {
                cluster,
                labels: group.labels,
                receiver: group.receiver.name,
                alerts: group
                    .alerts
                    .into_iter()
                    .map(|one| alert(one, cluster))
                    .collect(),
            });
        }
    }
    Ok((groups, (all > MOST).then(|| too_many(all, &answer.place))))
}

/// The silences of an answer.
pub(super) fn silences(
    answer: &Answer,
    cluster: ClusterId,
) -> Result<(Vec<Silence>, Option<Failure>), Failure> {
    let mut raw: Vec<RawSilence> = answer.json()?;
    let more = cut(&mut raw, &answer.place);
    Ok((
        raw.into_iter()
            .map(|one| silence_of(one, cluster))
            .collect(),
        more,
    ))
}

/// The one silence of an answer.
pub(super) fn silence(answer: &Answer, cluster: ClusterId) -> Result<Silence, Failure> {
    answer.json().map(|raw| silence_of(raw, cluster))
}

fn cut<T>(raw: &mut Vec<T>, place: &str) -> Option<Failure> {
    let all = raw.len();
    raw.truncate(MOST);
    (all > MOST).then(|| too_many(all, place))
}

fn too_many(all: usize, place: &str) -> Failure {
    let detail =
        format!("{place} holds {all}, of which the first {MOST} are shown: filter by labels");
    Failure::new(GapKind::Truncated, detail)
}

fn alert(raw: RawAlert, cluster: ClusterId) -> Alert {
    Alert {
        cluster,
        fingerprint: raw.fingerprint,
        labels: raw.labels,
        annotations: raw.annotations,
        state: match raw.status.state.as_str() {
            "suppressed" => AlertState::Suppressed,
            "unprocessed" => AlertState::Unprocessed,
            _ => AlertState::Active,
        },
        silenced_by: raw.status.silenced_by,
        inhibited_by: raw.status.inhibited_by,
        starts_at: raw.starts_at,
        ends_at: raw.ends_at,
        updated_at: raw.updated_at,
        generator_url: raw.generator_url,
        receivers: raw.receivers.into_iter().map(|named| named.name).collect(),
    }
}

fn silence_of(raw: RawSilence, cluster: ClusterId) -> Silence {
    let matcher = |raw: RawMatcher| Matcher {
        name: raw.name,
        value: raw.value,
        is_regex: raw.is_regex,
        is_equal: raw.is_equal,
    };
    Silence {
        cluster,
        id: raw.id,
        matchers: raw.matchers.into_iter().map(matcher).collect(),
        starts_at: raw.starts_at,
        ends_at: raw.ends_at,
        created_by: raw.created_by,
        comment: raw.comment,
        state: match raw.status.state.as_str() {
            "active" => SilenceState::Active,
            "pending" => SilenceState::Pending,
            _ => SilenceState::Expired,
        },
    }
}
