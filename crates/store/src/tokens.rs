//! API tokens, by the digest of the token.

use std::sync::Arc;

use async_trait::async_trait;
use fleetscope_model::{ApiToken, ErrorKind, NewEvent, Page, PageRequest, TokenId};
use fleetscope_ports::{Error, Result, TokenStore};
use tracing::instrument;

use crate::document::{decode, encode};
use crate::failure::failure;
use crate::page::{BEFORE_NAMES, Listing};
use crate::sqlite::Database;

const WHAT: &str = "token";

const LISTING: Listing = Listing {
    what: WHAT,
    sql: "SELECT name, document FROM tokens WHERE name > ?1 ORDER BY name LIMIT ?2",
    start: BEFORE_NAMES,
};

pub(crate) struct Tokens(pub(crate) Arc<Database>);

#[async_trait]
impl TokenStore for Tokens {
    #[instrument(level = "debug", skip_all, name = "tokens.insert", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn insert(&self, token: &ApiToken, digest: &[u8; 32], event: &NewEvent) -> Result<()> {
        let mut write = self.0.write().await?;
        let taken: Option<i64> = sqlx::query_scalar("SELECT 1 FROM tokens WHERE name = ?1")
            .bind(&token.name)
            .fetch_optional(write.on())
            .await
            .map_err(failure)?;
        if taken.is_some() {
            return Err(name_taken(&token.name));
        }
        sqlx::query("INSERT INTO tokens (id, name, digest, document) VALUES (?1, ?2, ?3, ?4)")
            .bind(token.id.to_string())
            .bind(&token.name)
            .bind(digest.as_slice())
            .bind(encode(WHAT, &token.id, token)?)
            .execute(write.on())
            .await
            .map_err(failure)?;
        write.record(std::slice::from_ref(event)).await?;
        write.commit().await
    }

    #[instrument(level = "debug", skip_all, name = "tokens.find", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn find(&self, digest: &[u8; 32]) -> Result<Option<ApiToken>> {
        // By an index, and so not in constant time: the time tells something about digests, from
        // which nothing follows about a token of 256 random bits.
        let row: Option<(String, String)> =
            sqlx::query_as("SELECT id, document FROM tokens WHERE digest = ?1")
                .bind(digest.as_slice())
                .fetch_optional(&self.0.readers)
                .await
                .map_err(failure)?;
        row.map(|(id, document)| decode(WHAT, &id, &document))
            .transpose()
    }

    #[instrument(level = "debug", skip_all, name = "tokens.delete", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn delete(&self, id: TokenId, event: &NewEvent) -> Result<()> {
        let mut write = self.0.write().await?;
        let deleted = sqlx::query("DELETE FROM tokens WHERE id = ?1")
            .bind(id.to_string())
            .execute(write.on())
            .await
            .map_err(failure)?;
        if deleted.rows_affected() == 0 {
            return Err(Error::not_found(WHAT, &id));
        }
        write.record(std::slice::from_ref(event)).await?;
        write.commit().await
    }

    #[instrument(level = "debug", skip_all, name = "tokens.list", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn list(&self, page: &PageRequest) -> Result<Page<ApiToken>> {
        LISTING.page(&self.0.readers, page).await
    }

    #[instrument(level = "debug", skip_all, name = "tokens.count", fields(otel.kind = "client", db.system.name = "sqlite"))]
    async fn count(&self) -> Result<u64> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM tokens")
            .fetch_one(&self.0.readers)
            .await
            .map_err(failure)?;
        Ok(u64::try_from(count).unwrap_or(0))
    }
}

fn name_taken(name: &str) -> Error {
    let message = format!(
        "there is already a token named '{name}': choose another name, or revoke that token first"
    );
    Error::new(ErrorKind::Conflict, "token_name_taken", message)
}
