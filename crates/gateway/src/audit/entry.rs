//! What an entry tells of a request: never its query, headers or body.

use axum::extract::{MatchedPath, Request};
use axum::http::{HeaderValue, Method, StatusCode, Uri};
use axum::response::Response;
use fleetscope_api::{Route, Touched, lookup};
use fleetscope_model::{AuditDecision, AuditEntry, ClusterId};
use jiff::Timestamp;

use crate::edge::observe::{AskedBy, REQUEST_ID};

/// The longest path that is written down; ids fit.
const LONGEST_PATH: usize = 300;

/// Most clusters that are written down.
const MOST_CLUSTERS: usize = 100;

/// The status of a request whose caller went away before it was answered, as nginx has it.
const GONE_AWAY: u16 = 499;

/// Routes by which clusters are named in the path.
const CLUSTERS: &str = "/api/v1/clusters/";

/// A request, before it is known what comes of it.
#[derive(Debug)]
pub(super) struct Asked {
    at: Timestamp,
    method: Method,
    uri: Uri,
    route: Option<MatchedPath>,
    request_id: Option<HeaderValue>,
}

impl Asked {
    pub(super) fn of(request: &Request, at: Timestamp) -> Self {
        Self {
            at,
            method: request.method().clone(),
            uri: request.uri().clone(),
            route: request.extensions().get().cloned(),
            request_id: request.headers().get(REQUEST_ID).cloned(),
        }
    }

    /// Whether it may change something. A question too long for a URL is posted, and still reads.
    pub(super) fn changes(&self) -> bool {
        let safe = matches!(self.method, Method::GET | Method::HEAD | Method::OPTIONS);
        let path = self.route.as_ref().map(MatchedPath::as_str);
        let route = path.and_then(|path| lookup(self.method.as_str(), path));
        !(safe || route.is_some_and(Route::is_question))
    }

    /// The entry, if there is to be one.
    pub(super) fn entry(self, response: &Response, reads: bool) -> Option<AuditEntry> {
        let status = response.status();
        let decision = decision(status);
        let refused = matches!(
            decision,
            AuditDecision::Unauthenticated | AuditDecision::Denied
        );
        if !(self.changes() || reads || refused) {
            return None;
        }
        let asked_by = response.extensions().get::<AskedBy>();
        let caller = asked_by.map(|AskedBy(caller)| caller);
        let mut entry = self.told(decision, status.as_u16());
        entry.caller = caller.map(|caller| caller.name.clone());
        entry.authority = caller.map(|caller| caller.authority);
        entry.role = caller.map(|caller| caller.role);
        if let Some(Touched(clusters)) = response.extensions().get::<Touched>() {
            entry.clusters.extend(clusters);
            entry.clusters.sort();
            entry.clusters.dedup();
            entry.clusters.truncate(MOST_CLUSTERS);
        }
        Some(entry)
    }

    /// The entry of a request that was not answered, if there is to be one.
    pub(super) fn unfinished(&self, reads: bool) -> Option<AuditEntry> {
        (self.changes() || reads).then(|| self.told(AuditDecision::Allowed, GONE_AWAY))
    }

    fn told(&self, decision: AuditDecision, status: u16) -> AuditEntry {
        let id = self.request_id.as_ref().and_then(|id| id.to_str().ok());
        AuditEntry {
            at: self.at,
            caller: None,
            authority: None,
            role: None,
            method: self.method.to_string(),
            path: self.uri.path().chars().take(LONGEST_PATH).collect(),
            clusters: self.named(),
            decision,
            status,
            request_id: id.unwrap_or_default().to_owned(),
            count: 1,
        }
    }

    /// The clusters that the path or the query names.
    fn named(&self) -> Vec<ClusterId> {
        let by_path = self
            .route
            .as_ref()
            .filter(|route| route.as_str().starts_with(CLUSTERS))
            .and_then(|_| self.uri.path().strip_prefix(CLUSTERS))
            .and_then(|rest| rest.split('/').next());
        let query = self.uri.query().unwrap_or_default();
        let by_query = query
            .split('&')
            .filter_map(|pair| pair.strip_prefix("cluster="));
        let named = by_path.into_iter().chain(by_query);
        let known = named.filter_map(|text| text.parse().ok());
        known.take(MOST_CLUSTERS).collect()
    }
}

fn decision(status: StatusCode) -> AuditDecision {
    match status {
        StatusCode::UNAUTHORIZED => AuditDecision::Unauthenticated,
        StatusCode::FORBIDDEN => AuditDecision::Denied,
        StatusCode::TOO_MANY_REQUESTS => AuditDecision::Limited,
        _ => AuditDecision::Allowed,
    }
}
