//! A whole application in this process.

use std::net::{Ipv4Addr, SocketAddr};
use std::path::Path;
use std::sync::Arc;

use fleetscope_client::Client;
use fleetscope_client::wire::{NewToken, TokenRole};
use fleetscope_config::{Config, Secret};
use fleetscope_ports::{Clock, ManualClock, SeededIds};
use fleetscope_runtime::{Parts, Running, start};
use jiff::Timestamp;
use secrecy::ExposeSecret;
use tempfile::TempDir;
use url::Url;

/// How the application is spread over processes. Here both are in one, but nothing passes between
/// them except over sockets.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// All roles together.
    One,
    /// The gateway apart from all other roles.
    Split,
}

impl Shape {
    /// Both.
    pub const ALL: [Self; 2] = [Self::One, Self::Split];
}

/// A running application with a client per role.
#[derive(Debug)]
pub struct TestApp {
    /// Bearer of the bootstrap token.
    pub admin: Client,
    /// Bearer of an operator's token.
    pub operator: Client,
    /// Bearer of a viewer's token.
    pub viewer: Client,
    /// The bootstrap token.
    pub token: String,
    /// Base URL of the public API, with a trailing slash.
    pub base: Url,
    /// Base URL of the admin address of the process with the public API.
    pub admin_base: Url,
    /// The clock, which stands still until it is moved.
    pub clock: Arc<ManualClock>,
    /// The process that serves the roles other than the gateway; in one shape, all of them.
    pub roles: Running,
    /// The process of the gateway, where it is apart.
    pub gateway: Option<Running>,
    folder: TempDir,
}

impl TestApp {
    /// Starts an application whose clock shows `begin`.
    pub async fn start(shape: Shape, begin: Timestamp) -> Self {
        Self::start_with(shape, begin, |_| {}).await
    }

    /// The same with another configuration, which both processes get.
    pub async fn start_with(
        shape: Shape,
        begin: Timestamp,
        change: impl FnOnce(&mut Config),
    ) -> Self {
        let folder = tempfile::tempdir().expect("a folder for the data");
        let clock = Arc::new(ManualClock::new(begin));
        let mut config = config(folder.path());
        change(&mut config);
        let (roles, gateway) = Box::pin(run(shape, config, folder.path(), &clock)).await;
        let front = gateway.as_ref().unwrap_or(&roles);
        let base = url(front.public.expect("a public address"));
        let admin_base = url(front.admin);
        let token = roles
            .bootstrap_token
            .as_ref()
            .expect("the first start makes a token");
        let token = token.expose_secret().to_owned();
        let admin = Client::new(&base, Some(token.clone())).expect("a client");
        let operator = with_role(&admin, TokenRole::Operator, "operator").await;
        let viewer = with_role(&admin, TokenRole::Viewer, "viewer").await;
        Self {
            admin,
            operator,
            viewer,
            token,
            base,
            admin_base,
            clock,
            roles,
            gateway,
            folder,
        }
    }

    /// An application in one process, at a fixed time.
    pub async fn one() -> Self {
        Self::start(Shape::One, a_time()).await
    }

    /// Where its data lie.
    pub fn data(&self) -> &Path {
        self.folder.path()
    }

    /// Stops it, kindly.
    pub async fn stop(self) {
        if let Some(gateway) = self.gateway {
            gateway.shutdown().await;
        }
        self.roles.shutdown().await;
    }
}

/// A fixed instant at noon, for tests that need some time.
pub fn a_time() -> Timestamp {
    Timestamp::from_second(1_767_268_800).expect("a time")
}

async fn run(
    shape: Shape,
    mut config: Config,
    folder: &Path,
    clock: &Arc<ManualClock>,
) -> (Running, Option<Running>) {
    let parts = || Parts {
        clock: Arc::clone(clock) as Arc<dyn Clock>,
        ids: Arc::new(SeededIds::new(1)),
    };
    if shape == Shape::One {
        return (
            start(config, parts())
                .await
                .expect("the application starts"),
            None,
        );
    }
    config.services.key = Some(Secret::new("a key of at least thirty-two bytes, for tests"));
    let mut apart = config.clone();
    config
        .server
        .roles
        .retain(|role| role.as_str() != "gateway");
    config.server.inner_listen = Some(any_port());
    let roles = start(config, parts()).await.expect("the roles start");
    let inner = Some(url(roles.inner.expect("an inner address")));
    apart.server.roles.retain(|role| role.as_str() == "gateway");
    apart.storage.data_dir = folder.join("unused");
    for service in [
        &mut apart.services.registry,
        &mut apart.services.collector,
        &mut apart.services.streaming,
        &mut apart.services.intelligence,
    ] {
        service.url.clone_from(&inner);
    }
    let gateway = start(apart, parts()).await.expect("the gateway starts");
    (roles, Some(gateway))
}

fn config(folder: &Path) -> Config {
    let mut config = Config::default();
    config.server.listen = any_port();
    config.server.admin_listen = any_port();
    config.storage.data_dir = folder.join("data");
    // Whose test is about them switches them on; elsewhere their calls would be in the way.
    config.checks.enabled = false;
    config.index.enabled = false;
    config.outbound.timeout = std::time::Duration::from_secs(5);
    // The time of a test goes faster than the one by which reads are paced.
    config.outbound.scheduled_per_second = 10_000;
    config
}

fn any_port() -> SocketAddr {
    SocketAddr::from((Ipv4Addr::LOCALHOST, 0))
}

fn url(address: SocketAddr) -> Url {
    Url::parse(&format!("http://{address}/")).expect("a URL")
}

async fn with_role(admin: &Client, role: TokenRole, name: &str) -> Client {
    let new = NewToken {
        name: name.to_owned(),
        role,
        expires_at: None,
    };
    let made = admin.create_token(&new).await.expect("a token");
    Client::new(admin.base(), Some(made.secret)).expect("a client")
}
