//! A store in memory whose calls can be made to fail.

use std::collections::BTreeMap;
use std::sync::Mutex;

use async_trait::async_trait;
use bytes::Bytes;
use fleetscope_model::{
    AnalysisId, AnomalyAnalysis, ApiToken, AuditEntry, AuditRecord, Cluster, ClusterId, ErrorKind,
    Event, EventKind, EventSeq, Investigation, InvestigationId, KeptFingerprint, NewEvent, Page,
    PageRequest, Report, ReportId, Status, TokenId,
};
use fleetscope_ports::{
    AnalysisStore, AuditLog, AuditSink, ClusterStore, Error, EventLog, InvestigationStore, Objects,
    ReportStore, Result, TokenStore,
};
use tokio::sync::watch;

/// How a call fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Failure {
    /// Nothing was done.
    Before,
    /// It was done, and the answer was lost.
    After,
}

#[derive(Default)]
struct State {
    analyses: BTreeMap<AnalysisId, AnomalyAnalysis>,
    investigations: BTreeMap<InvestigationId, Investigation>,
    reports: BTreeMap<ReportId, Report>,
    objects: BTreeMap<String, Bytes>,
    events: Vec<Event>,
    /// Which of the coming calls fails.
    fails: Option<(u32, Failure)>,
    calls: u32,
}

/// Everything that is kept, in one place.
#[derive(Default)]
pub(crate) struct Shelf {
    state: Mutex<State>,
    head: watch::Sender<EventSeq>,
}

impl Shelf {
    /// Lets one of the coming calls fail; the next is call 1.
    pub(crate) fn fail(&self, call: u32, failure: Failure) {
        let mut state = self.state.lock().unwrap();
        state.calls = 0;
        state.fails = Some((call, failure));
    }

    /// How many calls there were since `fail`.
    pub(crate) fn mend(&self) -> u32 {
        let mut state = self.state.lock().unwrap();
        state.fails = None;
        state.calls
    }

    pub(crate) fn investigations(&self) -> Vec<Investigation> {
        self.state
            .lock()
            .unwrap()
            .investigations
            .values()
            .cloned()
            .collect()
    }

    pub(crate) fn analyses(&self) -> Vec<AnomalyAnalysis> {
        self.state
            .lock()
            .unwrap()
            .analyses
            .values()
            .cloned()
            .collect()
    }

    pub(crate) fn objects(&self) -> BTreeMap<String, Bytes> {
        self.state.lock().unwrap().objects.clone()
    }

    /// The texts of reports alone.
    pub(crate) fn texts(&self) -> BTreeMap<String, Bytes> {
        let mut objects = self.objects();
        objects.retain(|key, _| key.starts_with("reports/"));
        objects
    }

    pub(crate) fn put_object(&self, key: &str, text: &'static str) {
        let mut state = self.state.lock().unwrap();
        state
            .objects
            .insert(key.to_owned(), Bytes::from_static(text.as_bytes()));
    }

    /// One call: fails if it is its turn, else does what it is for.
    fn call<T>(&self, act: impl FnOnce(&mut State) -> Result<T>) -> Result<T> {
        let mut state = self.state.lock().unwrap();
        state.calls += 1;
        let turn = state.fails.filter(|(call, _)| *call == state.calls);
        let lost = || Error::new(ErrorKind::Unavailable, "store_down", "the store is down");
        match turn {
            Some((_, Failure::Before)) => Err(lost()),
            Some((_, Failure::After)) => act(&mut state).and(Err(lost())),
            None => {
                let done = act(&mut state);
                self.head.send_replace(EventSeq(state.events.len() as u64));
                done
            }
        }
    }
}

impl State {
    fn tell(&mut self, events: &[NewEvent]) {
        for event in events {
            let seq = EventSeq(self.events.len() as u64 + 1);
            self.events.push(Event {
                seq,
                event: event.clone(),
            });
        }
    }
}

