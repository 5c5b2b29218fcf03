//! A token store in memory, as strict as the port's words.

use std::sync::Mutex;

use async_trait::async_trait;
use fleetscope_model::{ApiToken, ErrorKind, NewEvent, Page, PageRequest, TokenId};
use fleetscope_ports::{Error, Result, TokenStore};

#[derive(Default)]
pub(crate) struct MemoryTokens {
    rows: Mutex<Vec<(ApiToken, [u8; 32])>>,
    events: Mutex<Vec<NewEvent>>,
}

impl MemoryTokens {
    pub(crate) fn events(&self) -> Vec<NewEvent> {
        self.events.lock().unwrap().clone()
    }

    pub(crate) fn digests(&self) -> Vec<[u8; 32]> {
        let rows = self.rows.lock().unwrap();
        rows.iter().map(|(_, digest)| *digest).collect()
    }
}

#[async_trait]
impl TokenStore for MemoryTokens {
    async fn insert(&self, token: &ApiToken, digest: &[u8; 32], event: &NewEvent) -> Result<()> {
        let mut rows = self.rows.lock().unwrap();
        if rows.iter().any(|(row, _)| row.name == token.name) {
            let message = "there is already a token of this name";
            return Err(Error::new(ErrorKind::Conflict, "token_name_taken", message));
        }
        rows.push((token.clone(), *digest));
        rows.sort_by(|a, b| a.0.name.cmp(&b.0.name));
        self.events.lock().unwrap().push(event.clone());
        Ok(())
    }

    async fn find(&self, digest: &[u8; 32]) -> Result<Option<ApiToken>> {
        let rows = self.rows.lock().unwrap();
        let row = rows.iter().find(|(_, stored)| stored == digest);
        Ok(row.map(|(token, _)| token.clone()))
    }

    async fn delete(&self, id: TokenId, event: &NewEvent) -> Result<()> {
        let mut rows = self.rows.lock().unwrap();
        let before = rows.len();
        rows.retain(|(token, _)| token.id != id);
        if rows.len() == before {
            return Err(Error::not_found("token", &id));
        }
        self.events.lock().unwrap().push(event.clone());
        Ok(())
    }

    async fn list(&self, page: &PageRequest) -> Result<Page<ApiToken>> {
        let rows = self.rows.lock().unwrap();
        let mut items = rows
            .iter()
            .map(|(token, _)| token.clone())
            .filter(|token| page.after.as_ref().is_none_or(|after| token.name > *after))
            .collect::<Vec<_>>();
        let more = items.len() > page.limit as usize;
        items.truncate(page.limit as usize);
        let next = items.last().filter(|_| more).map(|last| last.name.clone());
        Ok(Page { items, next })
    }

    async fn count(&self) -> Result<u64> {
        Ok(self.rows.lock().unwrap().len() as u64)
    }
}
