//! `[outbound]`: how clusters are read.

use std::time::Duration;

use ipnet::IpNet;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Serialize};

use crate::error::Problem;
use crate::size::ByteSize;

/// How clusters are read: limits on each read, and which addresses may be read at all.
#[derive(Debug, Clone, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Outbound {
    /// How long one read may take, from the connection to the last byte.
    #[serde(with = "crate::length")]
    #[schemars(schema_with = "crate::length::schema")]
    pub timeout: Duration,
    /// The longest answer that is read; a longer one is dropped and reported as a gap.
    pub max_response: ByteSize,
    /// How much of all answers together is held at once while they are read and made one; the
    /// same again is needed to make something of them. A read that finds no room waits, and is
    /// reported as a gap where none comes in time.
    pub max_reading: ByteSize,
    /// How many reads may be under way on one cluster at once.
    #[schemars(range(min = 1, max = 256))]
    pub concurrency_per_cluster: u32,
    /// How often one cluster is read in a second for people, in the long run.
    #[schemars(range(min = 1, max = 10_000))]
    pub per_second: u32,
    /// How many reads may be under way on one cluster at once for what runs by itself, such as
    /// watches.
    #[schemars(range(min = 1, max = 256))]
    pub scheduled_concurrency: u32,
    /// How often one cluster is read in a second for what runs by itself, in the long run. A query
    /// that takes a server more than two seconds is put to it every thirty seconds at most.
    #[schemars(range(min = 1, max = 10_000))]
    pub scheduled_per_second: u32,
    /// How much is kept of answers about the past, which can't change any more.
    pub cache: ByteSize,
    /// Where http:// addresses are allowed: on this machine only (loopback), or anywhere.
    pub plain_http: PlainHttp,
    /// Networks with private addresses (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, 100.64.0.0/10,
    /// unique-local ones of IPv6 and the like) that may be read; without a list none is. In a
    /// cluster: those of its pods and services.
    #[schemars(schema_with = "networks_schema")]
    pub private: Vec<IpNet>,
    /// Networks that are never read, besides the built-in ones; stronger than private and allow.
    #[schemars(schema_with = "networks_schema")]
    pub deny: Vec<IpNet>,
    /// If any: the only networks with public addresses that are read. This machine itself is read
    /// only where server.listen and the other addresses of [server] are loopback.
    #[schemars(schema_with = "networks_schema")]
    pub allow: Vec<IpNet>,
}

/// Where http:// addresses are allowed.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum PlainHttp {
    /// On this machine only.
    #[default]
    Loopback,
    /// Anywhere.
    Anywhere,
}

impl Default for Outbound {
    fn default() -> Self {
        Self {
            timeout: Duration::from_secs(10),
            max_response: ByteSize::mebibytes(32),
            max_reading: ByteSize::mebibytes(256),
            concurrency_per_cluster: 6,
            per_second: 50,
            scheduled_concurrency: 6,
            scheduled_per_second: 5,
            cache: ByteSize::mebibytes(64),
            plain_http: PlainHttp::Loopback,
            private: Vec::new(),
            deny: Vec::new(),
            allow: Vec::new(),
        }
    }
}

impl Outbound {
    pub(crate) fn validate(&self, problems: &mut Vec<Problem>) {
        if self.timeout < Duration::from_millis(100) {
            let what = "is too short for any read: write at least 100ms";
            problems.push(Problem::of("outbound.timeout", what));
        }
        if self.max_response < ByteSize::bytes(64 * 1024) {
            let what = format!(
                "{} is too little for a list of pods: write at least 64KiB",
                self.max_response
            );
            problems.push(Problem::of("outbound.max_response", what));
        }
        if self.max_reading < self.max_response {
            let what = format!(
                "{} is too little for one answer of outbound.max_response: write at least {}",
                self.max_reading, self.max_response
            );
            problems.push(Problem::of("outbound.max_reading", what));
        }
        for (name, value, most) in [
            ("outbound.per_second", self.per_second, 10_000),
            (
                "outbound.scheduled_concurrency",
                self.scheduled_concurrency,
                256,
            ),
            (
                "outbound.scheduled_per_second",
                self.scheduled_per_second,
                10_000,
            ),
        ] {
            if !(1..=most).contains(&value) {
                let what = format!("{value} is out of range: write a number from 1 to {most}");
                problems.push(Problem::of(name, what));
            }
        }
        if !(1..=256).contains(&self.concurrency_per_cluster) {
            let what = format!(
                "{} is out of range: write a number from 1 to 256",
                self.concurrency_per_cluster
            );
            problems.push(Problem::of("outbound.concurrency_per_cluster", what));
        }
    }
}

fn networks_schema(_: &mut SchemaGenerator) -> Schema {
    json_schema!({
        "type": "array",
        "items": { "type": "string" },
        "examples": [["192.0.2.0/24", "2001:db8::/32"]]
    })
}
