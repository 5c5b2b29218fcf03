//! `/auth`: who is asking, and how a browser logs in.

pub mod callback;
pub mod cookies;
pub mod login;
pub mod logout;
pub mod me;
pub mod validate;

use std::sync::Arc;

use fleetscope_identity::{Authenticator, Login};

/// What these routes call. Cheap to clone.
#[derive(Clone)]
pub struct SignIn {
    /// Those who know tokens.
    pub people: Arc<dyn Authenticator>,
    /// How browsers log in, where they can.
    pub login: Option<Login>,
}

impl std::fmt::Debug for SignIn {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SignIn").finish_non_exhaustive()
    }
}