/// Newest first, after the key.
fn page<K: Ord + ToString, V: Clone>(all: &BTreeMap<K, V>, request: &PageRequest) -> Page<V> {
    let rest = all.iter().rev().filter(|(key, _)| {
        request
            .after
            .as_ref()
            .is_none_or(|after| key.to_string() < *after)
    });
    let mut items: Vec<(String, V)> = rest
        .take(request.limit as usize + 1)
        .map(|(key, value)| (key.to_string(), value.clone()))
        .collect();
    let more = items.len() > request.limit as usize;
    items.truncate(request.limit as usize);
    Page {
        next: items.last().map(|(key, _)| key.clone()).filter(|_| more),
        items: items.into_iter().map(|(_, value)| value).collect(),
    }
}

fn found<T>(value: Option<T>, what: &str, id: &dyn std::fmt::Display) -> Result<T> {
    value.ok_or_else(|| Error::not_found(what, id))
}

#[async_trait]
impl AnalysisStore for Shelf {
    async fn put(&self, analysis: &AnomalyAnalysis, events: &[NewEvent]) -> Result<()> {
        self.call(|state| {
            state.analyses.insert(analysis.id, analysis.clone());
            state.tell(events);
            Ok(())
        })
    }

    async fn get(&self, id: AnalysisId) -> Result<AnomalyAnalysis> {
        self.call(|state| found(state.analyses.get(&id).cloned(), "analysis", &id))
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<AnomalyAnalysis>> {
        self.call(|state| Ok(page(&state.analyses, request)))
    }

    async fn pending(&self, limit: u32) -> Result<Vec<AnomalyAnalysis>> {
        self.call(|state| {
            let pending = state
                .analyses
                .values()
                .filter(|one| one.status == Status::Pending);
            Ok(pending.take(limit as usize).cloned().collect())
        })
    }
}

#[async_trait]
impl InvestigationStore for Shelf {
    async fn put(&self, investigation: &Investigation, events: &[NewEvent]) -> Result<()> {
        self.call(|state| {
            let stored = state.investigations.get(&investigation.id);
            if stored.is_some_and(|stored| stored.revision >= investigation.revision) {
                let kind = ErrorKind::Conflict;
                return Err(Error::new(kind, "revision_mismatch", "it is newer"));
            }
            state
                .investigations
                .insert(investigation.id, investigation.clone());
            state.tell(events);
            Ok(())
        })
    }

    async fn get(&self, id: InvestigationId) -> Result<Investigation> {
        self.call(|state| found(state.investigations.get(&id).cloned(), "investigation", &id))
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<Investigation>> {
        self.call(|state| Ok(page(&state.investigations, request)))
    }

    async fn pending(&self, limit: u32) -> Result<Vec<Investigation>> {
        self.call(|state| {
            let all = state.investigations.values();
            let pending = all.filter(|one| one.status == Status::Pending);
            Ok(pending.take(limit as usize).cloned().collect())
        })
    }

    async fn open(&self, limit: u32) -> Result<Vec<Investigation>> {
        self.call(|state| {
            let open = state.investigations.values().filter(|one| one.open);
            Ok(open.take(limit as usize).cloned().collect())
        })
    }

    async fn fingerprints(
        &self,
        before: InvestigationId,
        limit: u32,
    ) -> Result<Vec<KeptFingerprint>> {
        self.call(|state| {
            let earlier = state.investigations.range(..before).rev();
            let kept = earlier.filter_map(|(id, one)| {
                Some(KeptFingerprint {
                    investigation: *id,
                    created_at: one.created_at,
                    until: one.window.end,
                    fingerprint: one.fingerprint.clone()?,
                })
            });
            Ok(kept.take(limit as usize).collect())
        })
    }
}

#[async_trait]
impl ReportStore for Shelf {
    async fn insert(&self, report: &Report, event: &NewEvent) -> Result<()> {
        self.call(|state| {
            state.reports.insert(report.id, report.clone());
            state.tell(std::slice::from_ref(event));
            Ok(())
        })
    }

    async fn get(&self, id: ReportId) -> Result<Report> {
        self.call(|state| found(state.reports.get(&id).cloned(), "report", &id))
    }

    async fn delete(&self, id: ReportId, event: &NewEvent) -> Result<Report> {
        self.call(|state| {
            let report = found(state.reports.remove(&id), "report", &id)?;
            state.tell(std::slice::from_ref(event));
            Ok(report)
        })
    }

