//! The tempo of the simulated fleet, from outside.
