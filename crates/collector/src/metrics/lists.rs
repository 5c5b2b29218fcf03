//! Series, labels and their values, and what metrics are.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Write as _;

use fleetscope_model::{
    Aspect, Caller, Collection, Exemplar, ExemplarSeries, GapKind, Labels, MetricMeta, Selection,
    SeriesQuery, Sight, Source, TimeRange,
};
use fleetscope_outbound::Failure;
use fleetscope_ports::Result;
use serde::de::DeserializeOwned;

use crate::Collector;
use crate::federation::Asking;
use crate::prometheus::catalog::{Exemplars, Metadata};
use crate::prometheus::merge::name_cluster;
use crate::prometheus::plan::{CLUSTER, Plan};
use crate::prometheus::{METRICS, answer, promql, seconds, within};
use crate::quote::{names_pattern, quoted};
use crate::range::{self, check_limit, invalid};
use crate::site::Site;

/// Items of one cluster in one list.
const MOST: u32 = 100_000;

/// Selectors in one question.
const MOST_MATCHES: usize = 50;

fn check(asked: &SeriesQuery) -> Result<()> {
    check_limit(asked.limit, MOST)?;
    if let Some(range) = asked.range {
        range::check(range)?;
    }
    if asked.matches.len() > MOST_MATCHES {
        return Err(invalid(
            "invalid_query",
            format!("at most {MOST_MATCHES} selectors in one question"),
        ));
    }
    asked
        .matches
        .iter()
        .try_for_each(|one| promql::check_selector(one))
}

pub(super) async fn series(
    collector: &Collector,
    caller: &Caller,
    asked: &SeriesQuery,
) -> Result<Collection<Labels>> {
    if asked.matches.is_empty() {
        return Err(invalid(
            "invalid_query",
            "no match[] is given: write at least one selector",
        ));
    }
    each(collector, caller, asked, |site| async move {
        let mut found: Collection<Labels> = list(&site, asked, List::Series).await;
        if asked.labelled {
            for labels in &mut found.items {
                name_cluster(labels, site.name());
            }
        }
        found
    })
    .await
}

pub(super) async fn names(
    collector: &Collector,
    caller: &Caller,
    asked: &SeriesQuery,
) -> Result<Collection<String>> {
    let found = each(collector, caller, asked, |site| async move {
        let mut found: Collection<String> = list(&site, asked, List::Names).await;
        if asked.labelled && !found.items.is_empty() {
            found.items.push(CLUSTER.to_owned());
        }
        found
    });
    Ok(once(found.await?))
}

pub(super) async fn values(
    collector: &Collector,
    caller: &Caller,
    name: &str,
    asked: &SeriesQuery,
) -> Result<Collection<String>> {
    if name.is_empty() || name.len() > 200 {
        return Err(invalid(
            "invalid_label",
            "the label has no name, or one of more than 200 bytes: write one such as job",
        ));
    }
    let of_cluster = asked.labelled && name == CLUSTER;
    // Whether a cluster has any series at all shows by their names.
    let asked_name = if of_cluster { "__name__" } else { name };
    let found = each(collector, caller, asked, |site| async move {
        let list: Collection<String> = list(&site, asked, List::Values(asked_name)).await;
        if !of_cluster {
            return list;
        }
        let there = !list.items.is_empty();
        Collection {
            items: there.then(|| site.name().to_owned()).into_iter().collect(),
            gaps: list.gaps,
        }
    });
    Ok(once(found.await?))
}

/// Sorted, each once.
fn once(found: Collection<String>) -> Collection<String> {
    let items: BTreeSet<String> = found.items.into_iter().collect();
    Collection {
        items: items.into_iter().collect(),
        gaps: found.gaps,
    }
}

async fn each<T, F>(
    collector: &Collector,
    caller: &Caller,
    asked: &SeriesQuery,
    read: impl Fn(Site) -> F,
) -> Result<Collection<T>>
where
    F: Future<Output = Collection<T>>,
{
    check(asked)?;
    let named = named(&asked.matches);
    let asking = Asking::of(caller, &asked.clusters, Source::Prometheus, METRICS);
    collector.fan_out(asking.about(named.as_ref()), read).await
}

