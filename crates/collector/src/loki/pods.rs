//! Where a cluster has no Loki: the logs of its containers, by its Kubernetes API, in the same
//! shape. A node holds only the last of them, and nobody has sorted them: queries that ask for
//! more than labels and what lines hold are refused.

use fleetscope_kubernetes::{Kubernetes, LogPod, PodLine, PodLines, PodLog};
use fleetscope_model::{
    Aspect, Cluster, Collection, Gap, GapKind, Labels, LogLine, LogQuestion, LogSeverity, Source,
    Substitute,
};
use fleetscope_outbound::Failure;
use futures::{StreamExt as _, stream};
use jiff::Timestamp;

use super::expression::Expression;
use super::logql::Simple;
use super::query::{MAX_LINES, Told};
use crate::site::Site;

/// Containers of one answer: each is a call of its own.
pub(super) const MOST_CONTAINERS: usize = 20;

/// Containers that are read at the same time.
const AT_ONCE: usize = 4;

/// Bytes of one container.
const MOST_BYTES: u64 = 2 * 1024 * 1024;

/// What is said of an answer that comes from here.
pub(super) const SAID: &str =
    "it has no Loki: these are the lines that the nodes of its pods still hold";

/// Whether lines of a cluster come from here.
pub(super) fn stand_in(site: &Site) -> bool {
    stands_in(&site.registered())
}

/// Whether lines of a registered cluster come from here.
pub(super) fn stands_in(cluster: &Cluster) -> bool {
    let endpoints = &cluster.draft.endpoints;
    endpoints.of(Source::Loki).is_none() && endpoints.of(Source::Kubernetes).is_some()
}

/// The lines of the containers that a query selects.
pub(super) async fn lines(
    site: &Site,
    expression: &Expression,
    question: &LogQuestion,
) -> Result<Collection<Told>, Failure> {
    let simple = simple(expression)?;
    let kubernetes = site.kubernetes()?;
    let Collection {
        items: mut containers,
        mut gaps,
    } = selected(site, &kubernetes, Some(&simple)).await;
    if containers.len() > MOST_CONTAINERS {
        let detail = format!(
            "{} containers are selected and only {MOST_CONTAINERS} of them are read, since it has \
             no Loki: name a pod or a container",
            containers.len()
        );
        gaps.push(site.gap(Source::Kubernetes, Failure::new(GapKind::Truncated, detail)));
        containers.truncate(MOST_CONTAINERS);
    }
    let (mut found, mut horizon) = (Vec::new(), None);
    let mut parts = stream::iter(containers)
        .map(|container| read(&kubernetes, container, question))
        .buffered(AT_ONCE);
    while let Some((container, read)) = parts.next().await {
        match read {
            Ok(PodLines { lines, cut }) => {
                gaps.extend(cut.then(|| cut_short(site, &container)));
                // There may be more before the first of as many as were asked for.
                let first = lines.first().map(|line| line.at);
                let full = lines.len() >= MAX_LINES as usize;
                horizon = horizon.max(first.filter(|_| full));
                found.extend(shown(site, &container, lines, &simple, question));
            }
            Err(failure) => gaps.push(site.gap(Source::Kubernetes, failure)),
        }
    }
    let horizon = horizon.filter(|_| !question.forward);
    Ok(Collection {
        items: vec![Told::Lines(found, horizon), Told::Instead(said(site))],
        gaps,
    })
}

/// What can be asked without a Loki.
pub(super) fn simple(expression: &Expression) -> Result<Simple, Failure> {
    Simple::new(expression.text()).ok_or_else(too_much)
}

/// The containers that the caller may see and a query selects; all without a query.
async fn selected(
    site: &Site,
    kubernetes: &Kubernetes,
    simple: Option<&Simple>,
) -> Collection<Container> {
    let mut gaps = Vec::new();
    let pods = site.take(kubernetes.log_pods().await, &mut gaps);
    let items = pods
        .into_iter()
        .filter(|pod| site.sight(Aspect::Logs).reaches(Some(&pod.namespace)))
        .flat_map(|pod| containers(&pod))
        .filter(|container| simple.is_none_or(|simple| simple.selects(&container.labels)))
        .collect();
    Collection { items, gaps }
}

