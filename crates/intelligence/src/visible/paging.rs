//! Lists as a reader sees them.

use async_trait::async_trait;
use fleetscope_model::{AnomalyAnalysis, Caller, Investigation, Page, PageRequest, Report};
use fleetscope_ports::Store;

use super::{Eyes, analysis, investigation, report};
use crate::{Intelligence, Result};

/// Something derived, of which a reader may see a part.
#[async_trait]
pub(crate) trait Derived: Sized + Send {
    /// Its key in lists.
    fn key(&self) -> String;

    /// A part of the list of all.
    async fn list(store: &Store, page: &PageRequest) -> fleetscope_ports::Result<Page<Self>>;

    /// It as the reader may see it; none where the reader may not.
    async fn seen(self, eyes: &mut Eyes<'_>) -> Result<Option<Self>>;
}

#[async_trait]
impl Derived for AnomalyAnalysis {
    fn key(&self) -> String {
        self.id.to_string()
    }

    async fn list(store: &Store, page: &PageRequest) -> fleetscope_ports::Result<Page<Self>> {
        store.analyses.list(page).await
    }

    async fn seen(self, eyes: &mut Eyes<'_>) -> Result<Option<Self>> {
        analysis::visible(eyes, self).await
    }
}

#[async_trait]
impl Derived for Investigation {
    fn key(&self) -> String {
        self.id.to_string()
    }

    async fn list(store: &Store, page: &PageRequest) -> fleetscope_ports::Result<Page<Self>> {
        store.investigations.list(page).await
    }

    async fn seen(self, eyes: &mut Eyes<'_>) -> Result<Option<Self>> {
        investigation::visible(eyes, self).await
    }
}

#[async_trait]
impl Derived for Report {
    fn key(&self) -> String {
        self.id.to_string()
    }

    async fn list(store: &Store, page: &PageRequest) -> fleetscope_ports::Result<Page<Self>> {
        store.reports.list(page).await
    }

    async fn seen(self, eyes: &mut Eyes<'_>) -> Result<Option<Self>> {
        report::visible(eyes, self).await
    }
}

impl Intelligence {
    /// A part of a list as the caller may see it: as if what it may not see were not there. Parts
    /// are as long as they are asked to be, and a cursor names an item that was shown.
    pub(crate) async fn seen_page<T: Derived>(
        &self,
        caller: &Caller,
        request: &PageRequest,
    ) -> Result<Page<T>> {
        let mut eyes = Eyes::of(self, caller);
        let limit = request.limit as usize;
        let mut items: Vec<T> = Vec::new();
        let mut wanted = request.clone();
        'parts: loop {
            let part = T::list(&self.store, &wanted).await?;
            for item in part.items {
                items.extend(item.seen(&mut eyes).await?);
                // One more than is shown tells that there is a next part.
                if items.len() > limit {
                    break 'parts;
                }
            }
            match part.next {
                Some(next) => wanted.after = Some(next),
                None => break,
            }
        }
        let more = items.len() > limit;
        items.truncate(limit);
        let next = items.last().filter(|_| more).map(T::key);
        Ok(Page { items, next })
    }
}
