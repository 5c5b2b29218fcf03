//! What a caller may see and do, asked of whoever keeps the rights.

use std::collections::BTreeSet;

use async_trait::async_trait;
use fleetscope_model::{Aspect, Caller, ClusterId, ClusterVerb, GapKind, Part, Place, Sight};

use crate::Result;

/// Decides about clusters and what is inside them. What can't be asked is never a yes.
#[async_trait]
pub trait Access: Send + Sync {
    /// Whether the caller sees all there is without anybody being asked: nothing need be filtered
    /// for it.
    fn sees_all(&self, caller: &Caller) -> bool;

    /// Whether the caller may do this with the cluster, known or not: an id that was never given
    /// is asked about like any other. `Unavailable` (`rights_unknown`) where it can't be asked.
    async fn may(&self, caller: &Caller, cluster: ClusterId, verb: ClusterVerb) -> Result<bool>;

    /// Which part of a cluster the caller may see: of these namespaces, or of all where none are
    /// named. That the caller may see and query the cluster at all is not looked at here.
    async fn sight(
        &self,
        caller: &Caller,
        cluster: ClusterId,
        aspect: Aspect,
        namespaces: Option<&BTreeSet<String>>,
    ) -> std::result::Result<Sight, Unasked>;
}

/// The rights inside a cluster could not be asked for.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{detail}")]
pub struct Unasked {
    /// Which kind of gap that makes.
    pub kind: GapKind,
    /// What happened and what to do.
    pub detail: String,
}

/// Everybody may do everything that their role allows: an installation whose callers nobody
/// else knows.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Unrestricted;

#[async_trait]
impl Access for Unrestricted {
    fn sees_all(&self, _: &Caller) -> bool {
        true
    }

    async fn may(&self, _: &Caller, _: ClusterId, _: ClusterVerb) -> Result<bool> {
        Ok(true)
    }

    async fn sight(
        &self,
        _: &Caller,
        _: ClusterId,
        _: Aspect,
        _: Option<&BTreeSet<String>>,
    ) -> std::result::Result<Sight, Unasked> {
        Ok(Sight::Whole)
    }
}

/// One reader, and what it may see.
#[derive(Clone, Copy)]
pub struct Reader<'a> {
    /// Who decides.
    pub access: &'a dyn Access,
    /// Who reads.
    pub caller: &'a Caller,
}

/// How much of a number of places a reader sees.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Extent {
    /// All of them.
    All,
    /// Some, not all.
    Some,
    /// None, or there are none.
    None,
}

impl Reader<'_> {
    /// Whether the reader sees a place in an aspect. A cluster whose rights can't be asked for
    /// shows nothing of what is inside it; that the hub can't be asked is an error.
    pub async fn sees(&self, place: &Place, aspect: Aspect) -> Result<bool> {
        if self.access.sees_all(self.caller) {
            return Ok(true);
        }
        let may_get = self.may(place.cluster, ClusterVerb::Get).await?;
        let namespace = match &place.part {
            Part::Record => return Ok(may_get),
            Part::Namespace(namespace) => Some(namespace.clone()),
            Part::Platform => None,
        };
        if !may_get || !self.may(place.cluster, ClusterVerb::Query).await? {
            return Ok(false);
        }
        // With no namespace only the whole will do, and no namespace need be looked at.
        let wanted: BTreeSet<String> = namespace.iter().cloned().collect();
        let sight = self
            .access
            .sight(self.caller, place.cluster, aspect, Some(&wanted))
            .await;
        Ok(sight.is_ok_and(|sight| sight.reaches(namespace.as_deref())))
    }

    /// How much of the places the reader sees.
    pub async fn extent(&self, places: &[Place], aspect: Aspect) -> Result<Extent> {
        let (mut seen, mut hidden) = (false, false);
        for place in places {
            if self.sees(place, aspect).await? {
                seen = true;
            } else {
                hidden = true;
            }
        }
        Ok(match (seen, hidden) {
            (true, false) => Extent::All,
            (true, true) => Extent::Some,
            (false, _) => Extent::None,
        })
    }

    /// Whether the reader may do this with a cluster.
    pub async fn may(&self, cluster: ClusterId, verb: ClusterVerb) -> Result<bool> {
        self.access.may(self.caller, cluster, verb).await
    }
}
