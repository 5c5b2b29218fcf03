//! The one place where bytes leave and come in.

use std::borrow::Cow;
use std::time::Duration;

use bytes::Bytes;
use fleetscope_model::{GapKind, Source};
use http::header::{AUTHORIZATION, CONTENT_TYPE, LOCATION};
use http::{Method, StatusCode};
use reqwest::tls::TlsInfo;
use tokio::time::{Instant, timeout_at};
use tracing::Instrument as _;

use crate::answer::Answer;
use crate::base::place;
use crate::breaker::{KNOCK, Pass};
use crate::certificate;
use crate::failure::{self, Cause, Failure, printable};
use crate::limits::Lane;
use crate::room::{Body, Room};
use crate::shown::Proof;
use crate::trace;
use crate::upstream::Upstream;

/// How much of an error's body is read: enough for any message.
const ERROR_BODY: usize = 64 * 1024;

/// How often a read that found no server is repeated, and the first pause before that; each pause
/// is twice the one before, with as much again of jitter. Enough for a server that is being
/// replaced by another.
const REPEATS: u32 = 2;
const PAUSE: Duration = Duration::from_millis(50);

impl Upstream {
    /// Waits for a place, sends, reads the whole answer; all before the deadline.
    pub(crate) async fn exchange(&self, mut request: reqwest::Request) -> Result<Answer, Failure> {
        let started = Instant::now();
        let limit = self.limit();
        let source = self.key.source;
        let span = trace::of_read(source, self.place(), &mut request);
        let result = self.turn(request, limit).instrument(span.clone()).await;
        trace::ended(&span, &result);
        let elapsed = started.elapsed();
        self.parts.metrics.record(source, &result, elapsed);
        tracing::debug!(
            cluster = %self.key.cluster,
            source = source.title(),
            place = self.place(),
            status = result.as_ref().map_or(0, |answer| answer.status.as_u16()),
            failure = result.as_ref().err().map(|failure| failure.detail.as_str()),
            elapsed_ms = elapsed.as_millis() as u64,
            "outside read"
        );
        result
    }

    async fn turn(&self, request: reqwest::Request, limit: Instant) -> Result<Answer, Failure> {
        let pass = if self.probing {
            Pass::Go
        } else {
            self.parts.breakers.ask(&self.key, Instant::now())
        };
        if let Pass::Rest(rest) = &pass {
            return Err(Failure::resting(self.place(), rest));
        }
        // A call that got its place in the second half of its time has little chance to end in
        // time, and would only add load.
        let wait = limit.duration_since(Instant::now()) / 2;
        let scheduled = self
            .question
            .as_ref()
            .filter(|_| self.lane == Lane::Scheduled);
        if let Some(question) = scheduled {
            let heavy = &self.parts.heavy;
            heavy.ask(self.key.cluster, question, Instant::now())?;
        }
        let limits = &self.parts.limits;
        // An API server keeps its own pace, and is asked about each of many namespaces at once.
        let paced = self.key.source != Source::Kubernetes && !self.probing;
        let lane = (self.key.cluster, self.lane);
        let place = limits.enter(lane, paced, wait).await;
        let _place =
            place.inspect_err(|_| self.parts.metrics.turned_away(self.key.source, self.lane))?;
        let begun = Instant::now();
        if pass == Pass::Knock {
            self.knock(limit).await?;
        }
        let response = self.let_in(request, limit).await;
        let response = self.noted(response, false)?;
        let whole = timeout_at(limit, self.whole(response, limit)).await;
        if let Some(question) = scheduled {
            let (heavy, now) = (&self.parts.heavy, Instant::now());
            heavy.took(self.key.cluster, question, now - begun, now);
        }
        whole.unwrap_or_else(|_| Err(late(self.place())))
    }

    /// Whether anybody is there: any answer to a request without credentials will do.
    async fn knock(&self, limit: Instant) -> Result<(), Failure> {
        let request = self.outgoing(Method::GET, "/")?;
        let limit = limit.min(Instant::now() + KNOCK);
        let answer = timeout_at(limit, self.head(request, &Proof::None))
            .await
            .unwrap_or_else(|_| Err(late(self.place())));
        self.noted(answer, true).map(drop)
    }

