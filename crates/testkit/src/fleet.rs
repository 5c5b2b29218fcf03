//! The simulated fleet, served on loopback for as long as a test lasts.

use std::net::Ipv4Addr;
use std::sync::Arc;
use std::time::Duration;

use fleetscope_client::Client;
use fleetscope_client::wire::{Cluster, Endpoint, Endpoints, NewCluster};
use fleetscope_ports::Clock;
use fleetscope_sim::{ClusterInfo, Options, Simulation};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use url::Url;

/// A served fleet; its server ends with it.
#[derive(Debug)]
pub struct Fleet {
    /// Where it is served.
    pub base: Url,
    server: JoinHandle<()>,
    simulation: Simulated,
}

struct Simulated(Simulation);

impl std::fmt::Debug for Simulated {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Simulation")
    }
}

impl Fleet {
    /// Simulates a day and two hours of history up to the clock's time, and serves the fleet.
    pub async fn start(seed: u64, clock: Arc<dyn Clock>) -> Self {
        let start = clock.now();
        let options = Options {
            seed,
            start,
            history: Duration::from_hours(26),
            now: Arc::new(move || clock.now()),
        };
        let simulation = tokio::task::spawn_blocking(move || Simulation::new(options))
            .await
            .expect("the simulation does not panic")
            .expect("a fleet");
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0))
            .await
            .expect("a port");
        let address = listener.local_addr().expect("an address");
        let router = simulation.router();
        let server = spawn(async move {
            // It ends when the test aborts it; an error shows as refused connections.
            let _ = axum::serve(listener, router).await;
        });
        let base = Url::parse(&format!("http://{address}/")).expect("a URL");
        Self {
            base,
            server,
            simulation: Simulated(simulation),
        }
    }

    /// The fleet itself: faults are injected here.
    pub fn simulation(&self) -> &Simulation {
        &self.simulation.0
    }

    /// Registers its clusters.
    pub async fn register(&self, client: &Client) -> Vec<Cluster> {
        let mut clusters = Vec::new();
        for info in self.simulation.0.clusters(&self.base) {
            let cluster = client.create_cluster(&described(info)).await;
            clusters.push(cluster.expect("a cluster is registered"));
        }
        clusters
    }
}

impl Fleet {
    /// Takes the place of another fleet: its clusters lie here from now on, under the ids and names
    /// that they have.
    pub async fn take_over(&self, client: &Client, clusters: &[Cluster]) {
        for info in self.simulation.0.clusters(&self.base) {
            let known = clusters.iter().find(|cluster| cluster.name == info.name);
            let known = known.expect("both fleets have clusters of the same names");
            let moved = described(info);
            let moved = client.update_cluster(known.id, &moved, None).await;
            moved.expect("a cluster is moved");
        }
    }
}

impl Drop for Fleet {
    fn drop(&mut self) {
        self.server.abort();
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "a test's own server, aborted when it is dropped"
)]
fn spawn(server: impl Future<Output = ()> + Send + 'static) -> JoinHandle<()> {
    tokio::spawn(server)
}

fn described(info: ClusterInfo) -> NewCluster {
    let place = |url: Url| {
        Some(Endpoint {
            url: url.to_string(),
            ..Endpoint::default()
        })
    };
    NewCluster {
        name: info.name,
        environment: Some(info.environment),
        provider: Some(info.provider),
        labels: info.labels,
        endpoints: Endpoints {
            kubernetes: place(info.endpoints.kubernetes),
            prometheus: place(info.endpoints.prometheus),
            loki: place(info.endpoints.loki),
            tempo: place(info.endpoints.tempo),
            alertmanager: place(info.endpoints.alertmanager),
        },
    }
}
