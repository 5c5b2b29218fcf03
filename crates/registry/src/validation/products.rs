//! Prometheus, Loki, Tempo and Alertmanager: a trivial question that only they answer, and what
//! they say of their build.

use fleetscope_model::CheckCode;
use serde::Deserialize;

use super::probe::{BuildInfo, Probe};
use super::verdict::Verdict;

#[derive(Deserialize)]
struct Enveloped<T> {
    status: String,
    data: T,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct QueryData {
    result_type: String,
}

/// Also Thanos, and whatever else speaks the API.
pub(super) async fn prometheus(probe: &mut Probe) -> Result<(), Verdict> {
    let answer: Enveloped<QueryData> = probe.json("/api/v1/query", &[("query", "1")]).await?;
    if answer.status != "success" || answer.data.result_type != "scalar" {
        return Err(odd(
            probe,
            "a number asked of it is not answered by a number",
        ));
    }
    // Gateways before it seldom let this through, and it is only for people.
    let info = probe.json::<Enveloped<BuildInfo>>("/api/v1/status/buildinfo", &[]);
    probe.version = info.await.ok().map(|info| info.data.version);
    Ok(())
}

/// Also the gateway of a `LokiStack`.
pub(super) async fn loki(probe: &mut Probe) -> Result<(), Verdict> {
    #[derive(Deserialize)]
    struct Labels {
        status: String,
    }
    // Five minutes: no more than what lies in memory.
    let answer: Labels = probe
        .json("/loki/api/v1/labels", &[("since", "5m")])
        .await?;
    if answer.status != "success" {
        return Err(odd(probe, "it does not say which labels there are"));
    }
    let info = probe.json::<BuildInfo>("/loki/api/v1/status/buildinfo", &[]);
    probe.version = info.await.ok().map(|info| info.version);
    Ok(())
}

/// Also the gateway of a `TempoStack`, which lets only reads of `/api` through.
pub(super) async fn tempo(probe: &mut Probe) -> Result<(), Verdict> {
    #[derive(Deserialize)]
    struct Found {
        traces: Vec<serde::de::IgnoredAny>,
    }
    let query = [("q", "{}"), ("limit", "1")];
    let Found { traces } = probe.json("/api/search", &query).await?;
    drop(traces);
    let info = probe.json::<BuildInfo>("/api/status/buildinfo", &[]);
    probe.version = info.await.ok().map(|info| info.version);
    Ok(())
}

pub(super) async fn alertmanager(probe: &mut Probe) -> Result<(), Verdict> {
    #[derive(Deserialize)]
    #[serde(rename_all = "camelCase")]
    struct Status {
        version_info: BuildInfo,
    }
    let status: Status = probe.json("/api/v2/status", &[]).await?;
    probe.version = Some(status.version_info.version);
    Ok(())
}

fn odd(probe: &Probe, what: &str) -> Verdict {
    let (place, title) = (probe.upstream.place(), probe.source.title());
    let detail = format!("{place} is no {title} ({what}): check host, port and path of the URL");
    Verdict::new(CheckCode::OtherProduct, detail)
}
