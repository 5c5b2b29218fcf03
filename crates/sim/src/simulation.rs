//! The fleet as a whole: options, stepping, faults, and the one router.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use axum::Router;
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use url::Url;

use crate::cluster::Cluster;
use crate::door::Doors;
use crate::faults::{Fault, Truth};
use crate::kubernetes::Access;
use crate::world::dice::Dice;
use crate::world::time::Tick;
use crate::world::topology::{ClusterSpec, edge, shop, train};
use crate::{Error, Now, control};

/// How far back metrics are kept at least, whatever the history.
const LEAST_KEPT: Duration = Duration::from_hours(26);
/// How often the world is stepped while nobody asks: several times in a scrape's interval even
/// where time passes sixty times as fast.
const BEAT: Duration = Duration::from_millis(100);

/// How a simulation is made.
#[derive(Clone)]
pub struct Options {
    /// Decides everything that is not a law of the model.
    pub seed: u64,
    /// Until when the history is filled in at once.
    pub start: Timestamp,
    /// How long before `start` the world begins. 26 h show a whole day and its night.
    pub history: Duration,
    /// The time from then on: the world lives as far as this goes.
    pub now: Now,
}

/// The simulated fleet. A cheap handle: clones are the same fleet.
#[derive(Clone)]
pub struct Simulation {
    inner: Arc<Inner>,
}

struct Inner {
    now: Now,
    dice: Dice,
    clusters: Vec<Mutex<Cluster>>,
    faults: Mutex<Faults>,
    doors: Doors,
}

#[derive(Default)]
struct Faults {
    injected: i64,
    latest: Option<Truth>,
}

/// A cluster of the fleet and where its servers answer.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct ClusterInfo {
    /// Unique in the fleet.
    pub name: String,
    /// For all of them `production`.
    pub environment: String,
    /// The infrastructure: `aws` or `on-premises`.
    pub provider: String,
    /// Labels that an operator would give it.
    pub labels: BTreeMap<String, String>,
    /// Base addresses of its servers.
    pub endpoints: Endpoints,
}

/// Base addresses, to which a client appends `/api/…`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize)]
pub struct Endpoints {
    /// The Kubernetes API server.
    pub kubernetes: Url,
    /// Prometheus: append `/api/v1/query`.
    pub prometheus: Url,
    /// Loki: append `/loki/api/v1/query_range`.
    pub loki: Url,
    /// Tempo: append `/api/search`.
    pub tempo: Url,
    /// Alertmanager: append `/api/v2/alerts`.
    pub alertmanager: Url,
}

impl Simulation {
    /// A fleet with its history filled in up to `options.start`.
    ///
    /// # Errors
    /// [`Error::Options`] where the history does not reach the calendar, or is shorter than two
    /// scrapes.
    pub fn new(options: Options) -> Result<Self, Error> {
        let history = SignedDuration::try_from(options.history)
            .map_err(|_| Error::options("history", "is longer than the calendar"))?;
        let begin = options
            .start
            .checked_sub(history)
            .map_err(|_| Error::options("history", "begins before the calendar does"))?;
        let (before, start) = (Tick::not_after(begin), Tick::not_after(options.start));
        if start.0 - before.0 < 2 {
            return Err(Error::options("history", "must be a minute or longer"));
        }
        let kept = options.history.max(LEAST_KEPT) + Duration::from_hours(2);
        let dice = Dice::new(options.seed);
        let make = |spec: ClusterSpec| {
            let keep_ms = i64::try_from(kept.as_millis()).unwrap_or(i64::MAX);
            let mut cluster = Cluster::new(spec, dice, before, keep_ms, options.now.clone());
            cluster.step_to(start);
            Mutex::new(cluster)
        };
        // One thread a cluster: the history of a day is a few million samples each.
        let clusters = std::thread::scope(|scope| {
            [shop::spec(), train::spec(), edge::spec()]
                .map(|spec| scope.spawn(|| make(spec)))
                .into_iter()
                .map(|thread| thread.join().map_err(|_| Error::History))
                .collect::<Result<Vec<_>, _>>()
        })?;
        let (now, faults) = (options.now, Mutex::new(Faults::default()));
        Ok(Self {
            inner: Arc::new(Inner {
                now,
                dice,
                clusters,
                faults,
                doors: Doors::default(),
            }),
        })
    }

    /// Steps every cluster to the present. Each router does it before it answers.
    pub fn sync(&self) {
        let tick = Tick::not_after((self.inner.now)());
        for cluster in &self.inner.clusters {
            lock(cluster).step_to(tick);
        }
    }

