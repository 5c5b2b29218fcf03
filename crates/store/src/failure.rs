//! What SQLite says went wrong, in the terms of the port.

use fleetscope_model::ErrorKind;
use fleetscope_ports::Error;
use sqlx::error::DatabaseError;

/// Primary result codes of SQLite, <https://www.sqlite.org/rescode.html>; the low byte of the
/// extended code.
mod code {
    pub(super) const BUSY: u32 = 5;
    pub(super) const LOCKED: u32 = 6;
    pub(super) const READ_ONLY: u32 = 8;
    pub(super) const IO: u32 = 10;
    pub(super) const CORRUPT: u32 = 11;
    pub(super) const FULL: u32 = 13;
    pub(super) const CANNOT_OPEN: u32 = 14;
    pub(super) const NOT_A_DATABASE: u32 = 26;
}

/// The outward error for an inward one.
pub(crate) fn failure(error: sqlx::Error) -> Error {
    let (kind, code, message) = match &error {
        sqlx::Error::PoolTimedOut => BUSY,
        sqlx::Error::PoolClosed | sqlx::Error::WorkerCrashed => CLOSED,
        sqlx::Error::Io(_) => IO,
        sqlx::Error::Database(error) => of_sqlite(error.as_ref()),
        _ => FAILED,
    };
    Error::new(kind, code, message).because(error)
}

type Outward = (ErrorKind, &'static str, &'static str);

const BUSY: Outward = (
    ErrorKind::Unavailable,
    "database_busy",
    "the database is busy: try again in a moment; if it stays so, see whether another program has \
     the file open",
);
const CLOSED: Outward = (
    ErrorKind::Unavailable,
    "database_closed",
    "the database is closed because the process is stopping: try again when it is back",
);
const IO: Outward = (
    ErrorKind::Unavailable,
    "database_io",
    "the database file can't be read or written: see the log, and check the disk of the data folder",
);
const READ_ONLY: Outward = (
    ErrorKind::Unavailable,
    "database_read_only",
    "the database file can't be written: make the data folder writable for the user of the process",
);
const FULL: Outward = (
    ErrorKind::Unavailable,
    "disk_full",
    "the disk of the data folder is full, so nothing was stored: free some space and try again",
);
const CORRUPT: Outward = (
    ErrorKind::Internal,
    "database_corrupt",
    "the database file is damaged: stop the process and restore the data folder from a backup",
);
const TAKEN: Outward = (
    ErrorKind::Conflict,
    "already_stored",
    "something with this id or name is stored already: read it, and update it instead",
);
const FAILED: Outward = (
    ErrorKind::Internal,
    "database_failed",
    "the database refused an operation: see the log for the cause",
);

fn of_sqlite(error: &dyn DatabaseError) -> Outward {
    if error.is_unique_violation() {
        return TAKEN;
    }
    let extended: u32 = error.code().and_then(|code| code.parse().ok()).unwrap_or(0);
    match extended & 0xff {
        code::BUSY | code::LOCKED => BUSY,
        code::READ_ONLY => READ_ONLY,
        code::IO | code::CANNOT_OPEN => IO,
        code::CORRUPT | code::NOT_A_DATABASE => CORRUPT,
        code::FULL => FULL,
        _ => FAILED,
    }
}
