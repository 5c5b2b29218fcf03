//! Carrying out an analysis.
