//! Traces of which only failing spans are known.

use std::sync::Mutex;

use async_trait::async_trait;
use fleetscope_model::{
    Caller, Collection, Dependencies, FoundTrace, Selection, TimeRange, TraceAnswer, TraceId,
    TraceSearch, TracedService, Wanted,
};
use fleetscope_ports::{Error, Result, Traces};

/// What every search finds, and what was searched for.
#[derive(Default)]
pub(crate) struct Spans {
    pub(crate) found: Mutex<Vec<FoundTrace>>,
    pub(crate) asked: Mutex<Vec<String>>,
}

#[async_trait]
impl Traces for Spans {
    async fn search(&self, _: &Caller, search: &TraceSearch) -> Result<Collection<FoundTrace>> {
        if let Wanted::TraceQl(text) = &search.wanted {
            self.asked.lock().unwrap().push(text.clone());
        }
        Ok(Collection {
            items: self.found.lock().unwrap().clone(),
            gaps: Vec::new(),
        })
    }

    async fn trace(&self, _: &Caller, _: &Selection, id: TraceId) -> Result<TraceAnswer> {
        Err(Error::not_found("trace", &id))
    }

    async fn services(
        &self,
        _: &Caller,
        _: &Selection,
        _: TimeRange,
        _: Option<&str>,
    ) -> Result<Collection<TracedService>> {
        Ok(Collection::default())
    }

    async fn dependencies(
        &self,
        _: &Caller,
        _: &Selection,
        _: TimeRange,
    ) -> Result<Collection<Dependencies>> {
        Ok(Collection::default())
    }
}
