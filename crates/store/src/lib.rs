//! Everything that is kept: aggregates and the event log in a SQLite file, whole objects in a
//! folder beside it.
//!
//! This crate must not know what the things it keeps mean: no rule of the domain is checked here
//! but those that need a transaction (unique names, generations, revisions, and that an event is
//! stored if and only if what it tells of is). It is the only crate that names SQL or an object
//! store. Start reading at [`open`], then `clusters.rs` for the shape of an aggregate and
//! `write.rs` for the shape of a write.
//!
//! A data folder:
//!
//! | name | what |
//! | --- | --- |
//! | `fleetscope.db` | the database, with its `-wal` and `-shm` beside it while it is open |
//! | `fleetscope.lock` | locked by the one process that uses the folder; holds its process id |
//! | `objects/` | the objects, each a file under its key |

mod alerts;
mod analyses;
mod audit;
mod clusters;
mod credentials;
mod document;
mod events;
mod failure;
mod fingerprints;
mod folder;
mod history;
mod housekeeping;
mod investigations;
mod objects;
mod observations;
mod page;
mod reports;
mod sqlite;
mod tokens;
mod vault;
mod write;

use std::path::Path;
use std::sync::Arc;

pub use fleetscope_ports::{Error, Result};
pub use housekeeping::{Housekeeping, Removed, Retention};

use crate::folder::Folder;
use crate::objects::LocalObjects;
use crate::sqlite::Database;

/// Opens a data folder, making it where there is none, and brings its database up to date.
///
/// The folder is this process's until the last clone of the store is dropped.
///
/// # Errors
/// `Conflict` (`data_dir_in_use`) where another process uses the folder; `Unavailable` where it
/// can't be made, read or written; `Internal` where what is in it can't be understood. The message
/// names the folder and what to do.
pub async fn open(dir: &Path) -> Result<(fleetscope_ports::Store, Housekeeping)> {
    let folder = Folder::claim(dir)?;
    let objects = LocalObjects::open(&folder.objects())?;
    let database = Arc::new(Database::open(folder).await?);
    let housekeeping = Housekeeping::new(Arc::clone(&database));
    let store = fleetscope_ports::Store {
        clusters: Arc::new(clusters::Clusters(Arc::clone(&database))),
        credentials: Arc::new(credentials::Credentials(Arc::clone(&database))),
        vault: Arc::new(vault::Envelopes(Arc::clone(&database))),
        observations: Arc::new(observations::Observations(Arc::clone(&database))),
        tokens: Arc::new(tokens::Tokens(Arc::clone(&database))),
        events: Arc::new(events::Events(Arc::clone(&database))),
        alerts: Arc::new(alerts::Alerts(Arc::clone(&database))),
        analyses: Arc::new(analyses::Analyses(Arc::clone(&database))),
        investigations: Arc::new(investigations::Investigations(Arc::clone(&database))),
        reports: Arc::new(reports::Reports(Arc::clone(&database))),
        audit_sink: Arc::new(audit::Audit(Arc::clone(&database))),
        audit: Arc::new(audit::Audit(database)),
        objects: Arc::new(objects),
    };
    Ok((store, housekeeping))
}
