//! What callers may do: their roles, and their rights on clusters and inside them.

use std::sync::Arc;

use fleetscope_config::{Config, InsideClusters};
use fleetscope_identity::{HubReviews, Rights, RoleBindings, Roles};
use fleetscope_model::AccessRole;
use fleetscope_outbound::Outbound;
use fleetscope_ports::{Access, Clock, Store};

use crate::Result;
use crate::roles::identity::{self, Hub};

/// Who decides about clusters: the hub, where there is one, and each cluster about its inside.
pub(crate) fn access(
    config: &Config,
    store: &Store,
    outbound: Outbound,
    clock: &Arc<dyn Clock>,
) -> Result<Arc<dyn Access>> {
    let hub = identity::hub(config)?.map(|hub| HubReviews::new(hub.api, Arc::clone(clock)));
    let rights = Rights::new(hub, store.clusters.clone(), outbound, Arc::clone(clock));
    Ok(match config.inside_clusters() {
        InsideClusters::Reviewed => Arc::new(rights.reviewing_inside()),
        InsideClusters::Trusted => Arc::new(rights),
    })
}

/// Who has which role.
pub(crate) fn roles(config: &Config, hub: Option<&Hub>, clock: &Arc<dyn Clock>) -> Roles {
    let access = &config.access;
    let bindings = RoleBindings::default()
        .bind(AccessRole::Admin, &access.admin_users, &access.admin_groups)
        .bind(
            AccessRole::Operator,
            &access.operator_users,
            &access.operator_groups,
        )
        .bind(
            AccessRole::Viewer,
            &access.viewer_users,
            &access.viewer_groups,
        );
    let hub = hub.filter(|_| access.roles_from_hub);
    let hub = hub.map(|hub| HubReviews::new(hub.api.clone(), Arc::clone(clock)));
    Roles::new(bindings, hub)
}
