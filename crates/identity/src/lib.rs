//! Who is calling: API tokens of local mode, and the signed identity that travels between the
//! processes of a split installation.
//!
//! This crate must not know HTTP: it opens no socket and names no header. It decides who somebody
//! is, never what a route asks of them. No type in it prints a secret.
//!
//! Start reading at [`Authenticator`], then [`LocalTokens`] (its implementation over the store)
//! and [`CallerTokens`] (how a caller's identity crosses from the gateway to another process).

pub mod authenticator;
pub mod caller_tokens;
pub mod error;
pub mod remote;
pub mod tokens;

pub use authenticator::Authenticator;
pub use caller_tokens::CallerTokens;
pub use error::Error;
pub use remote::{AskRegistry, RemoteTokens};
pub use tokens::random::{SystemTokenRandom, TokenRandom};
pub use tokens::{LocalTokens, NewToken};

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;
