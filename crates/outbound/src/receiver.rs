//! The client of a receiver of traces.

use std::time::Duration;

use crate::pools;

/// A client for the receiver that the operator's configuration names: it gets what this process says
/// of itself, so that none of the rules for clusters' endpoints apply. Proxies are those of the
/// environment, redirects are not followed, and each delivery has `timeout`. It fails where no
/// certificates can be had.
pub fn receiver(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    pools::builder().timeout(timeout).build()
}
