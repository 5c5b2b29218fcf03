//! Events.

use jiff::Timestamp;
use k8s_openapi::api::core::v1 as core;

/// An event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// What it is about.
    pub object: InvolvedObject,
    /// `Normal` or `Warning`.
    pub severity: String,
    /// For example `BackOff`.
    pub reason: String,
    /// Its text.
    pub message: String,
    /// How often it was seen, at least once.
    pub count: u32,
    /// When it was first seen.
    pub first_at: Timestamp,
    /// When it was last seen.
    pub last_at: Timestamp,
}

/// What an event is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvolvedObject {
    /// For example `Pod`.
    pub kind: String,
    /// None for what has no namespace.
    pub namespace: Option<String>,
    /// Its name.
    pub name: String,
}

impl From<core::Event> for Event {
    fn from(event: core::Event) -> Self {
        let times = Times::of(&event);
        let object = event.involved_object;
        let counts = [
            event.count,
            event.series.as_ref().and_then(|series| series.count),
        ];
        Self {
            object: InvolvedObject {
                kind: object.kind.unwrap_or_default(),
                namespace: object.namespace.filter(|namespace| !namespace.is_empty()),
                name: object.name.unwrap_or_default(),
            },
            severity: event.type_.unwrap_or_else(|| "Normal".to_owned()),
            reason: event.reason.unwrap_or_default(),
            message: event.message.unwrap_or_default(),
            count: counts
                .into_iter()
                .flatten()
                .filter_map(|count| u32::try_from(count).ok())
                .fold(1, u32::max),
            first_at: times.first,
            last_at: times.last,
        }
    }
}

/// First and last sight. An event has its times in one of two forms: the old recorder writes
/// `firstTimestamp` and `lastTimestamp`; the new one leaves them null and writes `eventTime` and,
/// when it came again, `series.lastObservedTime`. The creation time is what is left otherwise.
struct Times {
    first: Timestamp,
    last: Timestamp,
}

impl Times {
    fn of(event: &core::Event) -> Self {
        let created = event
            .metadata
            .creation_timestamp
            .as_ref()
            .map(|time| time.0);
        let known = [
            event.first_timestamp.as_ref().map(|time| time.0),
            event.event_time.as_ref().map(|time| time.0),
            event.last_timestamp.as_ref().map(|time| time.0),
            event
                .series
                .as_ref()
                .and_then(|series| Some(series.last_observed_time.as_ref()?.0)),
        ];
        let known = || known.iter().copied().flatten();
        let fallback = created.unwrap_or(Timestamp::UNIX_EPOCH);
        Self {
            first: known().min().unwrap_or(fallback),
            last: known().max().unwrap_or(fallback),
        }
    }
}
