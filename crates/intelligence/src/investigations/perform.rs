//! Carrying out an investigation.