/// The namespaces that all selectors name between them; none where one of them names none.
fn named(matches: &[String]) -> Option<BTreeSet<String>> {
    let mut all = BTreeSet::new();
    for one in matches {
        all.extend(within::named(one)?);
    }
    Some(all).filter(|all| !all.is_empty())
}

/// Which list.
#[derive(Debug, Clone, Copy)]
enum List<'a> {
    Series,
    Names,
    Values(&'a str),
}

async fn list<T: DeserializeOwned>(
    site: &Site,
    asked: &SeriesQuery,
    list: List<'_>,
) -> Collection<T> {
    match read(site, asked, list).await {
        Ok((mut items, warning)) => {
            let warned = warning.map(|w| site.gap(Source::Prometheus, w));
            let mut gaps: Vec<_> = warned.into_iter().collect();
            let (count, limit) = (items.len(), asked.limit as usize);
            if count > limit {
                items.truncate(limit);
                gaps.push(site.gap(Source::Prometheus, cut(count, limit)));
            }
            Collection { items, gaps }
        }
        Err(failure) => Collection::gap(site.gap(Source::Prometheus, failure)),
    }
}

fn cut(count: usize, limit: usize) -> Failure {
    let detail = format!("there are {count}, and the first {limit} are shown: select fewer");
    Failure::new(GapKind::Truncated, detail)
}

async fn read<T: DeserializeOwned>(
    site: &Site,
    asked: &SeriesQuery,
    list: List<'_>,
) -> Result<(Vec<T>, Option<Failure>), Failure> {
    let Some(selectors) = selectors(site, asked)? else {
        return Ok((Vec::new(), None));
    };
    let named = named(&selectors);
    let prometheus = site.prometheus()?.about(named.as_ref());
    let mut form: Vec<(&str, &str)> = selectors.iter().map(|s| ("match[]", s.as_str())).collect();
    let range = asked.range.map(|range| {
        let ends = [range.start, range.end];
        ends.map(|at| seconds(at.as_millisecond()))
    });
    if let Some([start, end]) = &range {
        form.extend([("start", start.as_str()), ("end", end)]);
    }
    let answer = match list {
        List::Series => prometheus.form("/api/v1/series", &form).await?,
        List::Names => prometheus.form("/api/v1/labels", &form).await?,
        List::Values(name) => {
            let name: String = percent(name);
            let path = format!("/api/v1/label/{name}/values");
            prometheus.list(&path, &form).await?
        }
    };
    answer::list(&answer)
}

/// What is not plain in a path's segment, escaped.
fn percent(name: &str) -> String {
    let mut text = String::with_capacity(name.len());
    for byte in name.bytes() {
        if byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.') {
            text.push(char::from(byte));
        } else {
            // Writing to a string can't fail.
            let _ = write!(text, "%{byte:02X}");
        }
    }
    text
}

/// The selectors as this cluster may be asked for them; none where nothing can match here.
fn selectors(site: &Site, asked: &SeriesQuery) -> Result<Option<Vec<String>>, Failure> {
    let mut selectors = Vec::new();
    for one in &asked.matches {
        if !asked.labelled {
            selectors.push(one.clone());
            continue;
        }
        let plan = Plan::each(one).map_err(|_| within::unheld())?;
        selectors.extend(plan.texts(site.name())?);
    }
    if selectors.is_empty() && !asked.matches.is_empty() {
        return Ok(None);
    }
    let Sight::Namespaces(names) = site.sight(Aspect::Metrics) else {
        return Ok(Some(selectors));
    };
    if selectors.is_empty() {
        let pattern = quoted(&names_pattern(names));
        return Ok(Some(vec![format!("{{namespace=~{pattern}}}")]));
    }
    let held = selectors.iter().map(|one| within::within(one, names));
    held.collect::<Result<Vec<_>, _>>().map(Some)
}

