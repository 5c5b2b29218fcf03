//! Whoever asks sees what its rights allow, on the hub and inside each cluster: through real HTTP,
//! against a simulated hub and fleet with roles and bindings.

mod audit;
mod clusters;
mod hostile;
mod inside;
mod many;
mod namespace;
mod stage;
mod timing;
mod walk;
