//! Open Cluster Management's clusters, as the hub tells of them:
//! <https://open-cluster-management.io/docs/concepts/cluster-inventory/managedcluster/>.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use fleetscope_kubernetes::Kubernetes;
use fleetscope_kubernetes::custom::{Custom, Resource};
use fleetscope_model::{ClusterDraft, Endpoint, ErrorKind};
use fleetscope_ports::Error;

use super::merge;

const MANAGED_CLUSTERS: Resource = Resource {
    group: "cluster.open-cluster-management.io",
    version: "v1",
    plural: "managedclusters",
    kind: "ManagedCluster",
};

/// The longest label that is taken over, and how many are.
const LONGEST: usize = 63;
const MOST: usize = 64;

/// A draft for each.
pub(super) async fn drafts(hub: Option<&Kubernetes>) -> Result<Vec<ClusterDraft>, Error> {
    let unavailable = |code, message: String| Error::new(ErrorKind::Unavailable, code, message);
    let hub = hub.ok_or_else(|| {
        let message = "there is no hub to ask for ManagedClusters: write hub.in_cluster = true, or \
                       hub.url, into the configuration";
        unavailable("no_hub", message.to_owned())
    })?;
    let found = hub.custom(MANAGED_CLUSTERS).await.map_err(|failure| {
        let message = format!(
            "the hub's ManagedClusters can't be read: {}",
            failure.detail
        );
        unavailable("hub_unavailable", message)
    })?;
    let found = found.ok_or_else(|| {
        let message = "the hub knows no ManagedClusters: import where Open Cluster Management is";
        unavailable("no_managed_clusters", message.to_owned())
    })?;
    Ok(found.iter().map(draft).collect())
}

fn draft(managed: &Custom) -> ClusterDraft {
    let mut draft = merge::named(&merge::label(&managed.metadata.name));
    let label = |name: &str| managed.metadata.labels.get(name);
    draft.environment = label("environment").cloned();
    draft.provider = label("vendor").map(|vendor| vendor.to_lowercase());
    let labels = managed.metadata.labels.iter();
    let fitting = labels.filter(|(key, value)| key.len().max(value.len()) <= LONGEST);
    draft.labels = fitting
        .take(MOST)
        .map(|(key, value)| (key.clone(), value.clone()))
        .collect();
    let config = &managed.spec["managedClusterClientConfigs"][0];
    let bundle = config["caBundle"].as_str();
    let bundle = bundle.and_then(|text| STANDARD.decode(text).ok());
    draft.endpoints.kubernetes = config["url"].as_str().map(|url| Endpoint {
        ca_bundle: bundle.and_then(|bytes| String::from_utf8(bytes).ok()),
        ..Endpoint::at(url)
    });
    draft
}
