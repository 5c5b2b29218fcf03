//! Which labels, values, streams and fields there are, and how much of them.

use fleetscope_model::{
    Aspect, Caller, Collection, DetectedField, Gap, GapKind, Labels, LogList, LogStats, LogStream,
    LogVolume, LogsAbout, Sight, Source, Substitute,
};
use fleetscope_outbound::{Answer, Failure};
use fleetscope_ports::Result;
use serde::Deserialize;
use serde::de::DeserializeOwned;

use super::answer::{self, Found};
use super::door::Door;
use super::expression::Expression;
use super::logql::{Held, Read, check_label};
use super::{budget, instead, nanoseconds, pods, refusal, within};
use crate::Collector;
use crate::federation::Asking;
use crate::range::{self, invalid};
use crate::site::Site;

/// Items of one cluster.
const MOST: u32 = 5_000;

/// Labels that volumes are counted by.
const MOST_LABELS: usize = 16;

/// The label that says of which cluster a stream is: ours, whatever the upstream has by that name.
const CLUSTER: &str = "cluster";

/// What one cluster said.
enum Told<T> {
    Item(T),
    /// The query is wrong, in these words.
    Wrong(Gap),
    /// It comes from elsewhere.
    Instead(Substitute),
}

pub(crate) async fn labels(
    collector: &Collector,
    caller: &Caller,
    about: &LogsAbout,
) -> Result<LogList<String>> {
    let instead = |site: Site, expression| async move { instead::labels(&site, expression).await };
    let names = ask(collector, caller, about, instead, |of| async move {
        if restricted(&of.site) {
            let streams = streams_of(&of, about).await?;
            return Ok(streams.into_iter().flat_map(Labels::into_keys).collect());
        }
        listed(&of, "labels", about).await
    });
    let mut names = unique(joined(names.await?)?, about.limit);
    if !names.items.is_empty() && !names.items.iter().any(|name| name == CLUSTER) {
        names.items.push(CLUSTER.to_owned());
        names.items.sort();
    }
    Ok(names)
}

pub(crate) async fn label_values(
    collector: &Collector,
    caller: &Caller,
    name: &str,
    about: &LogsAbout,
) -> Result<LogList<String>> {
    check_label(name)?;
    let instead = |site: Site, expression| async move {
        if name == CLUSTER {
            return Ok(vec![site.name().to_owned()]);
        }
        instead::values(&site, name, expression).await
    };
    let values = ask(collector, caller, about, instead, |of| async move {
        if name == CLUSTER {
            return Ok(vec![of.site.name().to_owned()]);
        }
        if restricted(&of.site) {
            let streams = streams_of(&of, about).await?;
            let values = streams.into_iter().filter_map(|mut all| all.remove(name));
            return Ok(values.collect());
        }
        listed(&of, &format!("label/{name}/values"), about).await
    });
    Ok(unique(joined(values.await?)?, about.limit))
}

pub(crate) async fn streams(
    collector: &Collector,
    caller: &Caller,
    about: &LogsAbout,
) -> Result<LogList<LogStream>> {
    let instead = |site: Site, expression| async move {
        instead::streams(&site, expression, about.limit).await
    };
    let found = ask(collector, caller, about, instead, |of| async move {
        let cluster = of.site.cluster();
        let mut streams = streams_of(&of, about).await?;
        streams.sort();
        streams.dedup();
        streams.truncate(about.limit as usize);
        let stream = |labels| LogStream { cluster, labels };
        Ok(streams.into_iter().map(stream).collect())
    });
    joined(found.await?)
}

pub(crate) async fn volume(
    collector: &Collector,
    caller: &Caller,
    about: &LogsAbout,
    by: &[String],
) -> Result<Collection<LogVolume>> {
    if by.len() > MOST_LABELS {
        let most = format!("at most {MOST_LABELS} labels can be counted by at once");
        return Err(invalid("invalid_label", most));
    }
    by.iter().try_for_each(|name| check_label(name))?;
    let by = by.join(",");
    let by = &by;
    let found = ask(
        collector,
        caller,
        about,
        instead::nothing,
        |of| async move {
            let limit = about.limit.to_string();
            let mut more = vec![("limit", limit.as_str())];
            if !by.is_empty() {
                more.push(("targetLabels", by));
            }
            let answer = read(&of, "index/volume", about, &more).await?;
            let series = match answer::found(&answer)? {
                Found::Vector(series) | Found::Matrix(series) => series,
                Found::Lines(_) => Vec::new(),
            };
            let cluster = of.site.cluster();
            let mut volumes: Vec<LogVolume> = series
                .into_iter()
                .map(|series| LogVolume {
                    cluster,
                    labels: series.labels,
                    bytes: series.samples.first().map_or(0, |s| s.value as u64),
                })
                .collect();
            volumes.sort_by(|a, b| b.bytes.cmp(&a.bytes).then_with(|| a.labels.cmp(&b.labels)));
            Ok(volumes)
        },
    );
    joined(found.await?).map(collected)
}

