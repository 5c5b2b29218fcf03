//! Alerts, silences and notifications.

use fleetscope_client::wire;
use fleetscope_intelligence::Notification;
use fleetscope_model::{
    Alert, AlertGroup, AlertQuery, Cluster, Collection, ErrorKind, Firing, Matcher, NewSilence,
    Received, ReceivedAlert, Silence,
};
use jiff::Timestamp;

use super::metrics::gap;
use super::traces::Names;
use super::{selection, time};
use crate::error::ApiError;
use crate::v1::alerts::list::Wanted;

/// The version of the webhook that is understood.
const VERSION: &str = "4";

/// A question for alerts.
pub fn query(wanted: Wanted) -> Result<AlertQuery, ApiError> {
    let matchers = wanted.filter.iter().map(|text| filter(text));
    Ok(AlertQuery {
        clusters: selection((!wanted.cluster.is_empty()).then_some(wanted.cluster))?,
        matchers: matchers.collect::<Result<_, _>>()?,
        silenced: wanted.silenced.unwrap_or(true),
        inhibited: wanted.inhibited.unwrap_or(true),
    })
}

/// `NAME SIGN VALUE`, the value with or without quotes; with them as JSON has it.
fn filter(text: &str) -> Result<Matcher, ApiError> {
    let wrong = || {
        let detail = "write a filter as severity=\"critical\", with one of = != =~ !~";
        ApiError::invalid("filter", detail)
    };
    let at = text.find(['=', '!']).ok_or_else(wrong)?;
    let (name, rest) = text.split_at(at);
    let signs = [
        ("=~", true, true),
        ("!~", true, false),
        ("!=", false, false),
        ("=", false, true),
    ];
    let (value, is_regex, is_equal) = signs
        .into_iter()
        .find_map(|(sign, regex, equal)| Some((rest.strip_prefix(sign)?, regex, equal)))
        .ok_or_else(wrong)?;
    let value = value.trim();
    let value = if value.starts_with('"') {
        serde_json::from_str(value).map_err(|_| wrong())?
    } else {
        value.to_owned()
    };
    Ok(Matcher {
        name: name.trim().to_owned(),
        value,
        is_regex,
        is_equal,
    })
}

/// Alerts.
pub fn list(found: Collection<Alert>, clusters: &[Cluster]) -> wire::AlertList {
    let names = Names::of(clusters);
    wire::AlertList {
        alerts: found
            .items
            .into_iter()
            .map(|one| alert(one, &names))
            .collect(),
        gaps: found.gaps.into_iter().map(gap).collect(),
    }
}

/// Groups of alerts.
pub fn groups(found: Collection<AlertGroup>, clusters: &[Cluster]) -> wire::AlertGroups {
    let names = Names::of(clusters);
    let group = |group: AlertGroup| wire::AlertGroup {
        cluster: names.name(group.cluster),
        labels: group.labels,
        receiver: group.receiver,
        alerts: group
            .alerts
            .into_iter()
            .map(|one| alert(one, &names))
            .collect(),
    };
    wire::AlertGroups {
        groups: found.items.into_iter().map(group).collect(),
        gaps: found.gaps.into_iter().map(gap).collect(),
    }
}

fn alert(alert: Alert, names: &Names<'_>) -> wire::Alert {
    let cluster = names.name(alert.cluster);
    let mut labels = alert.labels;
    labels.insert("cluster".to_owned(), cluster.clone());
    wire::Alert {
        cluster,
        fingerprint: alert.fingerprint,
        labels,
        annotations: alert.annotations,
        state: alert.state.as_str().to_owned(),
        silenced_by: alert.silenced_by,
        inhibited_by: alert.inhibited_by,
        starts_at: alert.starts_at,
        ends_at: alert.ends_at,
        updated_at: alert.updated_at,
        generator_url: alert.generator_url,
        receivers: alert.receivers,
    }
}

