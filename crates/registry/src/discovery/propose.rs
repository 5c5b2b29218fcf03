//! Endpoints that OpenShift offers. They are proposed, never registered: what is read there is for
//! whoever runs the fleet to decide.

use fleetscope_kubernetes::Custom;
use fleetscope_model::{Proposal, Source};

use super::conclude::custom;
use super::look::{LOKI_STACKS, ROUTES, Sight, TEMPO_STACKS};

const MONITORING: &str = "openshift-monitoring";

pub(super) fn endpoints(sight: &Sight) -> Vec<Proposal> {
    let routes = sight.routes.items();
    let platform = [
        (Source::Prometheus, "thanos-querier"),
        (Source::Alertmanager, "alertmanager-main"),
    ];
    let platform = platform.into_iter().filter_map(|(source, service)| {
        let route = route_to(routes, MONITORING, service)?;
        Some(Proposal {
            source,
            url: format!("https://{}", host(route)?),
            from: custom(route, ROUTES, &format!("service {service}")),
        })
    });
    let loki = sight.loki_stacks.items().iter().map(|stack| {
        let (name, namespace) = (&stack.metadata.name, &stack.metadata.namespace);
        let service = format!("{name}-gateway-http");
        let base = base(routes, namespace, &service);
        Proposal {
            source: Source::Loki,
            url: format!("{base}/api/logs/v1/application"),
            from: custom(stack, LOKI_STACKS, "its gateway"),
        }
    });
    let tempo = sight.tempo_stacks.items().iter().flat_map(|stack| {
        let (name, namespace) = (&stack.metadata.name, &stack.metadata.namespace);
        let service = format!("tempo-{name}-gateway");
        let base = base(routes, namespace, &service);
        let tenants = stack.spec["tenants"]["authentication"].as_array();
        let tenants = tenants.into_iter().flatten();
        tenants.filter_map(move |tenant| {
            let tenant = tenant["tenantName"].as_str()?;
            Some(Proposal {
                source: Source::Tempo,
                url: format!("{base}/api/traces/v1/{tenant}/tempo"),
                from: custom(
                    stack,
                    TEMPO_STACKS,
                    &format!("its gateway, tenant {tenant}"),
                ),
            })
        })
    });
    platform.chain(loki).chain(tempo).collect()
}

/// The address from outside where there is a route; else the one within the cluster.
fn base(routes: &[Custom], namespace: &str, service: &str) -> String {
    match route_to(routes, namespace, service).and_then(host) {
        Some(host) => format!("https://{host}"),
        None => format!("https://{service}.{namespace}.svc:8080"),
    }
}

fn route_to<'r>(routes: &'r [Custom], namespace: &str, service: &str) -> Option<&'r Custom> {
    routes
        .iter()
        .find(|route| route.metadata.namespace == namespace && route.spec["to"]["name"] == service)
}

fn host(route: &Custom) -> Option<&str> {
    route.spec["host"].as_str()
}
