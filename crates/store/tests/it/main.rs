//! The store, from outside: one conformance suite for every backend, and what is particular to
//! SQLite and a local folder: crashes, locks, full and damaged files.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "helpers of tests fail by panicking"
)]

mod cancellation;
mod conformance;
mod crash;
mod damage;
mod folder;
mod history;
mod housekeeping;
mod samples;
mod speed;
mod sqlite;

use std::path::Path;
use std::time::Duration;

use fleetscope_model::{Page, PageRequest};
use fleetscope_ports::{Error, Store};
use sqlx::sqlite::{SqliteConnectOptions, SqliteConnection};
use sqlx::{AssertSqlSafe, Connection};

/// Opens a folder.
async fn open(dir: &Path) -> Store {
    fleetscope_store::open(dir).await.unwrap().0
}

/// A connection to the database file as another program would make it.
async fn outside(dir: &Path) -> SqliteConnection {
    let options = SqliteConnectOptions::new()
        .filename(dir.join("fleetscope.db"))
        .busy_timeout(Duration::from_secs(5));
    SqliteConnection::connect_with(&options).await.unwrap()
}

/// Does something to the database file as another program would.
async fn execute(dir: &Path, sql: &str) {
    let done = try_execute(dir, sql).await;
    assert!(done.unwrap() > 0, "nothing changed: {sql}");
}

/// The same, where it may be refused; the number of rows that changed.
async fn try_execute(dir: &Path, sql: &str) -> Result<u64, sqlx::Error> {
    let mut connection = outside(dir).await;
    let done = sqlx::query(AssertSqlSafe(sql))
        .execute(&mut connection)
        .await;
    connection.close().await.unwrap();
    Ok(done?.rows_affected())
}

/// The first part of a list, in parts of this size.
fn first(limit: u32) -> PageRequest {
    PageRequest { after: None, limit }
}

/// Every item of a list, read in parts of this size.
async fn walk<T>(limit: u32, list: impl AsyncFn(PageRequest) -> Result<Page<T>, Error>) -> Vec<T> {
    let mut items = Vec::new();
    let mut request = first(limit);
    loop {
        let page = list(request).await.unwrap();
        assert!(page.items.len() <= limit as usize);
        items.extend(page.items);
        match page.next {
            Some(next) => {
                request = PageRequest {
                    after: Some(next),
                    limit,
                }
            }
            None => return items,
        }
    }
}
