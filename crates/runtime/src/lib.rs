//! The process: puts the roles together, serves them, drives their tasks, and stops them.
//!
//! This crate must not know the command line or where configuration comes from, and it holds no
//! rule of the domain. It is the only one that sees every other crate, and the only place where
//! tasks are spawned.
//!
//! Start reading at [`start`] (what a process is made of), then [`Running`] (how it ends), then
//! `driver.rs` (what runs in between) and `roles/` (what each role needs).

mod admin;
mod driver;
mod dumps;
pub mod error;
pub mod export;
mod http;
mod key;
pub mod lifecycle;
pub mod logging;
mod recover;
mod roles;
pub mod start;
mod tls;

pub use dumps::forbid_core_dumps;
pub use error::Error;
pub use export::Exporting;
pub use key::new_key_file;
pub use lifecycle::{Ending, Running, Signals};
pub use logging::init_logging;
pub use recover::new_admin_token;
pub use start::{Parts, start};

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;
