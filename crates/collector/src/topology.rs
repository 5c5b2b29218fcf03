//! The structure of a cluster: which pods make up a workload, where they run, who calls whom, and
//! which devices and clocks they use.
//!
//! Kubernetes tells the present structure only; what calls and devices there were, Prometheus
//! tells for the range.

mod calls;
mod clocks;
mod devices;
mod placement;
mod query;
mod selected;

use fleetscope_model::{
    Aspect, Collection, Edge, EdgeKind, Entity, Gap, Source, TimeRange, Topology,
};

use crate::site::Site;
use placement::Placement;
use query::Window;

/// One topology, unless nothing at all could be read.
pub(crate) async fn read(site: Site, range: TimeRange) -> Collection<Topology> {
    let (placement, window) = tokio::join!(Placement::read(&site), Window::read(&site, range));
    let mut gaps: Vec<Gap> = Vec::new();
    let (placement, partial) = placement.unwrap_or_else(|failure| {
        let gap = site.gap(Source::Kubernetes, failure);
        (Placement::unknown(&site), vec![gap])
    });
    gaps.extend(partial);
    let (window, partial) = window.unwrap_or_else(|failure| {
        let gap = site.gap(Source::Prometheus, failure);
        (Window::default(), vec![gap])
    });
    gaps.extend(partial);
    if placement.is_empty() && window.answers == 0 {
        return Collection {
            items: Vec::new(),
            gaps,
        };
    }
    let mut edges = placement.edges();
    edges.extend(calls::edges(&window, &placement));
    edges.extend(devices::edges(&window, &placement));
    edges.extend(clocks::edges(&window, &placement));
    edges.retain(|edge| shown(&site, edge));
    edges.sort();
    edges.dedup();
    Collection {
        items: vec![Topology { edges }],
        gaps,
    }
}

/// An edge shows both its ends. Who runs where the Kubernetes API tells; who calls whom and uses
/// what, only metrics.
fn shown(site: &Site, edge: &Edge) -> bool {
    let aspects: &[Aspect] = match edge.kind {
        EdgeKind::RunsOn | EdgeKind::Owns | EdgeKind::Selects => &[Aspect::Objects],
        EdgeKind::Calls | EdgeKind::Uses | EdgeKind::PartOf => &[Aspect::Objects, Aspect::Metrics],
    };
    let shows = |entity| aspects.iter().all(|&aspect| site.shows(aspect, entity));
    shows(&edge.from) && shows(&edge.to)
}

fn edge(from: Entity, kind: EdgeKind, to: Entity) -> Edge {
    Edge { from, to, kind }
}
