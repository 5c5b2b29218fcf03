//! `[server]`: which roles this process takes on, and where it listens.

use std::net::{Ipv4Addr, SocketAddr};
use std::time::Duration;

use fleetscope_model::Role;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::size::ByteSize;

/// Which roles this process takes on, where it listens, and how much it takes in.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Server {
    /// Address and port of the public API. Port 0 takes a free port.
    pub listen: SocketAddr,
    /// Address and port of /healthz, /readyz and /metrics, which answer without a token.
    pub admin_listen: SocketAddr,
    /// Address and port on which this process serves its roles to a gateway in another process.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "SocketAddr", example = "127.0.0.1:8081")]
    pub inner_listen: Option<SocketAddr>,
    /// The roles of this process: all five, or only the gateway, or all but the gateway.
    #[schemars(schema_with = "roles_schema")]
    pub roles: Vec<Role>,
    /// How long a process goes on as ever after SIGTERM, but for /readyz, which says no: the time
    /// that a balancer takes to notice. Not after SIGINT.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub shutdown_leave: Duration,
    /// How long requests and tasks under way may go on after that. The two and a second or so make
    /// up what whoever ends the process must grant it (Kubernetes: 30s by default).
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub shutdown_grace: Duration,
    /// How many connections each address takes at once; further ones wait. Each needs a file.
    #[schemars(range(min = 1))]
    pub max_connections: u32,
    /// How long a request's head may take, and how long a connection without one is kept.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub head_timeout: Duration,
    /// How long a client may take no byte of an answer that is there for it. One that reads slowly
    /// is waited for; one that does not read loses its connection. More than 15s, as an event
    /// stream that has no event says so as often.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub send_timeout: Duration,
    /// The longest request body that is read.
    pub max_body: ByteSize,
    /// How long a request may take; streams are exempt. Longer than outbound.timeout, so that a
    /// cluster that does not answer is a gap in the answer and not a failed request.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub request_timeout: Duration,
    /// How many event streams may be open at once.
    #[schemars(range(min = 1))]
    pub max_streams: u32,
    /// How many threads carry out requests; one per core where absent. A gateway that runs apart
    /// pays least for a request with one, as it then wakes nobody: run more gateways instead.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schemars(with = "u32", range(min = 1, max = 512), example = 1)]
    pub workers: Option<u32>,
    /// How long a worker looks out for the next request before it sleeps; at most 1ms. To be woken
    /// takes longer than a small request on most virtual machines. The price is a core that is busy
    /// for so long after each request: of use to a gateway with a core of its own and one worker.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub busy_poll: Duration,
    /// Whose web pages may use this API beside our own, as a browser writes it in Origin.
    #[schemars(example = ["https://console.example.com"])]
    pub allowed_origins: Vec<String>,
}

impl Default for Server {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 8080)),
            admin_listen: SocketAddr::from((Ipv4Addr::LOCALHOST, 9091)),
            inner_listen: None,
            roles: Role::ALL.to_vec(),
            shutdown_leave: Duration::from_secs(5),
            shutdown_grace: Duration::from_secs(23),
            max_connections: 10_000,
            head_timeout: Duration::from_secs(30),
            send_timeout: Duration::from_mins(1),
            max_body: ByteSize::mebibytes(1),
            request_timeout: Duration::from_mins(1),
            max_streams: 1000,
            workers: None,
            busy_poll: Duration::ZERO,
            allowed_origins: Vec::new(),
        }
    }
}

impl Server {
    /// Whether this process takes on the role.
    pub fn has(&self, role: Role) -> bool {
        self.roles.contains(&role)
    }

    /// Whether this process listens on loopback alone, so that only this machine reaches it.
    pub fn is_local(&self) -> bool {
        let public = self.has(Role::Gateway).then_some(self.listen);
        [public, Some(self.admin_listen), self.inner_listen]
            .into_iter()
            .flatten()
            .all(|address| address.ip().is_loopback())
    }

    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        let addresses = [
            ("server.listen", Some(self.listen)),
            ("server.admin_listen", Some(self.admin_listen)),
            ("server.inner_listen", self.inner_listen),
        ];
        for (n, (key, address)) in addresses.iter().enumerate() {
            let taken = addresses[..n]
                .iter()
                .find(|(_, other)| address.is_some_and(|a| a.port() != 0) && other == address);
            if let Some((other, _)) = taken {
                problems.push(Problem::of(
                    key,
                    format!("is the same address as {other}: give each its own port"),
                ));
            }
        }
        if self.max_body < ByteSize::bytes(1024) {
            let what = format!(
                "{} is too little for any request: write at least 1KiB",
                self.max_body
            );
            problems.push(Problem::of("server.max_body", what));
        }
        if self.request_timeout < Duration::from_secs(1) {
            let what = "is too short for any request: write at least 1s";
            problems.push(Problem::of("server.request_timeout", what));
        }
        for origin in &self.allowed_origins {
            let host = ["https://", "http://"]
                .iter()
                .find_map(|scheme| origin.strip_prefix(scheme));
            let fits = host.is_some_and(|host| {
                !host.is_empty()
                    && host
                        .bytes()
                        .all(|b| b.is_ascii_graphic() && b != b'/' && b != b'*')
            });
            if !fits {
                let what = format!(
                    "'{origin}' is no origin: write scheme, host and port only, as in \
                     https://console.example.com"
                );
                problems.push(Problem::of("server.allowed_origins", what));
            }
        }
        if self
            .workers
            .is_some_and(|workers| !(1..=512).contains(&workers))
        {
            let what = "is out of range: write 1 to 512, or leave it out for one per core";
            problems.push(Problem::of("server.workers", what));
        }
        if self.busy_poll > Duration::from_millis(1) {
            let what = "is too long: write 1ms at most, as in 200us, or 0s for never";
            problems.push(Problem::of("server.busy_poll", what));
        }
        if !self.busy_poll.is_zero() && self.workers != Some(1) {
            let what =
                "is of no use where several workers look out in turn: write server.workers = 1";
            problems.push(Problem::of("server.busy_poll", what));
        }
        if self.head_timeout.is_zero() {
            let what = "is no time: write at least 1s";
            problems.push(Problem::of("server.head_timeout", what));
        }
        if self.send_timeout.is_zero() {
            let what = "is no time: write at least 1s";
            problems.push(Problem::of("server.send_timeout", what));
        }
        if self.max_connections == 0 {
            let what = "must be at least 1: without a connection nobody is served";
            problems.push(Problem::of("server.max_connections", what));
        }
        if self.max_streams == 0 {
            let what = "must be at least 1: without a stream nobody can follow events";
            problems.push(Problem::of("server.max_streams", what));
        }
    }
}

fn roles_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": { "type": "string", "enum": Role::ALL },
        "uniqueItems": true,
        "minItems": 1
    })
}