    /// Tells the breaker, and the metrics where that changed something.
    pub(crate) fn noted<T>(&self, result: Result<T, Failure>, knocked: bool) -> Result<T, Failure> {
        let breakers = &self.parts.breakers;
        let change = match &result {
            Ok(_) => breakers.answered(&self.key, knocked),
            Err(failure) if failure.cause.is_some_and(Cause::is_silence) => {
                breakers.silent(&self.key, knocked, &failure.detail, Instant::now())
            }
            Err(_) => None,
        };
        if let Some(change) = change {
            self.parts
                .metrics
                .turned(self.key.source, change, breakers.open());
            tracing::info!(
                cluster = %self.key.cluster,
                source = self.key.source.title(),
                place = self.place(),
                ?change,
                "endpoint's breaker"
            );
        }
        result
    }

    /// The head of an answer to a request that shows who we are. Where that was refused and is
    /// another by now, it is shown once more: who answers 401 has not carried the request out.
    pub(crate) async fn let_in(
        &self,
        request: reqwest::Request,
        limit: Instant,
    ) -> Result<reqwest::Response, Failure> {
        let again = self.shown.as_ref().and_then(|_| request.try_clone());
        let proof = timeout_at(limit, self.proof())
            .await
            .unwrap_or_else(|_| Err(late(self.place())))?;
        let response = self.answered(request, &proof, limit).await?;
        let (Some(shown), Some(again)) = (&self.shown, again) else {
            return Ok(knowing(response, proof));
        };
        if response.status() != StatusCode::UNAUTHORIZED {
            return Ok(knowing(response, proof));
        }
        let instead = timeout_at(limit, shown.instead(&self.to(), &proof)).await;
        match instead.ok().flatten() {
            Some(proof) => {
                let response = self.answered(again, &proof, limit).await?;
                Ok(knowing(response, proof))
            }
            None => Ok(knowing(response, proof)),
        }
    }

    /// What this endpoint is shown now.
    async fn proof(&self) -> Result<Proof, Failure> {
        match (&self.bearer, &self.shown) {
            (Some(bearer), _) => bearer.header().await.map(Proof::Header),
            (None, Some(shown)) => shown.proof(&self.to()).await,
            (None, None) => Ok(Proof::None),
        }
    }

    /// The head of an answer. A read that found nobody is repeated while there is time for it.
    async fn answered(
        &self,
        request: reqwest::Request,
        proof: &Proof,
        limit: Instant,
    ) -> Result<reqwest::Response, Failure> {
        let reads = request.method() == Method::GET || self.reads_only;
        let again = (reads && !self.probing).then(|| request.try_clone());
        let again = again.flatten();
        let mut result = self.headed(request, proof, limit).await;
        for repeat in 0..REPEATS {
            let passing = |f: &Failure| f.cause.is_some_and(Cause::is_passing);
            let Some(next) = again.as_ref().and_then(reqwest::Request::try_clone) else {
                break;
            };
            if !result.as_ref().is_err_and(passing) {
                break;
            }
            let pause = PAUSE * 2_u32.pow(repeat);
            let pause = pause.mul_f64(1.0 + self.parts.breakers.fraction());
            if Instant::now() + pause * 2 > limit {
                break;
            }
            tokio::time::sleep(pause).await;
            self.parts.metrics.repeated(self.key.source);
            result = self.headed(next, proof, limit).await;
        }
        result
    }

    async fn headed(
        &self,
        request: reqwest::Request,
        proof: &Proof,
        limit: Instant,
    ) -> Result<reqwest::Response, Failure> {
        timeout_at(limit, self.head(request, proof))
            .await
            .unwrap_or_else(|_| Err(late(self.place())))
    }

    async fn head(
        &self,
        mut request: reqwest::Request,
        proof: &Proof,
    ) -> Result<reqwest::Response, Failure> {
        let mut way = Cow::Borrowed(&self.way);
        match proof {
            Proof::None => way.to_mut().showing_nothing(),
            Proof::Header(header) => {
                request.headers_mut().insert(AUTHORIZATION, header.clone());
            }
            Proof::Certificate(certificate) => way.to_mut().presenting(certificate.clone()),
        }
        let refused = self
            .parts
            .pools
            .check_behind_proxy(&self.base, &self.way)
            .await;
        refused.map_err(|refused| {
            Failure::new(GapKind::Unreachable, refused.to_string()).at(Cause::Address)
        })?;
        self.parts.renew_trust().await;
        let client = self.parts.pools.client(&way).map_err(|_| {
            let said = "the endpoint's certificates or proxy can't be used: write them anew";
            Failure::new(GapKind::Unreachable, format!("{}: {said}", self.place()))
        })?;
        client.execute(request).await.map_err(|error| {
            let failure = failure::no_answer(&error, self.place());
            if let (Some(roots), Some(Cause::UnknownAuthority)) = (&self.parts.roots, failure.cause)
            {
                roots.doubt();
            }
            failure
        })
    }

