//! Who may come in by which door. Called, and no layer of the router: each layer costs every request
//! a boxed call and a copy of all below it.

use axum::extract::Request;
use axum::response::Response;

use super::within::Within;
use crate::admission::Admission;
use crate::inner::Verifier;

/// A door, with what it knows of those who come.
#[derive(Debug)]
pub(crate) enum Entrance {
    /// Everybody's.
    Public(Box<Admission>),
    /// The gateways'.
    Inner(Box<Verifier>),
}

impl Entrance {
    pub(crate) const fn as_str(&self) -> &'static str {
        match self {
            Self::Public(_) => "public",
            Self::Inner(_) => "inner",
        }
    }

    pub(crate) const fn is_public(&self) -> bool {
        matches!(self, Self::Public(_))
    }

    /// Lets the request in, or answers it.
    pub(crate) async fn run(&self, request: Request, within: Within) -> Response {
        match self {
            Self::Public(admission) => admission.admit(request, within).await,
            Self::Inner(verifier) => verifier.verify(request, within).await,
        }
    }
}