pub(crate) async fn stats(
    collector: &Collector,
    caller: &Caller,
    about: &LogsAbout,
) -> Result<Collection<LogStats>> {
    let found = ask(
        collector,
        caller,
        about,
        instead::nothing,
        |of| async move {
            let Some(held) = &of.held else {
                return Ok(Vec::new());
            };
            let stats = budget::stats(&of.door, held, about.scope.range).await?;
            Ok(vec![LogStats {
                cluster: of.site.cluster(),
                streams: stats.streams,
                chunks: stats.chunks,
                entries: stats.entries,
                bytes: stats.bytes,
            }])
        },
    );
    joined(found.await?).map(collected)
}

pub(crate) async fn fields(
    collector: &Collector,
    caller: &Caller,
    about: &LogsAbout,
) -> Result<LogList<DetectedField>> {
    #[derive(Deserialize)]
    struct Body {
        /// Absent where nothing is found.
        #[serde(default)]
        fields: Vec<Field>,
    }
    #[derive(Deserialize)]
    struct Field {
        label: String,
        #[serde(rename = "type", default)]
        kind: String,
        #[serde(default)]
        cardinality: u64,
        parsers: Option<Vec<String>>,
    }
    let instead =
        |site: Site, expression| async move { instead::fields(&site, expression, about).await };
    let found = ask(collector, caller, about, instead, |of| async move {
        let limit = about.limit.to_string();
        let answer = read(&of, "detected_fields", about, &[("limit", &limit)]).await?;
        let body: Body = answer.json()?;
        let cluster = of.site.cluster();
        let mut fields: Vec<DetectedField> = body
            .fields
            .into_iter()
            .map(|field| DetectedField {
                cluster,
                name: field.label,
                kind: field.kind,
                cardinality: field.cardinality,
                parsers: field.parsers.unwrap_or_default(),
            })
            .collect();
        fields.sort_by(|a, b| a.name.cmp(&b.name));
        fields.truncate(about.limit as usize);
        Ok(fields)
    });
    joined(found.await?)
}

/// One cluster that is asked, and about what.
struct Asked {
    door: Door,
    site: Site,
    held: Option<Held>,
}

/// What one cluster could not say.
enum Unsaid {
    Failed(Failure),
    Wrong(String),
}

impl From<Failure> for Unsaid {
    fn from(failure: Failure) -> Self {
        Self::Failed(failure)
    }
}

/// Asks every cluster. What is read is held to what the caller may see; without an expression and
/// with all in sight there is no query.
async fn ask<T, F, G>(
    collector: &Collector,
    caller: &Caller,
    about: &LogsAbout,
    instead: impl Fn(Site, Option<Expression>) -> G,
    read: impl Fn(Asked) -> F,
) -> Result<Collection<Told<T>>>
where
    F: Future<Output = std::result::Result<Vec<T>, Unsaid>>,
    G: Future<Output = std::result::Result<Vec<T>, Failure>>,
{
    range::check(about.scope.range)?;
    range::check_limit(about.limit, MOST)?;
    let expression = about.expression.as_ref().map(Expression::new).transpose()?;
    let named = expression.as_ref().and_then(Expression::named);
    let (expression, named) = (expression.as_ref(), named.as_ref());
    let (instead, read) = (&instead, &read);
    let asking = Asking::of(caller, &about.scope.clusters, Source::Loki, &[Aspect::Logs]);
    collector
        .fan_out(asking.about(named), |site| async move {
            if pods::stand_in(&site) && about.scope.tenant.is_none() {
                return otherwise(&site, instead(site.clone(), expression.cloned()).await);
            }
            let said = async {
                let door = Door::open(&site, about.scope.tenant)?;
                let held = match expression {
                    Some(expression) => {
                        let held = door.held(&site, expression)?;
                        Some(held.map_err(Unsaid::Wrong)?)
                    }
                    None => door.bounds(&site).map(Held::whole),
                };
                let site = site.clone();
                read(Asked { door, site, held }).await
            };
            let gap = |failure| site.gap(Source::Loki, failure);
            match said.await {
                Ok(items) => Collection {
                    items: items.into_iter().map(Told::Item).collect(),
                    gaps: Vec::new(),
                },
                Err(Unsaid::Failed(failure)) => Collection::gap(gap(failure)),
                Err(Unsaid::Wrong(said)) => {
                    let failure = Failure::new(GapKind::Refused, said);
                    Collection {
                        items: vec![Told::Wrong(gap(failure))],
                        gaps: Vec::new(),
                    }
                }
            }
        })
        .await
}

