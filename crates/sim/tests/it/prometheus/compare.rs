//! Whether two answers are the same.

use std::collections::BTreeMap;

use serde_json::Value as Json;

use super::http::Sim;
use super::peer::Peer;

/// How far two sample values may be apart, relative to the larger one.
const TOLERANCE: f64 = 1e-9;

/// Everything that differed, so that one run shows all of it.
#[derive(Default)]
pub(super) struct Differences {
    compared: usize,
    found: Vec<String>,
}

impl Differences {
    pub(super) fn add(&mut self, outcome: Result<(), String>) {
        self.compared += 1;
        self.found.extend(outcome.err());
    }

    pub(super) fn add_all(&mut self, outcomes: Vec<Result<(), String>>) {
        for outcome in outcomes {
            self.add(outcome);
        }
    }

    pub(super) fn report(self) {
        let (compared, differing) = (self.compared, self.found.len());
        assert!(compared > 0, "nothing was compared");
        println!("{compared} answers compared");
        let shown = self.found[..differing.min(30)].join("\n\n");
        assert!(
            differing == 0,
            "{differing} of {compared} answers differ:\n\n{shown}"
        );
    }
}

/// Compares two answers in full: samples within the tolerance, series in any order but where the
/// query sorts, errors by status, type and, for errors of execution, message.
pub(super) async fn answers(peer: &Peer, sim: &Sim, path: &str) -> Result<(), String> {
    let (real, own) = (peer.get(path), sim.get(path).await);
    let describe = |what: &str| {
        let cut = |text: &str| text.chars().take(1500).collect::<String>();
        let text = percent_decoded(path);
        format!(
            "{text}: {what}\n  real {} {}\n  sim  {} {}",
            real.status,
            cut(&real.body),
            own.status,
            cut(&own.body)
        )
    };
    if real.status != own.status {
        return Err(describe("status"));
    }
    let (real_json, own_json) = (real.json(), own.json());
    if real.status != 200 {
        return same_error(&real_json, &own_json).map_err(|what| describe(&what));
    }
    let sorted = path.contains("query=sort")
        || path.contains("query=topk")
        || path.contains("query=bottomk");
    same_data(&real_json, &own_json, sorted).map_err(|what| describe(&what))
}

/// Like [`answers`], but which of several errors a query runs into first is left open.
pub(super) async fn generated(peer: &Peer, sim: &Sim, path: &str) -> Result<(), String> {
    let (real, own) = (peer.get(path).status, sim.get(path).await.status);
    if real == 422 && own == 422 {
        return Ok(());
    }
    answers(peer, sim, path).await
}

/// Like [`answers`], for requests that must fail.
pub(super) async fn errors(peer: &Peer, sim: &Sim, path: &str) -> Result<(), String> {
    answers(peer, sim, path).await?;
    if peer.get(path).status == 200 {
        return Err(format!(
            "{}: should fail but does not",
            percent_decoded(path)
        ));
    }
    Ok(())
}

fn same_error(real: &Json, own: &Json) -> Result<(), String> {
    for key in ["status", "errorType"] {
        if real[key] != own[key] {
            return Err(format!("{key} differs"));
        }
    }
    let is_execution = real["errorType"] == "execution";
    if is_execution && real["error"] != own["error"] {
        return Err("message differs".to_owned());
    }
    if own.is_object() && own["error"].as_str().is_none_or(str::is_empty) {
        return Err("there is no message".to_owned());
    }
    Ok(())
}

fn same_data(real: &Json, own: &Json, sorted: bool) -> Result<(), String> {
    let (real_type, own_type) = (&real["data"]["resultType"], &own["data"]["resultType"]);
    if real_type != own_type {
        return Err("resultType differs".to_owned());
    }
    let (real_result, own_result) = (&real["data"]["result"], &own["data"]["result"]);
    match real_type.as_str() {
        Some("vector" | "matrix") => same_series(real_result, own_result, sorted),
        Some("scalar") => same_point(real_result, own_result),
        _ if real == own => Ok(()),
        _ => Err("body differs".to_owned()),
    }
}

fn same_series(real: &Json, own: &Json, sorted: bool) -> Result<(), String> {
    let (real, own) = (series(real)?, series(own)?);
    if real.len() != own.len() || real.keys().ne(own.keys()) {
        return Err("the sets of series differ".to_owned());
    }
    for (labels, (real_place, real_points)) in &real {
        let (own_place, own_points) = &own[labels];
        if real_points.len() != own_points.len() {
            let (real, own) = (real_points.len(), own_points.len());
            return Err(format!("{labels} has {real} points and not {own}"));
        }
        for (real, own) in real_points.iter().zip(own_points) {
            same_point(real, own).map_err(|what| format!("{labels}: {what}"))?;
        }
        if sorted && real_points.len() == 1 && real_place != own_place {
            return Err(format!("{labels} is in another place"));
        }
    }
    Ok(())
}

/// Place and points of each series, by its labels.
type SeriesByLabels = BTreeMap<String, (usize, Vec<Json>)>;

fn series(result: &Json) -> Result<SeriesByLabels, String> {
    let list = result.as_array().ok_or("the result is no list")?;
    let mut found = BTreeMap::new();
    for (place, series) in list.iter().enumerate() {
        let points = match (&series["values"], &series["value"]) {
            (Json::Array(points), _) => points.clone(),
            (_, point) => vec![point.clone()],
        };
        let labels = series["metric"].to_string();
        if found.insert(labels.clone(), (place, points)).is_some() {
            return Err(format!("{labels} is there twice"));
        }
    }
    Ok(found)
}

fn same_point(real: &Json, own: &Json) -> Result<(), String> {
    if real[0] != own[0] {
        return Err(format!("time {} and not {}", real[0], own[0]));
    }
    let value = |point: &Json| point[1].as_str().and_then(|text| text.parse::<f64>().ok());
    match (value(real), value(own)) {
        (Some(real), Some(own)) if is_close(real, own) => Ok(()),
        _ => Err(format!("at {}: {} and not {}", real[0], real[1], own[1])),
    }
}

fn is_close(a: f64, b: f64) -> bool {
    let same = a.to_bits() == b.to_bits() || (a.is_nan() && b.is_nan());
    same || (a - b).abs() <= TOLERANCE * a.abs().max(b.abs())
}

fn percent_decoded(path: &str) -> String {
    let (name, query) = path.split_once('?').unwrap_or((path, ""));
    let pairs = url::form_urlencoded::parse(query.as_bytes());
    let pairs: Vec<String> = pairs.map(|(k, v)| format!("{k}={v}")).collect();
    format!("{name} {}", pairs.join("  "))
}
