//! Alertmanager's API v2: alerts, groups, and silences.
//!
//! Whoever sees some namespaces of a cluster sees the alerts that name one of them in their label
//! `namespace`, and silences that are held to one. Alerts are made of metrics: who may see those
//! may see these.

mod answer;
mod matchers;
mod port;
mod read;
mod silences;
