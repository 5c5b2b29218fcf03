//! How often one caller may ask: over all routes, and of single routes that cost more.
//!
//! Counted by who is calling and not by address: behind a router or ingress all callers share one
//! address, and one caller may have many.

use std::collections::BTreeMap;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use axum::extract::{MatchedPath, Request};
use fleetscope_api::ApiError;
use fleetscope_model::{Caller, ErrorKind};
use fleetscope_ports::Clock;
use governor::middleware::NoOpMiddleware;
use governor::nanos::Nanos;
use governor::state::keyed::DashMapStateStore;
use governor::{NotUntil, Quota, RateLimiter};

/// After how many requests callers who have not asked for long are forgotten.
const FORGET_EVERY: u32 = 4096;

/// How often something may be asked: `per_second` in the long run, `burst` at once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rate {
    /// Requests a second.
    pub per_second: NonZeroU32,
    /// Requests at once, after a pause.
    pub burst: NonZeroU32,
}

impl Rate {
    fn quota(self) -> Quota {
        Quota::per_second(self.per_second).allow_burst(self.burst)
    }
}

/// The rates of a door.
#[derive(Debug, Clone)]
pub struct RateLimits {
    /// Of one caller over all routes.
    pub per_caller: Rate,
    /// Of one caller on one route beside that, by method and path template
    /// (`POST /api/v1/analysis/rca`).
    pub routes: BTreeMap<String, Rate>,
}

type Limiter = RateLimiter<Arc<str>, DashMapStateStore<Arc<str>>, PortClock, NoOpMiddleware<Nanos>>;

/// The counters of one door. Cheap to clone; all clones count together.
#[derive(Clone)]
pub(crate) struct Rates(Arc<Counters>);

struct Counters {
    callers: Limiter,
    routes: BTreeMap<String, Limiter>,
    clock: PortClock,
    seen: AtomicU32,
}

impl std::fmt::Debug for Rates {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Rates").finish_non_exhaustive()
    }
}

impl Rates {
    pub(crate) fn new(limits: &RateLimits, clock: Arc<dyn Clock>) -> Self {
        let clock = PortClock(clock);
        let limiter = |rate: &Rate| Limiter::dashmap_with_clock(rate.quota(), clock.clone());
        Self(Arc::new(Counters {
            callers: limiter(&limits.per_caller),
            routes: limits
                .routes
                .iter()
                .map(|(route, rate)| (route.clone(), limiter(rate)))
                .collect(),
            clock,
            seen: AtomicU32::new(0),
        }))
    }

    /// Refuses a caller who asks too often. The path must be matched.
    pub(crate) fn admit(&self, caller: &Caller, request: &Request) -> Result<(), ApiError> {
        let checked = self.check(&caller.name, self.route_of(request));
        checked.map_err(too_often)
    }

    fn check(&self, caller: &str, route: Option<&Limiter>) -> Result<(), Duration> {
        let counters = &*self.0;
        let seen = counters.seen.fetch_add(1, Ordering::Relaxed);
        if seen % FORGET_EVERY == FORGET_EVERY - 1 {
            self.forget();
        }
        let key = Arc::from(caller);
        for limiter in [Some(&counters.callers), route].into_iter().flatten() {
            limiter.check_key(&key).map_err(|until| self.wait(&until))?;
        }
        Ok(())
    }

    /// Whoever has a full allowance again is as one who never asked.
    fn forget(&self) {
        for limiter in std::iter::once(&self.0.callers).chain(self.0.routes.values()) {
            limiter.retain_recent();
            limiter.shrink_to_fit();
        }
    }

    fn wait(&self, until: &NotUntil<Nanos>) -> Duration {
        until.wait_time_from(governor::clock::Clock::now(&self.0.clock))
    }

    fn route_of(&self, request: &Request) -> Option<&Limiter> {
        if self.0.routes.is_empty() {
            return None;
        }
        let path = request.extensions().get::<MatchedPath>()?.as_str();
        self.0.routes.get(&format!("{} {path}", request.method()))
    }
}

fn too_often(wait: Duration) -> ApiError {
    let seconds = wait.as_secs_f64().ceil().max(1.0) as u32;
    let detail = format!("too many requests of this caller: ask again in {seconds} s");
    ApiError::new(ErrorKind::TooManyRequests, "too_many_requests", detail).retry_after(seconds)
}

/// Our clock as the limiter wants it.
#[derive(Debug, Clone)]
struct PortClock(Arc<dyn Clock>);

impl governor::clock::Clock for PortClock {
    type Instant = Nanos;

    fn now(&self) -> Nanos {
        let since_epoch = self.0.now().as_nanosecond();
        Nanos::from(u64::try_from(since_epoch).unwrap_or_default())
    }
}
