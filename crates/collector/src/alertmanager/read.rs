//! Reading alerts, groups and silences.

use fleetscope_model::{
    Alert, AlertGroup, AlertQuery, Aspect, Caller, Collection, Selection, Silence, SilenceState,
    Source,
};
use fleetscope_outbound::{Answer, Failure};
use fleetscope_ports::Result;

use super::{answer, matchers};
use crate::Collector;
use crate::federation::Asking;
use crate::site::Site;

const SHOWN: &[Aspect] = &[Aspect::Metrics];

/// Alerts, the longest firing first.
pub(super) async fn alerts(
    collector: &Collector,
    caller: &Caller,
    query: &AlertQuery,
) -> Result<Collection<Alert>> {
    matchers::check(&query.matchers)?;
    let asking = Asking::of(caller, &query.clusters, Source::Alertmanager, SHOWN);
    collector
        .fan_out(asking, |site| async move {
            let read = list(&site, "/api/v2/alerts", query).await;
            let read = read.and_then(|answer| answer::alerts(&answer, site.cluster()));
            let mut found = collected(&site, read);
            let sight = site.sight(Aspect::Metrics);
            found
                .items
                .retain(|alert| matchers::shows(sight, &alert.labels));
            found
                .items
                .sort_by(|a, b| (a.starts_at, &a.fingerprint).cmp(&(b.starts_at, &b.fingerprint)));
            found
        })
        .await
}

/// Groups, as Alertmanager has them. Of one that the caller sees in part the rest is left out, and
/// one of which it sees nothing is not there.
pub(super) async fn groups(
    collector: &Collector,
    caller: &Caller,
    query: &AlertQuery,
) -> Result<Collection<AlertGroup>> {
    matchers::check(&query.matchers)?;
    let asking = Asking::of(caller, &query.clusters, Source::Alertmanager, SHOWN);
    collector
        .fan_out(asking, |site| async move {
            let read = list(&site, "/api/v2/alerts/groups", query).await;
            let read = read.and_then(|answer| answer::groups(&answer, site.cluster()));
            let mut found = collected(&site, read);
            let sight = site.sight(Aspect::Metrics);
            found.items.retain_mut(|group| {
                group
                    .alerts
                    .retain(|alert| matchers::shows(sight, &alert.labels));
                !group.alerts.is_empty()
            });
            found
        })
        .await
}

/// Silences: those that keep something quiet first, then by their end.
pub(super) async fn silences(
    collector: &Collector,
    caller: &Caller,
    clusters: &Selection,
) -> Result<Collection<Silence>> {
    let asking = Asking::of(caller, clusters, Source::Alertmanager, SHOWN);
    collector
        .fan_out(asking, |site| async move {
            let read = get(&site, "/api/v2/silences", &[]).await;
            let read = read.and_then(|answer| answer::silences(&answer, site.cluster()));
            let mut found = collected(&site, read);
            let sight = site.sight(Aspect::Metrics);
            found
                .items
                .retain(|silence| matchers::held_to(sight, &silence.matchers));
            found.items.sort_by(|a, b| {
                let ended = |silence: &Silence| silence.state == SilenceState::Expired;
                let order = ended(a).cmp(&ended(b)).then(b.ends_at.cmp(&a.ends_at));
                order.then_with(|| a.id.cmp(&b.id))
            });
            found
        })
        .await
}

fn collected<T>(site: &Site, read: Result<(Vec<T>, Option<Failure>), Failure>) -> Collection<T> {
    let gap = |failure| site.gap(Source::Alertmanager, failure);
    match read {
        Ok((items, more)) => Collection {
            items,
            gaps: more.map(gap).into_iter().collect(),
        },
        Err(failure) => Collection::gap(gap(failure)),
    }
}

async fn list(site: &Site, path: &str, query: &AlertQuery) -> Result<Answer, Failure> {
    let filters: Vec<String> = query.matchers.iter().map(matchers::filter).collect();
    let (silenced, inhibited) = (query.silenced.to_string(), query.inhibited.to_string());
    let mut parameters = vec![("silenced", silenced.as_str()), ("inhibited", &inhibited)];
    parameters.extend(filters.iter().map(|filter| ("filter", filter.as_str())));
    get(site, path, &parameters).await
}

async fn get(site: &Site, path: &str, parameters: &[(&str, &str)]) -> Result<Answer, Failure> {
    let upstream = site.upstream(Source::Alertmanager)?;
    upstream.get(path, parameters).await?.success()
}
