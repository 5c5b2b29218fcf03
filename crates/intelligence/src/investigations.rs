//! Investigations: asking for one, and reading what came of it.

use fleetscope_model::{
    Caller, EventKind, Investigation, InvestigationId, NewEvent, Origin, Page, PageRequest,
    Permission, Place, Selection, Status, TimeRange,
};
use jiff::SignedDuration;

use crate::analyses::check_window;
use crate::service::{authorise, check_page};
use crate::visible::investigation::visible;
use crate::visible::{Eyes, absent};
use crate::{Intelligence, Result};

pub(crate) mod perform;
mod recall;

/// The longest window of an investigation: a cause a day before its effect can't be told from
/// chance by the readings that are gathered.
const LONGEST_WINDOW: SignedDuration = SignedDuration::from_hours(24);

/// Where no window is asked for: the last hour.
const USUAL_WINDOW: SignedDuration = SignedDuration::from_hours(1);

/// A question for the cause of what is going wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvestigationRequest {
    /// Which clusters.
    pub clusters: Selection,
    /// The window in which the cause is sought: at most 24 hours, not in the future; none for the
    /// last hour.
    pub window: Option<TimeRange>,
}

impl Intelligence {
    /// Stores the request as a pending investigation, to be carried out by [`crate::Work`], with
    /// the event that tells of it.
    ///
    /// Needs `Operate`. `Invalid` where the window can't be looked at; `NotFound` for a cluster
    /// that the caller may not see.
    pub async fn request_investigation(
        &self,
        caller: &Caller,
        request: InvestigationRequest,
    ) -> Result<Investigation> {
        authorise(caller, Permission::Operate)?;
        let now = self.clock.now();
        let window = request
            .window
            .unwrap_or_else(|| TimeRange::ending(now, USUAL_WINDOW));
        check_window(window, LONGEST_WINDOW, now)?;
        let clusters = self.resolve(caller, &request.clusters).await?;
        let investigation = Investigation {
            id: InvestigationId::new(self.ids.next(now)),
            origin: Origin::Request,
            requested_by: caller.name.clone(),
            asker: Some(caller.clone()),
            created_at: now,
            updated_at: now,
            revision: 0,
            status: Status::Pending,
            open: false,
            clusters: clusters
                .into_iter()
                .map(|cluster| (cluster.id, cluster.draft.name))
                .collect(),
            window,
            alarms: Vec::new(),
            findings: None,
            narrative: Vec::new(),
            evidence: Vec::new(),
            gaps: Vec::new(),
            failure: None,
            ended: None,
            fingerprint: None,
            recurrence: Vec::new(),
        };
        let event = NewEvent {
            at: now,
            kind: EventKind::InvestigationOpened,
            subject: investigation.id.to_string(),
            actor: caller.name.clone(),
            summary: format!("{} asked for an investigation", caller.name),
            places: investigation
                .clusters
                .keys()
                .map(|&id| Place::record(id))
                .collect(),
        };
        self.store
            .investigations
            .put(&investigation, &[event])
            .await?;
        self.want_work();
        Ok(investigation)
    }

    /// One investigation, as the caller may see it, with those earlier ones of the same trouble that
    /// it may see. Needs `Read`.
    pub async fn investigation(
        &self,
        caller: &Caller,
        id: InvestigationId,
    ) -> Result<Investigation> {
        authorise(caller, Permission::Read)?;
        let look = self.visible_investigation(caller, id);
        let mut found = self.found("investigation", &id, look).await?;
        self.remember(caller, &mut found).await;
        Ok(found)
    }

    pub(crate) async fn visible_investigation(
        &self,
        caller: &Caller,
        id: InvestigationId,
    ) -> Result<Option<Investigation>> {
        match absent(self.store.investigations.get(id).await)? {
            Some(investigation) => visible(&mut Eyes::of(self, caller), investigation).await,
            None => Ok(None),
        }
    }

    /// Investigations that the caller may see, newest first, without what recurs in them. Needs
    /// `Read`.
    pub async fn investigations(
        &self,
        caller: &Caller,
        page: &PageRequest,
    ) -> Result<Page<Investigation>> {
        authorise(caller, Permission::Read)?;
        check_page(page)?;
        self.seen_page(caller, page).await
    }
}
