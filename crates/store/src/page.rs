//! Lists, a part at a time, by the key that comes after (keyset paging): a part costs the same
//! wherever it begins, and nothing is given twice or left out when the list changes meanwhile.

use fleetscope_model::{Page, PageRequest};
use fleetscope_ports::Result;
use futures::TryStreamExt;
use serde::de::DeserializeOwned;
use sqlx::sqlite::SqlitePool;

use crate::document::decode;
use crate::failure::failure;

/// The most items of a part.
const MOST: u32 = 500;

/// A part ends early when its documents are longer than this together, in bytes: analyses and
/// investigations carry their evidence, and 500 large ones would not fit in memory comfortably.
const BYTES: usize = 8 << 20;

/// Comes before every name.
pub(crate) const BEFORE_NAMES: &str = "";

/// Comes after every id: ids are hexadecimal digits and hyphens.
pub(crate) const AFTER_IDS: &str = "~";

/// How an aggregate is listed.
pub(crate) struct Listing {
    /// What it is called in messages.
    pub(crate) what: &'static str,
    /// Key and document of at most `?2` items beyond the key `?1`.
    pub(crate) sql: &'static str,
    /// The key beyond which the list begins.
    pub(crate) start: &'static str,
}

impl Listing {
    /// The part that is asked for.
    pub(crate) async fn page<T: DeserializeOwned>(
        &self,
        readers: &SqlitePool,
        request: &PageRequest,
    ) -> Result<Page<T>> {
        let limit = request.limit.clamp(1, MOST);
        let after = request.after.as_deref().unwrap_or(self.start);
        let mut rows = sqlx::query_as::<_, (String, String)>(self.sql)
            .bind(after)
            // One more, to know whether there is a next part.
            .bind(limit + 1)
            .fetch(readers);
        let mut items = Vec::new();
        let mut last = None;
        let mut bytes = 0;
        while let Some((key, document)) = rows.try_next().await.map_err(failure)? {
            bytes += document.len();
            let full = items.len() == limit as usize || (bytes > BYTES && !items.is_empty());
            if full {
                return Ok(Page { items, next: last });
            }
            items.push(decode(self.what, &key, &document)?);
            last = Some(key);
        }
        Ok(Page { items, next: None })
    }
}