    /// The whole answer behind a head.
    async fn whole(&self, response: reqwest::Response, limit: Instant) -> Result<Answer, Failure> {
        let status = response.status();
        if status.is_redirection() {
            return Err(self.redirected(&response));
        }
        if let Some(bearer) = &self.bearer
            && status == StatusCode::UNAUTHORIZED
        {
            bearer.refused();
        }
        let content_type = response.headers().get(CONTENT_TYPE);
        let content_type = content_type
            .and_then(|value| value.to_str().ok())
            .map(str::to_ascii_lowercase)
            .unwrap_or_default();
        let certified_until = response
            .extensions()
            .get::<TlsInfo>()
            .filter(|_| self.probing)
            .and_then(|info| certificate::not_after(info.peer_certificate()?));
        let (body, room) = if status.is_success() {
            self.body(response, limit).await?
        } else {
            (error_body(response).await, Room::default())
        };
        Ok(Answer {
            status,
            content_type,
            body,
            room,
            place: self.place().to_owned(),
            certified_until,
        })
    }

    /// The whole body, or `Truncated` as soon as it is known to be larger than the cap. It takes its
    /// room first: all of it where its length is told and is that of what comes out.
    async fn body(
        &self,
        mut response: reqwest::Response,
        limit: Instant,
    ) -> Result<(Bytes, Room), Failure> {
        let cap = self.parts.options.max_response;
        let mut body = Body::new(&self.parts.rooms, self.key.source, limit);
        if let Some(length) = response.content_length() {
            if length > cap {
                return Err(too_large(self.place(), cap));
            }
            body.reserve(length as usize).await?;
        }
        loop {
            let chunk = response
                .chunk()
                .await
                .map_err(|error| failure::broken_body(&error, self.place(), body.len()))?;
            let Some(chunk) = chunk else {
                return Ok(body.finish());
            };
            if (body.len() + chunk.len()) as u64 > cap {
                return Err(too_large(self.place(), cap));
            }
            body.push(&chunk).await?;
        }
    }

    pub(crate) fn redirected(&self, response: &reqwest::Response) -> Failure {
        let location = response.headers().get(LOCATION);
        let target = location
            .and_then(|value| value.to_str().ok())
            .filter(|text| !repeats(response, text.as_bytes()))
            .and_then(|text| self.base.join(text).ok())
            // The rest of a location may carry a token.
            .map(|url| format!(" to {}", printable(&place(&url))))
            .unwrap_or_default();
        let detail = format!(
            "{} redirects{target}, and redirects are not followed: register the final URL",
            self.place()
        );
        Failure::new(GapKind::BadAnswer, detail).at(Cause::Redirect)
    }
}

/// Remembers what the server was shown, so that what repeats it is known again.
fn knowing(mut response: reqwest::Response, proof: Proof) -> reqwest::Response {
    response.extensions_mut().insert(proof);
    response
}

/// Whether a text of the server repeats what it was shown.
fn repeats(response: &reqwest::Response, text: &[u8]) -> bool {
    let proof = response.extensions().get::<Proof>();
    proof.is_some_and(|proof| proof.is_repeated_in(text))
}

/// What there is of an error's text; a broken or endless one is simply cut. One that repeats the
/// credential that the server was shown is left out whole: error texts end up in answers and logs.
pub(crate) async fn error_body(mut response: reqwest::Response) -> Bytes {
    let mut body = Vec::new();
    while let Ok(Some(chunk)) = response.chunk().await {
        let room = ERROR_BODY.saturating_sub(body.len());
        body.extend_from_slice(&chunk[..chunk.len().min(room)]);
        if room <= chunk.len() {
            break;
        }
    }
    if repeats(&response, &body) {
        body.clear();
    }
    body.into()
}

pub(crate) fn late(place: &str) -> Failure {
    let detail =
        format!("no complete answer from {place} in time: ask for less, or look at its load");
    Failure::new(GapKind::Timeout, detail).at(Cause::Late)
}

fn too_large(place: &str, cap: u64) -> Failure {
    let detail = format!(
        "the answer of {place} is larger than {cap} bytes and none of it is used: ask for fewer \
         series or a shorter range, or raise outbound.max_response"
    );
    Failure::new(GapKind::Truncated, detail)
}
