//! What limits and rules the way out is built with.

use std::path::PathBuf;
use std::time::Duration;

use ipnet::IpNet;

/// Limits and rules. The names are those of the configuration section `outbound`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundOptions {
    /// The longest that one call may take: waiting for its turn, connecting, headers and body.
    pub timeout: Duration,
    /// The largest answer in bytes, counted after decompression.
    pub max_response: u64,
    /// Calls to one cluster at the same time; a good citizen leaves room for others.
    pub concurrency_per_cluster: u32,
    /// Where plain http may go.
    pub plain_http: PlainHttp,
    /// Whether this machine itself may be called.
    pub loopback: bool,
    /// Networks that are never called.
    pub deny: Vec<IpNet>,
    /// If any: the only networks that are called, beside loopback where that is on.
    pub allow: Vec<IpNet>,
    /// Certificates in PEM that are trusted instead of the system's.
    pub roots: Option<Vec<u8>>,
    /// The file that these come from: it is read again while they are in use.
    pub roots_file: Option<PathBuf>,
}

impl Default for OutboundOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            max_response: 32 * 1024 * 1024,
            concurrency_per_cluster: 6,
            plain_http: PlainHttp::Loopback,
            loopback: true,
            deny: Vec::new(),
            allow: Vec::new(),
            roots: None,
            roots_file: None,
        }
    }
}

/// Where plain http, readable and changeable by anyone on the way, may go.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub enum PlainHttp {
    /// Only to this machine.
    #[default]
    Loopback,
    /// Anywhere: for clusters whose telemetry is only served without TLS.
    Anywhere,
}