/// The same, as far as they can be listed; the failure where none can.
pub(super) async fn known(
    site: &Site,
    kubernetes: &Kubernetes,
    simple: Option<&Simple>,
) -> Result<Vec<Container>, Failure> {
    let Collection { items, gaps } = selected(site, kubernetes, simple).await;
    match gaps.into_iter().next() {
        Some(gap) if items.is_empty() => Err(Failure::new(gap.kind, gap.detail)),
        _ => Ok(items),
    }
}

/// A container with the labels of its stream.
pub(super) struct Container {
    pub(super) pod: LogPod,
    pub(super) name: String,
    pub(super) labels: Labels,
}

impl Container {
    /// Whether it runs.
    pub(super) fn runs(&self) -> bool {
        self.pod.running.contains(&self.name)
    }
}

/// The containers of a pod, with the labels that a Loki's collectors usually give them.
fn containers(pod: &LogPod) -> Vec<Container> {
    let app = ["app.kubernetes.io/name", "app", "k8s-app"]
        .into_iter()
        .find_map(|name| pod.labels.get(name));
    let names = pod.containers.iter();
    names
        .map(|name| {
            let mut labels = Labels::from([
                ("namespace".to_owned(), pod.namespace.clone()),
                ("pod".to_owned(), pod.name.clone()),
                ("container".to_owned(), name.clone()),
            ]);
            let service = app.unwrap_or(name);
            labels.insert("service_name".to_owned(), service.clone());
            labels.extend(app.map(|app| ("app".to_owned(), app.clone())));
            labels.extend(pod.node.iter().map(|n| ("node".to_owned(), n.clone())));
            Container {
                pod: pod.clone(),
                name: name.clone(),
                labels,
            }
        })
        .collect()
}

async fn read(
    kubernetes: &Kubernetes,
    container: Container,
    question: &LogQuestion,
) -> (Container, Result<PodLines, Failure>) {
    let log = PodLog {
        namespace: &container.pod.namespace,
        pod: &container.pod.name,
        container: &container.name,
        since: question.scope.range.start,
        lines: MAX_LINES,
        bytes: MOST_BYTES,
    };
    let lines = kubernetes.pod_log(&log).await;
    (container, lines)
}

fn shown(
    site: &Site,
    container: &Container,
    lines: Vec<PodLine>,
    simple: &Simple,
    question: &LogQuestion,
) -> Vec<LogLine> {
    let cluster = site.cluster();
    let wanted = |at: Timestamp| {
        let reached = question.from.is_none_or(|place| {
            if question.forward {
                at >= place.at
            } else {
                at <= place.at
            }
        });
        reached && question.scope.range.contains(at)
    };
    let lines = lines
        .into_iter()
        .filter(|line| wanted(line.at) && simple.admits(&line.text));
    lines
        .map(|line| LogLine {
            cluster,
            at: line.at,
            labels: labelled(&container.labels, &line.text),
            line: line.text,
        })
        .collect()
}

/// The labels of a line of a container: those of its stream, and its level, as a Loki does.
pub(super) fn labelled(of: &Labels, text: &str) -> Labels {
    let mut labels = of.clone();
    let level = LogSeverity::of(&labels, text);
    let level = level.map_or("unknown", LogSeverity::as_str);
    labels.insert("detected_level".to_owned(), level.to_owned());
    labels
}

fn cut_short(site: &Site, container: &Container) -> Gap {
    let (pod, name) = (&container.pod.name, &container.name);
    let detail = format!(
        "the newest lines of {name} in {pod} are missing: they are more than {MOST_BYTES} bytes \
         since the beginning of the range; begin later"
    );
    site.gap(Source::Kubernetes, Failure::new(GapKind::Truncated, detail))
}

pub(super) fn said(site: &Site) -> Substitute {
    Substitute {
        cluster: site.cluster(),
        cluster_name: site.name().to_owned(),
        source: Source::Kubernetes,
        detail: SAID.to_owned(),
    }
}

fn too_much() -> Failure {
    Failure::new(
        GapKind::NotConfigured,
        "it has no Loki, and what its nodes hold can only be read by labels and by what lines \
         hold: register a Loki, or write {…} with |=, !=, |~ and !~ alone",
    )
}
