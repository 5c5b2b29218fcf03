//! What the Prometheus HTTP API lists beside series, as it writes it. Servers that speak the same
//! API leave out what they have not, so that nearly everything may be missing.

use std::fmt;

use fleetscope_model::{Labels, MetricMeta};
use serde::Deserialize;
use serde::de::{Deserializer, Error, Visitor};

/// What a target says of a metric.
#[derive(Deserialize)]
pub(crate) struct Metadata {
    #[serde(rename = "type", default)]
    kind: String,
    #[serde(default)]
    help: String,
    #[serde(default)]
    unit: String,
}

impl Metadata {
    pub(crate) fn of(self, metric: String) -> MetricMeta {
        MetricMeta {
            metric,
            kind: self.kind,
            help: self.help,
            unit: self.unit,
        }
    }
}

#[derive(Deserialize)]
pub(crate) struct Groups {
    #[serde(default)]
    pub(crate) groups: Vec<Group>,
}

#[derive(Deserialize)]
pub(crate) struct Group {
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) file: String,
    #[serde(default)]
    pub(crate) interval: f64,
    #[serde(default)]
    pub(crate) limit: u64,
    #[serde(default)]
    pub(crate) rules: Vec<Rule>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Rule {
    #[serde(rename = "type", default)]
    pub(crate) kind: String,
    #[serde(default)]
    pub(crate) name: String,
    #[serde(default)]
    pub(crate) query: String,
    #[serde(default)]
    pub(crate) labels: Labels,
    #[serde(default)]
    pub(crate) health: String,
    #[serde(default)]
    pub(crate) last_error: String,
    #[serde(default)]
    pub(crate) last_evaluation: String,
    #[serde(default)]
    pub(crate) evaluation_time: f64,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) duration: f64,
    #[serde(default)]
    pub(crate) keep_firing_for: f64,
    #[serde(default)]
    pub(crate) annotations: Labels,
    #[serde(default)]
    pub(crate) alerts: Vec<Alert>,
}

#[derive(Deserialize)]
pub(crate) struct Alerts {
    #[serde(default)]
    pub(crate) alerts: Vec<Alert>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Alert {
    #[serde(default)]
    pub(crate) labels: Labels,
    #[serde(default)]
    pub(crate) annotations: Labels,
    #[serde(default)]
    pub(crate) state: String,
    #[serde(default)]
    pub(crate) active_at: Option<String>,
    #[serde(default)]
    pub(crate) value: Text,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Targets {
    #[serde(default)]
    pub(crate) active_targets: Vec<Target>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Target {
    #[serde(default)]
    pub(crate) labels: Labels,
    #[serde(default)]
    pub(crate) discovered_labels: Labels,
    #[serde(default)]
    pub(crate) scrape_pool: String,
    #[serde(default)]
    pub(crate) scrape_url: String,
    #[serde(default)]
    pub(crate) health: String,
    #[serde(default)]
    pub(crate) last_error: String,
    #[serde(default)]
    pub(crate) last_scrape: String,
    #[serde(default)]
    pub(crate) last_scrape_duration: f64,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Exemplars {
    #[serde(default)]
    pub(crate) series_labels: Labels,
    #[serde(default)]
    pub(crate) exemplars: Vec<OneExemplar>,
}

#[derive(Deserialize)]
pub(crate) struct OneExemplar {
    #[serde(default)]
    pub(crate) labels: Labels,
    #[serde(default)]
    pub(crate) value: Text,
    #[serde(default)]
    pub(crate) timestamp: f64,
}

/// A number as text; `VictoriaMetrics` writes some as numbers.
#[derive(Default)]
pub(crate) struct Text(pub(crate) String);

impl<'de> Deserialize<'de> for Text {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(TextVisitor)
    }
}

struct TextVisitor;

impl Visitor<'_> for TextVisitor {
    type Value = Text;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a number, or one as text")
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Text, E> {
        Ok(Text(text.to_owned()))
    }

    fn visit_f64<E: Error>(self, number: f64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }

    fn visit_u64<E: Error>(self, number: u64) -> Result<Text, E> {
        Ok(Text(number.to_string()))
    }
}
