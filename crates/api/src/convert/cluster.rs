//! Clusters.

use fleetscope_client::wire;
use fleetscope_model::{Cluster, ClusterDraft, Endpoint, Endpoints};

/// What a caller says of a cluster; checked by the registry.
pub fn draft(new: wire::NewCluster) -> ClusterDraft {
    let wire::NewCluster {
        name,
        environment,
        provider,
        labels,
        endpoints,
    } = new;
    let place = |endpoint: wire::Endpoint| Endpoint {
        url: endpoint.url,
        tenant: endpoint.tenant,
    };
    ClusterDraft {
        name,
        environment,
        provider,
        labels,
        endpoints: Endpoints {
            kubernetes: endpoints.kubernetes.map(place),
            prometheus: endpoints.prometheus.map(place),
            loki: endpoints.loki.map(place),
            tempo: endpoints.tempo.map(place),
            alertmanager: endpoints.alertmanager.map(place),
        },
    }
}

/// A cluster.
pub fn cluster(cluster: Cluster) -> wire::Cluster {
    let Cluster {
        id,
        draft,
        generation,
        created_at,
        updated_at,
    } = cluster;
    let place = |endpoint: Endpoint| wire::Endpoint {
        url: endpoint.url,
        tenant: endpoint.tenant,
    };
    let endpoints = draft.endpoints;
    wire::Cluster {
        id: id.uuid(),
        name: draft.name,
        environment: draft.environment,
        provider: draft.provider,
        labels: draft.labels,
        endpoints: wire::Endpoints {
            kubernetes: endpoints.kubernetes.map(place),
            prometheus: endpoints.prometheus.map(place),
            loki: endpoints.loki.map(place),
            tempo: endpoints.tempo.map(place),
            alertmanager: endpoints.alertmanager.map(place),
        },
        generation,
        created_at,
        updated_at,
    }
}
