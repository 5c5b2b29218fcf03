//! From the model's nouns to the wire's shapes, and back for what callers send.

pub mod alerts;
pub mod analysis;
pub mod anomaly_event;
pub mod audit;
pub mod capability;
pub mod causal;
pub mod cluster;
pub mod credential;
pub mod health;
pub mod identity;
pub mod import;
pub mod investigation;
pub mod logs;
pub mod metrics;
pub mod report;
pub mod time;
pub mod token;
pub mod traces;
pub mod validation;
pub mod window;

use fleetscope_client::wire;
use fleetscope_model::{Event, Selection};
use serde::Serialize;
use uuid::Uuid;

use crate::error::ApiError;

/// The name that a unit variant is stored and shown by.
pub(crate) fn name(value: &impl Serialize) -> String {
    match serde_json::to_value(value) {
        Ok(serde_json::Value::String(name)) => name,
        _ => String::new(),
    }
}

/// A finite number, or nothing: JSON has no word for the others.
fn finite(value: f64) -> Option<f64> {
    value.is_finite().then_some(value)
}

/// The clusters that a caller named; all where none are.
pub fn selection(ids: Option<Vec<Uuid>>) -> Result<Selection, ApiError> {
    const MOST: usize = 200;
    match ids {
        None => Ok(Selection::All),
        Some(ids) if ids.len() > MOST => Err(ApiError::invalid(
            "/clusters",
            format!("at most {MOST} clusters at once"),
        )),
        Some(ids) => Ok(Selection::Only(
            ids.into_iter()
                .map(fleetscope_model::ClusterId::new)
                .collect(),
        )),
    }
}

/// An event.
pub fn event(event: Event) -> wire::Event {
    let Event { seq, event } = event;
    wire::Event {
        seq: seq.0,
        at: event.at,
        kind: event.kind.as_str().to_owned(),
        subject: event.subject,
        actor: event.actor,
        summary: event.summary,
    }
}
