//! The client of a receiver of traces.

use std::time::Duration;

/// A client for the receiver that the operator's configuration names: it gets what this process says
/// of itself, so that none of the rules for clusters' endpoints apply. Proxies are those of the
/// environment, redirects are not followed, and each delivery has `timeout`. It fails where no
/// certificates can be had.
#[expect(
    clippy::disallowed_methods,
    reason = "this crate is where the clients of outside calls are built"
)]
pub fn receiver(timeout: Duration) -> Result<reqwest::Client, reqwest::Error> {
    reqwest::Client::builder()
        .user_agent(concat!("fleetscope/", env!("CARGO_PKG_VERSION")))
        .redirect(reqwest::redirect::Policy::none())
        .timeout(timeout)
        .build()
}