    /// Steps every cluster to the present again and again, so that a watch hears of what happens
    /// while nobody asks. It never ends: run it beside the router.
    pub async fn keep_up(&self) -> Infallible {
        let mut beat = tokio::time::interval(BEAT);
        loop {
            beat.tick().await;
            self.sync();
        }
    }

    /// Lets a fault begin with the next tick. The seed chooses the target, and the cluster where
    /// several have one. A further injection chooses anew and adds to the first.
    ///
    /// # Errors
    /// [`Error::NoTarget`] where no cluster has a target for it (any more).
    pub fn inject(&self, fault: Fault) -> Result<Truth, Error> {
        self.sync();
        let mut faults = lock(&self.inner.faults);
        let candidates: Vec<_> = self
            .inner
            .clusters
            .iter()
            .filter_map(|cluster| {
                lock(cluster)
                    .choose(fault, faults.injected)
                    .map(|item| (cluster, item))
            })
            .collect();
        let mut roll = self.inner.dice.part("inject").at(faults.injected);
        let (cluster, injection) = roll
            .pick(&candidates)
            .cloned()
            .ok_or(Error::NoTarget { fault })?;
        let truth = lock(cluster).begin(injection);
        faults.injected += 1;
        faults.latest = Some(truth.clone());
        Ok(truth)
    }

    /// What was injected last, if anything was.
    pub fn truth(&self) -> Option<Truth> {
        lock(&self.inner.faults).latest.clone()
    }

    /// Lets every server of a cluster ask for this `Authorization` from now on; for nothing where
    /// it is none. A refusal repeats what it was given, as careless servers do.
    pub fn demand(&self, cluster: &str, authorization: Option<&str>) {
        self.inner.doors.demand(cluster, authorization);
    }

    /// Every server of every cluster, as `/{cluster}/{kubernetes,prometheus,loki,tempo,
    /// alertmanager}/…`, and the control of the simulation under `/sim/v1/`.
    pub fn router(&self) -> Router {
        let mut router = control::router(self.clone());
        for cluster in &self.inner.clusters {
            let cluster = lock(cluster);
            for (server, routes) in cluster.routers(&self.inner.now) {
                router = router.nest(&format!("/{}/{server}", cluster.spec.name), routes);
            }
        }
        let simulation = self.clone();
        router.layer(axum::middleware::from_fn(
            move |request: axum::extract::Request, next: axum::middleware::Next| {
                let simulation = simulation.clone();
                async move {
                    if let Some(refusal) = simulation.inner.doors.refusal(&request) {
                        return refusal;
                    }
                    simulation.sync();
                    next.run(request).await
                }
            },
        ))
    }

    /// The clusters, with addresses below `base`, where [`router`](Self::router) is served.
    pub fn clusters(&self, base: &Url) -> Vec<ClusterInfo> {
        self.inner
            .clusters
            .iter()
            .map(|cluster| info(&lock(cluster).spec, base))
            .collect()
    }

    /// Who may do what on a cluster; `None` for an unknown cluster.
    pub fn access(&self, cluster: &str) -> Option<Access> {
        let mut clusters = self.inner.clusters.iter().map(|cluster| lock(cluster));
        clusters
            .find(|item| item.spec.name == cluster)
            .map(|found| found.access().clone())
    }

    /// All samples of a cluster as `OpenMetrics` text; `None` for an unknown cluster.
    pub fn openmetrics(&self, cluster: &str) -> Option<String> {
        let mut clusters = self.inner.clusters.iter().map(|cluster| lock(cluster));
        let found = clusters.find(|item| item.spec.name == cluster)?;
        Some(found.openmetrics())
    }
}

fn info(spec: &ClusterSpec, base: &Url) -> ClusterInfo {
    let at = |server: &str| {
        let mut url = base.clone();
        let path = format!(
            "{}/{}/{server}",
            base.path().trim_end_matches('/'),
            spec.name
        );
        url.set_path(&path);
        url
    };
    let owned = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
    ClusterInfo {
        name: spec.name.to_owned(),
        environment: spec.environment.to_owned(),
        provider: spec.provider.to_owned(),
        labels: spec.labels.iter().map(owned).collect(),
        endpoints: Endpoints {
            kubernetes: at("kubernetes"),
            prometheus: at("prometheus"),
            loki: at("loki"),
            tempo: at("tempo"),
            alertmanager: at("alertmanager"),
        },
    }
}

/// A panic in one request must not end the fleet: the world behind the lock is whole again with
/// the next tick.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
