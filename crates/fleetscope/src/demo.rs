//! A simulated fleet and a whole server in one process, on one clock: the ground of `demo` and of
//! `eval`.

pub(crate) mod judge;
pub(crate) mod stage;
pub(crate) mod story;

pub(crate) use judge::Outcome;
pub(crate) use stage::Stage;