/// Silences.
pub fn silences(found: Collection<Silence>, clusters: &[Cluster]) -> wire::SilenceList {
    let names = Names::of(clusters);
    let one = |one: Silence| {
        let name = names.name(one.cluster);
        silence(one, &name)
    };
    wire::SilenceList {
        silences: found.items.into_iter().map(one).collect(),
        gaps: found.gaps.into_iter().map(gap).collect(),
    }
}

/// One silence, of the cluster of this name.
pub fn silence(silence: Silence, cluster: &str) -> wire::Silence {
    let matcher = |matcher: Matcher| wire::Matcher {
        name: matcher.name,
        value: matcher.value,
        is_regex: matcher.is_regex,
        is_equal: matcher.is_equal,
    };
    wire::Silence {
        cluster: cluster.to_owned(),
        cluster_id: silence.cluster.uuid(),
        id: silence.id,
        matchers: silence.matchers.into_iter().map(matcher).collect(),
        starts_at: silence.starts_at,
        ends_at: silence.ends_at,
        created_by: silence.created_by,
        comment: silence.comment,
        state: silence.state.as_str().to_owned(),
    }
}

/// A silence as it was asked for.
pub fn new_silence(asked: wire::NewSilence, now: Timestamp) -> Result<NewSilence, ApiError> {
    let starts_at = asked.starts_at.unwrap_or(now);
    let length = asked
        .duration
        .map(|text| time::duration("/duration", &text))
        .transpose()?;
    let ends_at = match (asked.ends_at, length) {
        (Some(end), None) => Some(end),
        (None, Some(length)) => starts_at.checked_add(length).ok(),
        _ => None,
    };
    let ends_at = ends_at.ok_or_else(|| {
        ApiError::invalid("/duration", "give either ends_at or a duration, such as 2h")
    })?;
    let matcher = |matcher: wire::Matcher| Matcher {
        name: matcher.name,
        value: matcher.value,
        is_regex: matcher.is_regex,
        is_equal: matcher.is_equal,
    };
    Ok(NewSilence {
        matchers: asked.matchers.into_iter().map(matcher).collect(),
        starts_at,
        ends_at,
        comment: asked.comment,
    })
}

/// A notification, if it is of the version that is understood.
pub fn notification(sent: wire::AlertNotification) -> Result<Notification, ApiError> {
    if sent.version != VERSION {
        let detail = format!(
            "this takes version {VERSION} of Alertmanager's webhook, as every Alertmanager since 0.5 sends it"
        );
        let error = ApiError::new(ErrorKind::Invalid, "unsupported_version", detail);
        return Err(error.blaming("/version"));
    }
    let alert = |alert: wire::NotifiedAlert| ReceivedAlert {
        fingerprint: alert.fingerprint,
        labels: alert.labels,
        firing: match alert.status {
            wire::NotifiedStatus::Firing => Firing::Firing,
            wire::NotifiedStatus::Resolved => Firing::Resolved,
        },
        starts_at: alert.starts_at,
    };
    Ok(Notification {
        group_key: sent.group_key,
        alerts: sent.alerts.into_iter().map(alert).collect(),
        truncated: sent.truncated_alerts,
    })
}

/// What a notification changed.
pub const fn received(received: Received) -> wire::ReceivedAlerts {
    wire::ReceivedAlerts {
        firing: received.firing,
        resolved: received.resolved,
        known: received.known,
        events: received.events,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_filter_is_a_name_a_sign_and_a_value() {
        let read = |text: &str| filter(text).map(|m| (m.name, m.value, m.is_regex, m.is_equal));
        let parts = |name: &str, value: &str, regex, equal| {
            (name.to_owned(), value.to_owned(), regex, equal)
        };
        assert_eq!(read("a=b").unwrap(), parts("a", "b", false, true));
        assert_eq!(
            read("a != \"b\\\"c\"").unwrap(),
            parts("a", "b\"c", false, false)
        );
        assert_eq!(read("a=~\"b|c\"").unwrap(), parts("a", "b|c", true, true));
        assert_eq!(read("a!~b=c").unwrap(), parts("a", "b=c", true, false));
        for wrong in ["a", "", "a!b", "a=\"b"] {
            assert!(read(wrong).is_err(), "{wrong}");
        }
    }
}
