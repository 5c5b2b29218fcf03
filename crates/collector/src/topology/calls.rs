//! Who calls whom, from the service graph that Tempo makes of traces.

use fleetscope_model::{Edge, EdgeKind};

use crate::topology::edge;
use crate::topology::placement::Placement;
use crate::topology::query::{Window, label};

/// Client calls server, each resolved to its workload where there is exactly one.
pub(crate) fn edges(window: &Window, placement: &Placement) -> Vec<Edge> {
    window
        .calls
        .iter()
        .filter_map(|series| {
            let client = label(&series.labels, "client")?;
            let server = label(&series.labels, "server")?;
            (client != server).then(|| {
                edge(
                    placement.service(client),
                    EdgeKind::Calls,
                    placement.service(server),
                )
            })
        })
        .collect()
}