/// What a cluster without a Loki said.
fn otherwise<T>(site: &Site, said: std::result::Result<Vec<T>, Failure>) -> Collection<Told<T>> {
    match said {
        Ok(items) => {
            let mut items: Vec<Told<T>> = items.into_iter().map(Told::Item).collect();
            items.push(Told::Instead(pods::said(site)));
            Collection {
                items,
                gaps: Vec::new(),
            }
        }
        Err(failure) => Collection::gap(site.gap(Source::Loki, failure)),
    }
}

/// Where no cluster could make anything of the query, it is the query that is wrong.
fn joined<T>(told: Collection<Told<T>>) -> Result<LogList<T>> {
    let mut found = LogList {
        items: Vec::new(),
        gaps: told.gaps,
        substitutes: Vec::new(),
    };
    let mut wrong = Vec::new();
    for told in told.items {
        match told {
            Told::Item(item) => found.items.push(item),
            Told::Wrong(gap) => wrong.push(gap),
            Told::Instead(substitute) => found.substitutes.push(substitute),
        }
    }
    match wrong.first() {
        Some(gap) if found.items.is_empty() => Err(refusal::invalid_logql(&gap.detail)),
        _ => {
            found.gaps.extend(wrong);
            found.gaps.sort();
            Ok(found)
        }
    }
}

/// What only a Loki can tell.
fn collected<T>(list: LogList<T>) -> Collection<T> {
    Collection {
        items: list.items,
        gaps: list.gaps,
    }
}

fn unique(mut told: LogList<String>, limit: u32) -> LogList<String> {
    told.items.sort();
    told.items.dedup();
    told.items.truncate(limit as usize);
    told
}

/// Whether names and values could tell of what the caller may not see. They are then taken from
/// streams, of which each says whose it is; servers before 3.0 do not narrow them by a query.
fn restricted(site: &Site) -> bool {
    *site.sight(Aspect::Logs) != Sight::Whole
}

async fn listed(
    of: &Asked,
    path: &str,
    about: &LogsAbout,
) -> std::result::Result<Vec<String>, Unsaid> {
    let answer = read(of, path, about, &[]).await?;
    Ok(data(&answer)?)
}

async fn streams_of(of: &Asked, about: &LogsAbout) -> std::result::Result<Vec<Labels>, Unsaid> {
    let held = of.held.as_ref();
    let (start, end) = nanoseconds(about.scope.range);
    let mut parameters = vec![("start", start.as_str()), ("end", &end)];
    let read = held.and_then(|held| Read::new(&held.text).ok());
    let selectors = read.as_ref().map(Read::selectors).unwrap_or_default();
    match held {
        // One that can't be read here goes out as it is: the upstream says what is wrong.
        Some(held) if selectors.is_empty() => parameters.push(("match[]", &held.text)),
        _ => parameters.extend(selectors.iter().map(|s| ("match[]", *s))),
    }
    let answer = of.door.ask("series", &parameters).await?;
    let answer = accepted(answer, held)?;
    let mut streams: Vec<Labels> = data(&answer)?;
    if let Sight::Namespaces(namespaces) = of.site.sight(Aspect::Logs) {
        streams.retain(|labels| within::shows(namespaces, labels));
    }
    Ok(streams)
}

async fn read(
    of: &Asked,
    path: &str,
    about: &LogsAbout,
    more: &[(&str, &str)],
) -> std::result::Result<Answer, Unsaid> {
    let (start, end) = nanoseconds(about.scope.range);
    let mut parameters = vec![("start", start.as_str()), ("end", &end)];
    let held = of.held.as_ref();
    parameters.extend(held.map(|held| ("query", held.text.as_str())));
    parameters.extend_from_slice(more);
    let answer = of.door.ask(path, &parameters).await?;
    accepted(answer, held)
}

fn accepted(answer: Answer, held: Option<&Held>) -> std::result::Result<Answer, Unsaid> {
    match held.and_then(|held| refusal::wrong(&answer, held)) {
        Some(said) => Err(Unsaid::Wrong(said)),
        None => Ok(answer.success()?),
    }
}

/// The list in an answer; absent where nothing is found.
fn data<T: DeserializeOwned>(answer: &Answer) -> std::result::Result<Vec<T>, Failure> {
    #[derive(Deserialize)]
    struct Body<T> {
        data: Option<Vec<T>>,
    }
    let body: Body<T> = answer.json()?;
    Ok(body.data.unwrap_or_default())
}
