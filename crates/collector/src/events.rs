//! Kubernetes events.

use fleetscope_model::{Aspect, Collection, KubernetesEvent, Source, TimeRange};

use crate::index::Reading;
use crate::owners::Owners;
use crate::site::Site;

/// Events last seen in the range, oldest first. Kubernetes keeps events for an hour unless told
/// otherwise, so of an older range little is left.
pub(crate) async fn read(site: Site, range: TimeRange) -> Collection<KubernetesEvent> {
    let kubernetes = match site.kubernetes() {
        Ok(kubernetes) => kubernetes,
        Err(failure) => return Collection::gap(site.gap(Source::Kubernetes, failure)),
    };
    let reading = Reading::of(site.known());
    let (events, replica_sets) = tokio::join!(
        reading.objects(|known| &known.events, kubernetes.events()),
        reading.objects(|known| &known.replica_sets, kubernetes.replica_sets()),
    );
    let mut gaps = Vec::new();
    let events = site.take(events, &mut gaps);
    let owners = Owners::new(&site, &site.take(replica_sets, &mut gaps));
    let mut items: Vec<KubernetesEvent> = events
        .into_iter()
        .filter(|event| range.contains(event.last_at))
        .map(|event| KubernetesEvent {
            entity: owners.entity_of(&event.object),
            message: message(&event),
            severity: event.severity.clone(),
            reason: event.reason.clone(),
            count: event.count,
            first_at: event.first_at,
            last_at: event.last_at,
        })
        .filter(|event| site.shows(Aspect::Events, &event.entity))
        .collect();
    items.sort_by(|a, b| {
        let key = |event: &KubernetesEvent| (event.last_at, event.first_at);
        key(a)
            .cmp(&key(b))
            .then_with(|| a.entity.cmp(&b.entity))
            .then_with(|| a.reason.cmp(&b.reason))
            .then_with(|| a.message.cmp(&b.message))
    });
    Collection { items, gaps }
}

/// The event's text; where its object is no entity, with the object's name before it.
fn message(event: &fleetscope_kubernetes::Event) -> String {
    let object = &event.object;
    let named = matches!(
        object.kind.as_str(),
        "Pod"
            | "Node"
            | "Deployment"
            | "StatefulSet"
            | "DaemonSet"
            | "ReplicaSet"
            | "Job"
            | "CronJob"
    );
    if named {
        return event.message.clone();
    }
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let slash = if namespace.is_empty() { "" } else { "/" };
    format!(
        "{} {namespace}{slash}{}: {}",
        object.kind, object.name, event.message
    )
}
