//! Whom the public door lets in, and for what. One function and not a stack of layers, as in
//! `edge::guard`, and for the same reason.

use axum::extract::Request;
use axum::response::{IntoResponse as _, Response};
use fleetscope_api::{ApiError, SignIn, may_pass, needs_caller};
use fleetscope_identity::{ClientAddress, Known, Session};
use fleetscope_model::Caller;

use crate::audit::Audit;
use crate::authenticate::{presented, revokes_token};
use crate::edge::observe::AskedBy;
use crate::edge::rates::Rates;
use crate::edge::within::Within;
use crate::recheck::while_admitted;

/// What is known of callers, and of what they did.
#[derive(Debug)]
pub(crate) struct Admission {
    pub(crate) audit: Option<Audit>,
    pub(crate) sign_in: SignIn,
    pub(crate) rates: Rates,
}

impl Admission {
    /// Finds out who asks, whether not too often, and whether they may; writes down what came of
    /// it. Of what answers everybody nothing is asked, nor of what is not there. Must run where the
    /// path is matched, and inside of what gives requests their ids.
    pub(crate) async fn admit(&self, request: Request, within: Within) -> Response {
        if !needs_caller(&request) {
            return match may_pass(&request) {
                Ok(()) => within.run(request).await,
                Err(error) => error.into_response(),
            };
        }
        let Some(audit) = &self.audit else {
            return self.let_in(request, within).await;
        };
        let pending = audit.begin(&request);
        let response = self.let_in(request, within).await;
        pending.end(&response).await;
        response
    }

    /// Lets a request go on as the caller's whom its token or session names. One without either
    /// goes on without a caller: whether it may is for the table of routes. One with a bad token
    /// does not. Neither token nor cookie goes further than here.
    async fn let_in(&self, mut request: Request, within: Within) -> Response {
        let extensions = request.extensions_mut();
        extensions.remove::<Caller>();
        extensions.remove::<Known>();
        extensions.remove::<Session>();
        let token = match presented(&self.sign_in, &mut request) {
            Ok(token) => token,
            Err(error) => return error.into_response(),
        };
        let Some(token) = token else {
            return self.go_on(None, request, within).await;
        };
        let people = &self.sign_in.people;
        let source = request.extensions().get::<ClientAddress>();
        let source = source.map(|address| address.0);
        let known = match people.authenticate(&token, source).await {
            Ok(known) => known,
            Err(error) => return ApiError::from(error).into_response(),
        };
        let caller = known.caller.clone();
        request.extensions_mut().insert(known);
        request.extensions_mut().insert(caller.clone());
        let revokes = revokes_token(&request);
        let response = self.go_on(Some(&caller), request, within).await;
        if revokes && response.status().is_success() {
            people.revoked();
        }
        let mut response = while_admitted(response, people, (&caller, token, source));
        response.extensions_mut().insert(AskedBy(caller));
        response
    }

    async fn go_on(&self, caller: Option<&Caller>, request: Request, within: Within) -> Response {
        let often = caller.map_or(Ok(()), |caller| self.rates.admit(caller, &request));
        match often.and_then(|()| may_pass(&request)) {
            Ok(()) => within.run(request).await,
            Err(error) => error.into_response(),
        }
    }
}
