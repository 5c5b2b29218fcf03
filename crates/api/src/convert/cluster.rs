//! Clusters.

use fleetscope_client::wire;
use fleetscope_model::{Cluster, ClusterDraft, CredentialUse, Endpoint, Endpoints};

/// What a caller says of a cluster; checked by the registry.
pub fn draft(new: wire::NewCluster) -> ClusterDraft {
    let wire::NewCluster {
        name,
        environment,
        provider,
        labels,
        endpoints,
    } = new;
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
    let endpoints = draft.endpoints;
    wire::Cluster {
        id: id.uuid(),
        name: draft.name,
        environment: draft.environment,
        provider: draft.provider,
        labels: draft.labels,
        endpoints: wire::Endpoints {
            kubernetes: endpoints.kubernetes.map(shown),
            prometheus: endpoints.prometheus.map(shown),
            loki: endpoints.loki.map(shown),
            tempo: endpoints.tempo.map(shown),
            alertmanager: endpoints.alertmanager.map(shown),
        },
        generation,
        created_at,
        updated_at,
    }
}

fn place(endpoint: wire::Endpoint) -> Endpoint {
    let wire::Endpoint {
        url,
        tenant,
        headers,
        ca_bundle,
        server_name,
        proxy_url,
        credential,
    } = endpoint;
    Endpoint {
        url,
        tenant,
        headers,
        ca_bundle,
        server_name,
        proxy_url,
        credential: match credential {
            wire::CredentialUse::Own => CredentialUse::Own,
            wire::CredentialUse::Shared => CredentialUse::Shared,
            wire::CredentialUse::None => CredentialUse::None,
        },
    }
}

fn shown(endpoint: Endpoint) -> wire::Endpoint {
    let Endpoint {
        url,
        tenant,
        headers,
        ca_bundle,
        server_name,
        proxy_url,
        credential,
    } = endpoint;
    wire::Endpoint {
        url,
        tenant,
        headers,
        ca_bundle,
        server_name,
        proxy_url,
        credential: match credential {
            CredentialUse::Own => wire::CredentialUse::Own,
            CredentialUse::Shared => wire::CredentialUse::Shared,
            CredentialUse::None => wire::CredentialUse::None,
        },
    }
}
