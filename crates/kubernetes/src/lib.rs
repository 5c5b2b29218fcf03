//! Reads of a Kubernetes API: the only crate that names `kube`.
//!
//! A [`Kubernetes`] is one API server seen through `fleetscope-outbound`, so address rules, time
//! limits and byte caps hold for it too. Lists are read in pages, with a cap on their number, and
//! come as a [`Listed`]: what was read, and the failure that ended the reading early, if one did.
//! Objects come as small plain structs with what is needed of them and nothing else; values of
//! environment variables, which may be secrets, are never kept.
//!
//! This crate must not know what is made of the objects: no changes, no topology, no clusters.
//!
//! Start reading at [`Kubernetes`]; then [`listing`].

mod access;
mod alive;
mod connection;
pub mod custom;
pub mod event;
pub mod exec;
mod followed;
pub mod gitops;
pub mod listing;
pub mod logs;
pub mod machine;
pub mod meta;
pub mod node;
pub mod origin;
pub mod own;
pub mod pod;
pub mod reviews;
pub mod secrets;
pub mod service;
pub mod template;
pub mod upgrade;
mod used;
pub mod version;
pub mod watch;
pub mod workload;

use fleetscope_outbound::Upstream;
use k8s_openapi::api::apps::v1 as apps;
use k8s_openapi::api::core::v1 as core;

pub use custom::{Custom, CustomMeta, Resource};
pub use event::{Event, InvolvedObject};
pub use exec::{Command, Exit, Output};
pub use gitops::{Delivery, Source, Sync, SyncState, Tool};
pub use listing::Listed;
pub use logs::{FollowedLog, LogPod, PodLine, PodLines, PodLog};
pub use machine::{Machine, NetworkPod};
pub use meta::{Meta, Owner};
pub use node::{Condition, Node};
pub use origin::Origin;
pub use own::Rule;
pub use pod::{ContainerStatus, Pod, Termination};
pub use reviews::{OAuthServer, OwnUser, Reviewed, UserInfo};
pub use secrets::{Secret, Written};
pub use service::Service;
pub use template::{Container, Template};
pub use upgrade::{Operator, Release, Update};
pub use used::{ConfigKind, Used};
pub use version::Version;
pub use watch::{Key, Told, Watch};
pub use workload::{Progress, Revision, Workload, WorkloadKind};

/// One Kubernetes API server.
#[derive(Clone)]
pub struct Kubernetes {
    connection: connection::Connection,
    upstream: Upstream,
}

impl Kubernetes {
    /// The API server at an endpoint. Must be called inside a tokio runtime; a deadline of the
    /// upstream bounds all reads.
    pub fn new(upstream: Upstream) -> Self {
        Self {
            connection: connection::Connection::new(upstream.clone()),
            upstream,
        }
    }

    /// Deployments of all namespaces.
    pub async fn deployments(&self) -> Listed<Workload> {
        self.connection
            .list::<apps::Deployment, _>(|object| Some(object.into()))
            .await
    }

    /// `StatefulSets` of all namespaces.
    pub async fn stateful_sets(&self) -> Listed<Workload> {
        self.connection
            .list::<apps::StatefulSet, _>(|object| Some(object.into()))
            .await
    }

    /// `DaemonSets` of all namespaces.
    pub async fn daemon_sets(&self) -> Listed<Workload> {
        self.connection
            .list::<apps::DaemonSet, _>(|object| Some(object.into()))
            .await
    }

    /// `ReplicaSets` of all namespaces: the revisions of Deployments.
    pub async fn replica_sets(&self) -> Listed<Revision> {
        self.connection
            .list::<apps::ReplicaSet, _>(|object| Some(object.into()))
            .await
    }

    /// `ControllerRevisions` of all namespaces: the revisions of `StatefulSets` and `DaemonSets`.
    /// Those of other owners are left out.
    pub async fn controller_revisions(&self) -> Listed<Revision> {
        self.connection
            .list::<apps::ControllerRevision, _>(Revision::of_controller)
            .await
    }

    /// Pods of all namespaces.
    pub async fn pods(&self) -> Listed<Pod> {
        self.connection
            .list::<core::Pod, _>(|object| Some(object.into()))
            .await
    }

    /// Nodes.
    pub async fn nodes(&self) -> Listed<Node> {
        self.connection
            .list::<core::Node, _>(|object| Some(object.into()))
            .await
    }

    /// Events of all namespaces, in no order of time.
    pub async fn events(&self) -> Listed<Event> {
        self.connection
            .list::<core::Event, _>(|object| Some(object.into()))
            .await
    }
}

impl std::fmt::Debug for Kubernetes {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Kubernetes").finish_non_exhaustive()
    }
}
