//! The configuration of `fleetscope serve`: defaults, then a file, then the environment, then
//! flags; each value typed, checked, and traceable to where it came from.
//!
//! This crate must not know who uses which setting, and it opens no socket. It is the only place
//! that reads the environment ([`Sources::from_process`]), so that `config show` tells the whole
//! truth. Start reading at [`Config`]; one section a file. The example file and the JSON schema
//! are generated from the same types, doc comments included.

mod access;
mod audit;
mod checks;
mod credentials;
mod error;
mod example;
mod hub;
mod identity;
mod index;
mod keys;
mod layers;
mod length;
mod limits;
mod load;
mod log;
mod outbound;
mod placement;
mod secret;
mod server;
mod services;
mod size;
mod sources;
mod storage;
mod tls;
mod traces;
mod watches;

pub use access::{Access, InsideClusters};
pub use audit::Audit;
pub use checks::Checks;
pub use credentials::{Credentials, CredentialsStore, KeySource, OWN_KEY};
pub use error::{Error, Origin, Problem};
pub use hub::Hub;
pub use identity::{AuthenticatorKind, Identity, KubernetesTokens, Login, LoginVia, Oidc};
pub use index::Index;
pub use limits::Limits;
pub use load::Config;
pub use log::{Log, LogFormat};
pub use outbound::{Outbound, PlainHttp};
pub use secret::Secret;
pub use server::Server;
pub use services::{Service, Services};
pub use size::{ByteSize, InvalidByteSize};
pub use sources::{Overrides, Sources};
pub use storage::Storage;
pub use tls::Tls;
pub use traces::{TraceProtocol, Traces};
pub use watches::Watches;
