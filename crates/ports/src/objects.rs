//! Whole objects under a key: reports, and later replay bundles.

use async_trait::async_trait;
use bytes::Bytes;

use crate::Result;

/// An object store. A `put` is seen whole or not at all, also after a crash.
#[async_trait]
pub trait Objects: Send + Sync {
    /// Writes the object, replacing what was there.
    async fn put(&self, key: &str, bytes: Bytes) -> Result<()>;

    /// Reads the object; `NotFound` where there is none.
    async fn get(&self, key: &str) -> Result<Bytes>;

    /// Removes the object; it is no error where there is none.
    async fn delete(&self, key: &str) -> Result<()>;

    /// Every key that begins with `prefix`, sorted; at most `limit` of them.
    async fn list(&self, prefix: &str, limit: usize) -> Result<Vec<String>>;
}
