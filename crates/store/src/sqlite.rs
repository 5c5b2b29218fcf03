//! The database file: how it is opened, and the connections to it.
//!
//! One connection writes, a few read; readers never wait for the writer (write-ahead log). A
//! second writer would only wait for the first: SQLite has one write lock.
//!
//! `synchronous = FULL`: what was acknowledged survives a power cut, not only a crash of the
//! process. It costs one flush to disk for each write; writes are a few a second at most (an API
//! call, an analysis that found something), so that the cost is not felt, while a bootstrap token
//! that was shown and then forgotten would be.

use std::borrow::Cow;
use std::fs;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

use fleetscope_model::{ErrorKind, EventSeq};
use fleetscope_ports::{Error, Result};
use sqlx::migrate::{MigrateError, Migration, MigrationType, Migrator};
use sqlx::sqlite::{
    SqliteAutoVacuum, SqliteConnectOptions, SqliteJournalMode, SqlitePool, SqlitePoolOptions,
    SqliteSynchronous,
};
use sqlx::{Connection, SqlSafeStr};
use tokio::sync::watch;

use crate::failure::failure;
use crate::folder::{Folder, unusable};

/// How long to wait for a lock that a tool from outside holds (a backup, the `sqlite3` shell); no
/// process of ours can hold one, see [`Folder`].
const BUSY: Duration = Duration::from_secs(2);

/// How long a call waits for its turn.
const TURN: Duration = Duration::from_secs(10);

/// Connections that read. Each is a thread and up to 2 MB of page cache.
const READERS: u32 = 4;

/// Every migration, oldest first. One that was released is never changed again.
const MIGRATIONS: [(i64, &str, &str); 7] = [
    (1, "initial", include_str!("../migrations/0001_initial.sql")),
    (3, "audit", include_str!("../migrations/0003_audit.sql")),
    (
        4,
        "credentials",
        include_str!("../migrations/0004_credentials.sql"),
    ),
    (
        5,
        "observations",
        include_str!("../migrations/0005_observations.sql"),
    ),
    (
        9,
        "installation",
        include_str!("../migrations/0009_installation.sql"),
    ),
    (10, "alerts", include_str!("../migrations/0010_alerts.sql")),
    (
        12,
        "fingerprints",
        include_str!("../migrations/0012_fingerprints.sql"),
    ),
];

/// An open database.
#[derive(Debug)]
pub(crate) struct Database {
    pub(crate) writer: SqlitePool,
    pub(crate) readers: SqlitePool,
    /// The last place in the event log that is known to be committed.
    pub(crate) head: watch::Sender<EventSeq>,
    file: Opened,
    /// Last, so that the claim on the folder outlives the connections.
    _folder: Folder,
}

impl Database {
    /// Opens the folder's database, making it where there is none, and migrates it.
    pub(crate) async fn open(folder: Folder) -> Result<Self> {
        let writer = connect(&folder)
            .await
            .map_err(|error| unopened(&folder, error))?;
        let migrated = migrator().run(&writer).await;
        migrated.map_err(|error| unmigrated(&folder, error))?;
        let readers = pool(READERS).connect_lazy_with(options(&folder).pragma("query_only", "ON"));
        let head = sqlx::query_scalar("SELECT seq FROM sqlite_sequence WHERE name = 'events'")
            .fetch_optional(&writer)
            .await
            .map_err(failure)?;
        Ok(Self {
            writer,
            readers,
            head: watch::Sender::new(place(head.unwrap_or(0))),
            file: Opened::at(folder.database())?,
            _folder: folder,
        })
    }

    /// Tells whoever follows the log how far it goes.
    pub(crate) fn publish(&self, last: EventSeq) {
        self.head.send_if_modified(|head| {
            let grown = last > *head;
            *head = last.max(*head);
            grown
        });
    }

    /// Whether reading and writing is possible: the file is the one that was opened, and its write
    /// lock is to be had. Nothing is written.
    pub(crate) async fn check(&self) -> Result<()> {
        self.file.is_there()?;
        let read = sqlx::query_scalar::<_, i64>("SELECT count(*) FROM tokens");
        read.fetch_one(&self.readers).await.map_err(failure)?;
        // Dropped, it has not happened.
        self.write().await.map(drop)
    }

    /// Ends the connections; every later call is refused.
    pub(crate) async fn close(&self) {
        self.readers.close().await;
        self.writer.close().await;
    }
}

/// A file as it was when it was opened. SQLite goes on with one that was removed, and what it is
/// told then is gone with the process.
#[derive(Debug)]
struct Opened {
    path: PathBuf,
    inode: u64,
}

impl Opened {
    fn at(path: PathBuf) -> Result<Self> {
        let found = fs::metadata(&path).map_err(|error| unusable(&path, error))?;
        let inode = found.ino();
        Ok(Self { path, inode })
    }

    fn is_there(&self) -> Result<()> {
        let found = fs::metadata(&self.path);
        if found.is_ok_and(|found| found.ino() == self.inode) {
            return Ok(());
        }
        let message = "the database file was removed or replaced while it is in use, and what is \
                       written now is lost with this process: put it back, or stop and restore";
        Err(Error::new(ErrorKind::Unavailable, "database_gone", message))
    }
}

/// A row id as a place in the log; row ids are never negative here.
pub(crate) fn place(row: i64) -> EventSeq {
    EventSeq(u64::try_from(row).unwrap_or(0))
}

