//! `/prometheus/{cluster}/api/v1/query`

use axum::extract::State;
use axum::response::Response;
use fleetscope_model::{Caller, Evaluation, Union, Window};
use fleetscope_ports::Passed;

use super::answer;
use super::asked::{Asked, Of, Place};
use super::refusal::Refusal;
use crate::extract::Asker;
use crate::services::Metrics;

/// Evaluate `PromQL` at one instant, in Prometheus' shape; parameters also as a form.
#[utoipa::path(
    method(get, post),
    path = "/prometheus/{cluster}/api/v1/query",
    tag = "prometheus",
    params(
        ("cluster" = String, Path, description = "A cluster's name or id, or `fleet`."),
        ("query" = String, Query, description = "`PromQL`."),
        ("time" = Option<String>, Query, description = "Unix seconds or RFC 3339; now where absent."),
    ),
    responses((status = 200, body = serde_json::Value)),
)]
pub(super) async fn query(
    State(metrics): State<Metrics>,
    Asker(caller): Asker,
    place: Place,
    asked: Asked,
) -> Result<Response, Refusal> {
    let of = place.of(&metrics, &caller).await?;
    let at = asked.at("time")?;
    let window = Window::At(at.unwrap_or_else(|| metrics.clock.now()));
    evaluate(&metrics, &caller, of, (asked.query()?, window)).await
}

/// One cluster's answer as it gave it, or that of all as one.
pub(super) async fn evaluate(
    metrics: &Metrics,
    caller: &Caller,
    of: Of,
    (query, window): (&str, Window),
) -> Result<Response, Refusal> {
    if let Of::One(cluster) = of {
        let found = metrics
            .reader
            .passed(caller, cluster, query, window)
            .await?;
        return match found.items.into_iter().next() {
            Some(Passed::Whole(body)) => Ok(answer::raw(body)),
            Some(Passed::Refused { kind, message }) => Err(Refusal::new(&kind, message)),
            None => Err(Refusal::of_gaps(&found.gaps)),
        };
    }
    let question = Evaluation {
        clusters: of.selection(),
        query: query.to_owned(),
        window,
        union: Union::One,
        points: None,
    };
    answer::evaluated(metrics.reader.evaluate(caller, &question).await?)
}
