//! Clusters.

use fleetscope_client::wire;
use fleetscope_model::{Cluster, ClusterDraft, CredentialUse, Endpoint, Endpoints, Observed};

use super::capability::shown as shown_kind;
use super::validation;

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

/// A cluster of which nothing was observed yet, as it is new or just changed.
pub fn cluster(cluster: Cluster) -> wire::Cluster {
    observed((cluster, Observed::default()))
}

/// A cluster, and what was observed of it.
pub fn observed((cluster, observed): (Cluster, Observed)) -> wire::Cluster {
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
        health: validation::health(&observed, generation),
        capabilities: observed.capabilities.into_iter().map(shown_kind).collect(),
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
