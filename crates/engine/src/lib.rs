//! The engine: detects what is unusual, finds why, and says it in plain words.
//!
//! Pure and deterministic: no I/O, no clock, no async runtime, no randomness; the same input gives
//! the same bytes. It knows no series, service or node by name, and no simulated fault. It depends
//! on the model only.
//!
//! Start reading at [`Input`], then [`detect()`] (is this series unusual?), [`onset()`] (since
//! when?), [`patterns()`](patterns::patterns) (what do lines say again and again?), [`diagnose()`] (what is the cause?) and [`narrate()`] (say so).
//! [`Bundle`] keeps what was looked at, so that it can be gone through again.

pub mod detect;
pub mod detectors;
pub mod diagnose;
pub mod ensemble;
pub mod groups;
pub mod input;
pub mod judge;
pub mod narrate;
pub mod onset;
pub mod patterns;
pub mod phrase;
mod present;
pub mod recurrence;
pub mod replay;
pub mod stats;

pub use detect::detect;
pub use diagnose::diagnose;
pub use groups::groups;
pub use input::{
    ChangeContent, CitedAlert, CitedChange, CitedEvent, Conduct, FlagTurn, Input, LogPattern,
    Signal, TraceSample,
};
pub use judge::judge;
pub use narrate::narrate;
pub use onset::{Onset, onset};
pub use recurrence::{fingerprint, similarity};
pub use replay::{Bundle, ReplayError};