/// A whole number as SQLite keeps it; what is too large for it is larger than anything stored.
pub(crate) fn integer(number: u64) -> i64 {
    i64::try_from(number).unwrap_or(i64::MAX)
}

/// What every connection is told.
fn options(folder: &Folder) -> SqliteConnectOptions {
    SqliteConnectOptions::new()
        .filename(folder.database())
        .synchronous(SqliteSynchronous::Full)
        .foreign_keys(true)
        .busy_timeout(BUSY)
}

/// What the writer is told, which is the first to connect. Both modes stay with the file; a reader
/// must not set them again, for that takes the write lock.
fn writer_options(folder: &Folder) -> SqliteConnectOptions {
    options(folder)
        .create_if_missing(true)
        // Before the first table, or it has no effect: lets `housekeeping` give space back.
        .auto_vacuum(SqliteAutoVacuum::Incremental)
        .journal_mode(SqliteJournalMode::Wal)
        // The log is cut back to this after it had to grow, in bytes.
        .pragma("journal_size_limit", "16777216")
}

fn pool(connections: u32) -> SqlitePoolOptions {
    SqlitePoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(TURN)
        // A connection to a file does not go stale.
        .max_lifetime(None)
        .test_before_acquire(false)
}

async fn connect(folder: &Folder) -> Result<SqlitePool, sqlx::Error> {
    pool(1)
        .idle_timeout(None)
        // After a full disk or an I/O error SQLite has rolled back by itself; the driver's own
        // rollback then fails, and it believes for ever that a transaction is open. Such a
        // connection is closed, and a new one takes its place.
        .before_acquire(|connection, _| {
            let usable = !connection.is_in_transaction();
            Box::pin(async move { Ok(usable) })
        })
        .connect_with(writer_options(folder))
        .await
}

fn migrator() -> Migrator {
    let migration = |(version, name, sql): (i64, &'static str, &'static str)| {
        let name = Cow::Borrowed(name);
        Migration::new(
            version,
            name,
            MigrationType::Simple,
            sql.into_sql_str(),
            false,
        )
    };
    Migrator::with_migrations(MIGRATIONS.map(migration).to_vec())
}

fn unopened(folder: &Folder, error: sqlx::Error) -> Error {
    let path = folder.database();
    let message = format!(
        "the database {} can't be opened ({error}): check that it is a file that this user may \
         write, or restore it from a backup",
        path.display()
    );
    Error::new(ErrorKind::Internal, "database_unusable", message).because(error)
}

fn unmigrated(folder: &Folder, error: MigrateError) -> Error {
    let path = folder.path().display();
    let message = match &error {
        MigrateError::VersionMissing(version) => format!(
            "the data folder {path} was written by a newer version (database version {version}): \
             start that version or a later one, or give another folder with --data-dir"
        ),
        error => format!(
            "the database in the data folder {path} can't be brought up to date ({error}): restore \
             it from a backup, or give another folder with --data-dir"
        ),
    };
    Error::new(ErrorKind::Internal, "database_version", message).because(error)
}

#[cfg(test)]
mod tests {
    use fleetscope_model::{EventKind, Fault, NewEvent};
    use jiff::Timestamp;

    use super::*;

    async fn append(database: &Database, length: usize) -> Result<()> {
        let event = NewEvent {
            at: Timestamp::UNIX_EPOCH,
            kind: EventKind::ReportCreated,
            subject: "x".to_owned(),
            actor: "ada".to_owned(),
            summary: "x".repeat(length),
            places: Vec::new(),
        };
        let mut write = database.write().await?;
        write.record(&[event]).await?;
        write.commit().await
    }

    async fn pragma(database: &Database, sql: &'static str) {
        sqlx::query(sql).execute(&database.writer).await.unwrap();
    }

    #[tokio::test]
    async fn a_full_disk_is_told_as_such_and_writing_goes_on_when_there_is_space_again() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(Folder::claim(dir.path()).unwrap())
            .await
            .unwrap();
        // SQLite says the same where its page limit ends and where the disk does.
        pragma(&database, "PRAGMA max_page_count = 40").await;
        let error = append(&database, 1 << 20).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Unavailable, "disk_full")
        );
        assert_eq!(*database.head.borrow(), EventSeq(0));
        append(&database, 10).await.unwrap();
        pragma(&database, "PRAGMA max_page_count = 4000").await;
        append(&database, 1 << 20).await.unwrap();
        assert_eq!(*database.head.borrow(), EventSeq(2));
    }

    #[tokio::test]
    async fn a_file_that_can_not_be_written_is_told_as_such() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(Folder::claim(dir.path()).unwrap())
            .await
            .unwrap();
        pragma(&database, "PRAGMA query_only = ON").await;
        let error = append(&database, 10).await.unwrap_err();
        assert_eq!(
            (error.kind(), error.code()),
            (ErrorKind::Unavailable, "database_read_only")
        );
    }

    #[tokio::test]
    async fn readers_can_not_write() {
        let dir = tempfile::tempdir().unwrap();
        let database = Database::open(Folder::claim(dir.path()).unwrap())
            .await
            .unwrap();
        let written = sqlx::query("DELETE FROM events")
            .execute(&database.readers)
            .await;
        assert_eq!(failure(written.unwrap_err()).code(), "database_read_only");
    }
}
