//! The tenants of a LokiStack: OpenShift's gateway has one path each.

use fleetscope_model::{Endpoint, GapKind, LogTenant};
use fleetscope_outbound::Failure;

/// What stands before the tenant in the gateway's paths.
const BELOW: &str = "/api/logs/v1";

/// The tenant that an endpoint's URL names; none where it is no gateway's. A URL that ends before
/// the tenant means the first.
pub(super) fn of(endpoint: &Endpoint) -> Option<&str> {
    let at = endpoint.url.find(BELOW)? + BELOW.len();
    match endpoint.url[at..].strip_prefix('/') {
        Some(rest) => {
            let tenant = rest.split('/').next().unwrap_or_default();
            Some(if tenant.is_empty() {
                "application"
            } else {
                tenant
            })
        }
        None => endpoint.url[at..].is_empty().then_some("application"),
    }
}

/// The endpoint of a tenant: the one that is registered where none is named. On a server that is
/// no gateway, whose tenant is part of its registration, naming one is a mistake.
pub(super) fn endpoint(
    registered: &Endpoint,
    tenant: Option<LogTenant>,
) -> Result<Endpoint, Failure> {
    let mut endpoint = registered.clone();
    let Some(named) = of(registered) else {
        return match tenant {
            None => Ok(endpoint),
            Some(tenant) => Err(no_gateway(tenant)),
        };
    };
    let named = tenant.map_or(named, |tenant| tenant.as_str());
    if let Some(at) = registered.url.find(BELOW) {
        endpoint.url = format!("{}{BELOW}/{named}", &registered.url[..at]);
    }
    Ok(endpoint)
}

fn no_gateway(tenant: LogTenant) -> Failure {
    let tenant = tenant.as_str();
    Failure::new(
        GapKind::NotConfigured,
        format!(
            "its Loki is no LokiStack's gateway and has no tenant {tenant}: leave the tenant out, \
             or register the gateway's URL"
        ),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn url(registered: &str, tenant: Option<LogTenant>) -> Result<String, GapKind> {
        let endpoint = endpoint(&Endpoint::at(registered), tenant);
        endpoint
            .map(|endpoint| endpoint.url)
            .map_err(|failure| failure.kind)
    }

    #[test]
    fn a_tenant_takes_the_place_of_the_registered_one() {
        const GATEWAY: &str = "https://logs.example.com/api/logs/v1";
        let at = |tenant| format!("{GATEWAY}/{tenant}");
        for registered in [
            at("application"),
            at("application/"),
            GATEWAY.to_owned(),
            at(""),
        ] {
            assert_eq!(url(&registered, None), Ok(at("application")));
            for tenant in LogTenant::ALL {
                assert_eq!(url(&registered, Some(tenant)), Ok(at(tenant.as_str())));
            }
        }
        assert_eq!(url(&at("audit"), None), Ok(at("audit")));
    }

    #[test]
    fn a_plain_loki_has_no_tenants_to_choose_from() {
        let plain = "http://loki:3100/api/logs/v1x";
        assert_eq!(url(plain, None).as_deref(), Ok(plain));
        assert_eq!(
            url(plain, Some(LogTenant::Audit)),
            Err(GapKind::NotConfigured)
        );
    }
}