pub(super) async fn metadata(
    collector: &Collector,
    caller: &Caller,
    clusters: &Selection,
    (metric, limit): (Option<&str>, u32),
) -> Result<Collection<MetricMeta>> {
    check_limit(limit, MOST)?;
    let asking = Asking::of(caller, clusters, Source::Prometheus, METRICS);
    let found = collector
        .fan_out(asking, |site| async move {
            match metadata_of(&site, metric, limit).await {
                Ok(items) => Collection {
                    items,
                    gaps: Vec::new(),
                },
                Err(failure) => Collection::gap(site.gap(Source::Prometheus, failure)),
            }
        })
        .await?;
    let items: BTreeSet<MetricMeta> = found.items.into_iter().collect();
    Ok(Collection {
        items: items.into_iter().collect(),
        gaps: found.gaps,
    })
}

async fn metadata_of(
    site: &Site,
    metric: Option<&str>,
    limit: u32,
) -> Result<Vec<MetricMeta>, Failure> {
    only_whole(site, "what metrics are")?;
    let most = limit.to_string();
    let mut query = vec![("limit", most.as_str())];
    query.extend(metric.map(|metric| ("metric", metric)));
    let answer = site.prometheus()?.list("/api/v1/metadata", &query).await?;
    let (found, _): (BTreeMap<String, Vec<Metadata>>, _) = answer::list(&answer)?;
    let metrics = found.into_iter().take(limit as usize);
    let each = metrics
        .flat_map(|(metric, said)| said.into_iter().map(move |said| said.of(metric.clone())));
    Ok(each.collect())
}

/// What belongs to no namespace is for those who see the whole.
pub(super) fn only_whole(site: &Site, what: &str) -> Result<(), Failure> {
    if *site.sight(Aspect::Metrics) == Sight::Whole {
        return Ok(());
    }
    let detail = format!(
        "{what} belongs to no namespace, and you may see some namespaces here only: ask for the \
         right to see the metrics of the whole cluster"
    );
    Err(Failure::new(GapKind::Forbidden, detail))
}

pub(super) async fn exemplars(
    collector: &Collector,
    caller: &Caller,
    clusters: &Selection,
    (query, range): (&str, TimeRange),
) -> Result<Collection<ExemplarSeries>> {
    promql::check_at_instant(query)?;
    range::check(range)?;
    let named = within::named(query);
    let asking = Asking::of(caller, clusters, Source::Prometheus, METRICS);
    collector
        .fan_out(asking.about(named.as_ref()), |site| async move {
            match exemplars_of(&site, query, range).await {
                Ok(items) => Collection {
                    items,
                    gaps: Vec::new(),
                },
                Err(failure) => Collection::gap(site.gap(Source::Prometheus, failure)),
            }
        })
        .await
}

async fn exemplars_of(
    site: &Site,
    query: &str,
    range: TimeRange,
) -> Result<Vec<ExemplarSeries>, Failure> {
    let mut found = Vec::new();
    let plan = Plan::each(query).map_err(|_| within::unheld())?;
    for text in plan.texts(site.name())? {
        let (prometheus, text) = crate::prometheus::asked(site, &text)?;
        let ends = [range.start, range.end].map(|at| seconds(at.as_millisecond()));
        let form = [
            ("query", &*text),
            ("start", ends[0].as_str()),
            ("end", &ends[1]),
        ];
        let answer = prometheus.form("/api/v1/query_exemplars", &form).await?;
        let (all, _): (Vec<Exemplars>, _) = answer::list(&answer)?;
        for Exemplars {
            mut series_labels,
            exemplars,
        } in all
        {
            name_cluster(&mut series_labels, site.name());
            let one = |one: crate::prometheus::catalog::OneExemplar| Exemplar {
                labels: one.labels,
                value: one.value.0,
                at_ms: (one.timestamp * 1000.0).round() as i64,
            };
            found.push(ExemplarSeries {
                labels: series_labels,
                exemplars: exemplars.into_iter().map(one).collect(),
            });
        }
    }
    Ok(found)
}
