//! A mean that follows what it is a mean of.

use serde::{Deserialize, Serialize};

/// The mean of all values until as many as it spans are known, then exponentially weighted.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct Mean {
    span: f64,
    known: f64,
    value: f64,
}

impl Mean {
    /// Spans about so many values.
    pub(super) fn over(span: f64) -> Self {
        Self {
            span,
            known: 0.0,
            value: 0.0,
        }
    }

    /// Takes in a value.
    pub(super) fn learn(&mut self, value: f64) {
        self.known = (self.known + 1.0).min(self.span);
        self.value += (value - self.value) / self.known;
    }

    /// The mean; 0 of nothing.
    pub(super) fn value(&self) -> f64 {
        self.value
    }
}
