//! The loki of the simulated fleet, from outside.
