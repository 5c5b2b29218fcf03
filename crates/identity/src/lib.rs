//! Who is calling: API tokens of local mode, tokens that a hub cluster or an issuer knows, and the
//! signed identity that travels between the processes of a split installation.
//!
//! This crate must not know HTTP: it opens no socket of its own (whom it asks, it asks over
//! `outbound` and `kubernetes`) and names no header. It decides who somebody is, never what a route
//! asks of them. No type in it prints a secret.
//!
//! Start reading at [`Authenticator`], then [`LocalTokens`] (its implementation over the store)
//! and [`CallerTokens`] (how a caller's identity crosses from the gateway to another process).
//! [`Authenticators`] puts several in order behind one cache; [`Provider`] lists them. [`Login`] is
//! how a browser gets a session. [`Cache`] is how whoever is slow to ask is asked seldom.

pub mod access;
pub mod authenticator;
pub mod authenticators;
pub mod cache;
pub mod caller_tokens;
pub mod error;
pub mod login;
pub mod peers;
pub mod providers;
pub mod remote;
pub mod tokens;

pub use access::{HubReviews, Rights, RoleBindings, Roles};
pub use authenticator::{Authenticator, ClientAddress, Known};
pub use authenticators::{Authenticators, Limits};
pub use cache::{Cache, Found};
pub use caller_tokens::CallerTokens;
pub use error::Error;
pub use login::{Login, LoginOptions, LoginVia, SealKey, SealKeys, Session};
pub use peers::{OwnToken, PeerTokens};
pub use providers::Provider;
pub use providers::kubernetes::KubernetesTokens;
pub use providers::oidc::{Endpoints, OidcOptions, OidcTokens};
pub use providers::openshift::OpenshiftTokens;
pub use remote::{AskRegistry, RemoteTokens};
pub use tokens::random::{SystemTokenRandom, TokenRandom};
pub use tokens::{LocalTokens, NewToken};

/// The result of this crate's calls.
pub type Result<T, E = Error> = std::result::Result<T, E>;
