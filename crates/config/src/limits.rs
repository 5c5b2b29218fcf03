//! `[limits]`: how often one caller may ask.

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::error::Problem;

/// How often one caller may ask. Counted by who is calling, never by address.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// Requests a second of one caller, over all routes.
    #[schemars(range(min = 1))]
    pub per_second: u32,
    /// Requests of one caller at once, after a pause.
    #[schemars(range(min = 1))]
    pub burst: u32,
    /// Routes that cost more: each as method, path and requests a second of one caller; ten times
    /// as many at once.
    #[schemars(example = ["POST /api/v1/analysis/rca 1"])]
    pub routes: Vec<String>,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            per_second: 200,
            burst: 1000,
            routes: Vec::new(),
        }
    }
}

impl Limits {
    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        for (key, value) in [
            ("limits.per_second", self.per_second),
            ("limits.burst", self.burst),
        ] {
            if value == 0 {
                let what = "must be at least 1: with less nobody could ask anything";
                problems.push(Problem::of(key, what));
            }
        }
        for text in &self.routes {
            if parse(text).is_none() {
                let what = format!(
                    "'{text}' is no rate of a route: write method, path and a number of at least \
                     1, as in POST /api/v1/analysis/rca 1"
                );
                problems.push(Problem::of("limits.routes", what));
            }
        }
    }

    /// The routes with a rate of their own: method and path, and requests a second.
    pub fn of_routes(&self) -> impl Iterator<Item = (&str, u32)> {
        self.routes.iter().filter_map(|text| parse(text))
    }
}

fn parse(text: &str) -> Option<(&str, u32)> {
    let (route, rate) = text.rsplit_once(' ')?;
    let (method, path) = route.split_once(' ')?;
    let is_method = !method.is_empty() && method.bytes().all(|b| b.is_ascii_uppercase());
    let rate = rate.parse().ok().filter(|rate| *rate > 0)?;
    (is_method && path.starts_with('/')).then_some((route, rate))
}