    async fn list(&self, request: &PageRequest) -> Result<Page<Report>> {
        self.call(|state| Ok(page(&state.reports, request)))
    }

    async fn known_objects(&self, keys: &[String]) -> Result<Vec<String>> {
        self.call(|state| {
            let known = state.reports.values().map(|report| report.object.clone());
            Ok(known.filter(|object| keys.contains(object)).collect())
        })
    }
}

#[async_trait]
impl Objects for Shelf {
    async fn put(&self, key: &str, bytes: Bytes) -> Result<()> {
        self.call(|state| {
            state.objects.insert(key.to_owned(), bytes);
            Ok(())
        })
    }

    async fn get(&self, key: &str) -> Result<Bytes> {
        self.call(|state| found(state.objects.get(key).cloned(), "object", &key))
    }

    async fn delete(&self, key: &str) -> Result<()> {
        self.call(|state| {
            state.objects.remove(key);
            Ok(())
        })
    }

    async fn list(&self, prefix: &str, limit: usize) -> Result<Vec<String>> {
        self.call(|state| {
            let keys = state.objects.keys().filter(|key| key.starts_with(prefix));
            Ok(keys.take(limit).cloned().collect())
        })
    }
}

#[async_trait]
impl EventLog for Shelf {
    async fn append(&self, events: &[NewEvent]) -> Result<Vec<Event>> {
        self.call(|state| {
            let before = state.events.len();
            state.tell(events);
            Ok(state.events[before..].to_vec())
        })
    }

    async fn after(&self, seq: EventSeq, kinds: &[EventKind], limit: u32) -> Result<Vec<Event>> {
        self.call(|state| {
            let wanted = |event: &&Event| {
                event.seq > seq && (kinds.is_empty() || kinds.contains(&event.event.kind))
            };
            Ok(state
                .events
                .iter()
                .filter(wanted)
                .take(limit as usize)
                .cloned()
                .collect())
        })
    }

    fn head(&self) -> watch::Receiver<EventSeq> {
        self.head.subscribe()
    }
}

pub(super) fn not_here<T>() -> Result<T> {
    Err(Error::new(
        ErrorKind::Internal,
        "not_here",
        "intelligence keeps no clusters, credentials and tokens",
    ))
}

#[async_trait]
impl ClusterStore for Shelf {
    async fn insert(&self, _: &Cluster, _: &NewEvent) -> Result<()> {
        not_here()
    }

    async fn update(&self, _: &Cluster, _: &NewEvent) -> Result<()> {
        not_here()
    }

    async fn delete(&self, _: ClusterId, _: Option<u64>, _: &NewEvent) -> Result<()> {
        not_here()
    }

    async fn forget(&self, _: ClusterId, _: Option<u64>, _: &NewEvent) -> Result<Vec<String>> {
        not_here()
    }

    async fn get(&self, _: ClusterId) -> Result<Cluster> {
        not_here()
    }

    async fn several(&self, _: &[ClusterId]) -> Result<Vec<Cluster>> {
        not_here()
    }

    async fn list(&self, _: &PageRequest) -> Result<Page<Cluster>> {
        not_here()
    }
}

#[async_trait]
impl TokenStore for Shelf {
    async fn insert(&self, _: &ApiToken, _: &[u8; 32], _: &NewEvent) -> Result<()> {
        not_here()
    }

    async fn find(&self, _: &[u8; 32]) -> Result<Option<ApiToken>> {
        not_here()
    }

    async fn delete(&self, _: TokenId, _: &NewEvent) -> Result<()> {
        not_here()
    }

    async fn list(&self, _: &PageRequest) -> Result<Page<ApiToken>> {
        not_here()
    }

    async fn count(&self) -> Result<u64> {
        not_here()
    }
}

#[async_trait]
impl AuditSink for Shelf {
    async fn append(&self, _: &[AuditEntry]) -> Result<()> {
        unreachable!("the doors write the audit log")
    }
}

#[async_trait]
impl AuditLog for Shelf {
    async fn list(&self, _: &PageRequest) -> Result<Page<AuditRecord>> {
        unreachable!("the registry reads the audit log")
    }
}
