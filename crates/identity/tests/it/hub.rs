//! Tokens that a hub knows, asked for over HTTP.

mod caching;
mod outages;
mod secrets;
mod verdicts;

use std::net::IpAddr;
use std::sync::Arc;
use std::time::Duration;

use fleetscope_identity::{
    Authenticator as _, Authenticators, Known, KubernetesTokens, Limits, OpenshiftTokens, Provider,
    Result,
};
use fleetscope_kubernetes::Kubernetes;
use fleetscope_model::{Caller, ClusterId, Endpoint, Source};
use fleetscope_outbound::{Bearer, Outbound, OutboundOptions};
use fleetscope_ports::{Clock as _, ManualClock};
use fleetscope_sim::hub::{Hub, Served, Terms, User};
use secrecy::SecretString;
use uuid::Uuid;

use crate::start;

const AUDIENCE: &str = "fleetscope";

/// The service account that Fleetscope has on the hub.
const OURS: &str = "system:serviceaccount:fleetscope:fleetscope";

/// A hub with some people, and authenticators that ask it.
struct Bench {
    clock: Arc<ManualClock>,
    hub: Hub,
    people: Authenticators,
    _served: Served,
}

impl Bench {
    async fn start() -> Self {
        Self::with(Limits::default(), true).await
    }

    async fn with(limits: Limits, reviews_tokens: bool) -> Self {
        let clock = Arc::new(ManualClock::new(start()));
        let hub = hub(&clock, reviews_tokens);
        let served = hub.serve().await.unwrap();
        let api = client(&hub, &served);
        let providers = vec![
            Provider::Kubernetes(KubernetesTokens::new(api.clone(), AUDIENCE)),
            Provider::Openshift(OpenshiftTokens::new(api)),
        ];
        let people = Authenticators::new(providers, limits, clock.clone()).unwrap();
        Self {
            clock,
            hub,
            people,
            _served: served,
        }
    }

    async fn known(&self, token: &str) -> Result<Known> {
        self.people.authenticate(&token.into(), None).await
    }

    async fn caller(&self, token: &str) -> Caller {
        self.known(token).await.unwrap().caller
    }

    async fn code(&self, token: &str) -> &'static str {
        code(self.known(token).await)
    }

    async fn code_from(&self, token: &SecretString, source: &str) -> &'static str {
        let source: IpAddr = source.parse().unwrap();
        code(self.people.authenticate(token, Some(source)).await)
    }

    /// A token of the service account `shop:viewer` for Fleetscope.
    fn for_us(&self) -> String {
        self.hub.token(
            "system:serviceaccount:shop:viewer",
            &Terms::audience(AUDIENCE),
        )
    }

    fn advance(&self, length: Duration) {
        self.clock.advance(length);
    }

    fn reviews(&self) -> usize {
        self.hub.counts().token_reviews
    }
}

fn hub(clock: &Arc<ManualClock>, reviews_tokens: bool) -> Hub {
    let now = clock.clone();
    let hub = Hub::new(7, Arc::new(move || now.now()));
    hub.add_user(User {
        reviews_tokens,
        ..User::service_account("fleetscope", "fleetscope")
    });
    hub.add_user(User::service_account("shop", "viewer"));
    hub.add_user(User::person("alice", &["ops"]));
    hub
}

fn client(hub: &Hub, served: &Served) -> Kubernetes {
    let terms = Terms {
        life: Duration::from_hours(24),
        ..Terms::default()
    };
    let ours = hub.token(OURS, &terms);
    let outbound = Outbound::new(OutboundOptions {
        timeout: Duration::from_secs(5),
        concurrency_per_cluster: 64,
        ..OutboundOptions::default()
    });
    let endpoint = Endpoint::at(served.base.to_string());
    let upstream = outbound
        .unwrap()
        .upstream(ClusterId::new(Uuid::nil()), Source::Kubernetes, &endpoint)
        .unwrap();
    Kubernetes::new(upstream.bearing(Bearer::token(&ours.into()).unwrap()))
}

/// `ok`, or the code of the error.
fn code(result: Result<Known>) -> &'static str {
    use fleetscope_model::Fault as _;
    result.map_or_else(|error| error.code(), |_| "ok")
}
