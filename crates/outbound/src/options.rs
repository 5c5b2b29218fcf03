//! What limits and rules the way out is built with.

use std::path::PathBuf;
use std::time::Duration;

use ipnet::{IpNet, Ipv4Net, Ipv6Net};

use crate::limits::Pace;

/// Limits and rules. The names are those of the configuration section `outbound`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct OutboundOptions {
    /// The longest that one call may take: waiting for its turn, connecting, headers and body.
    pub timeout: Duration,
    /// The largest answer in bytes, counted after decompression.
    pub max_response: u64,
    /// Bytes of answers that are held at once while they are read and made something of, of all
    /// calls together. At least one answer of the largest size finds room.
    pub max_reading: u64,
    /// Calls to one cluster at the same time; a good citizen leaves room for others.
    pub concurrency_per_cluster: u32,
    /// How often one cluster is asked for people. Its `concurrency` is the field above.
    pub people: Pace,
    /// How much one cluster is asked by what runs by itself.
    pub scheduled: Pace,
    /// Bytes of answers that are kept because they can't change any more.
    pub kept_bytes: u64,
    /// Where plain http may go.
    pub plain_http: PlainHttp,
    /// Whether this machine itself may be called.
    pub loopback: bool,
    /// Networks with private addresses (RFC 1918, unique-local, 100.64.0.0/10 and the like) that
    /// may be called; no others of that kind are.
    pub private: Vec<IpNet>,
    /// Networks that are never called.
    pub deny: Vec<IpNet>,
    /// If any: the only networks with public addresses that are called.
    pub allow: Vec<IpNet>,
    /// Certificates in PEM that are trusted instead of the system's.
    pub roots: Option<Vec<u8>>,
    /// The file that these come from: it is read again while they are in use.
    pub roots_file: Option<PathBuf>,
    /// Where the jitter of pauses begins; two processes had better differ.
    pub seed: u64,
}

impl Default for OutboundOptions {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            max_response: 32 * 1024 * 1024,
            max_reading: 256 * 1024 * 1024,
            concurrency_per_cluster: 6,
            people: Pace {
                concurrency: 6,
                per_second: 50,
                burst: 100,
            },
            scheduled: Pace {
                concurrency: 6,
                per_second: 5,
                burst: 100,
            },
            kept_bytes: 64 * 1024 * 1024,
            plain_http: PlainHttp::Loopback,
            loopback: true,
            private: Vec::new(),
            deny: Vec::new(),
            allow: Vec::new(),
            roots: None,
            roots_file: None,
            seed: 0,
        }
    }
}

impl OutboundOptions {
    /// Rules for addresses that whoever runs the server wrote down: any network but those that are
    /// never called.
    pub fn for_named_servers() -> Self {
        let everything = [IpNet::from(Ipv4Net::default()), Ipv6Net::default().into()];
        Self {
            private: everything.to_vec(),
            ..Self::default()
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
