//! What an answer or its absence says of an endpoint.

use fleetscope_model::{Check, CheckCode, Endpoint, GapKind, Source};
use fleetscope_outbound::{Answer, Cause, Failure};
use url::Url;

/// A code, and the same in words.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Verdict {
    pub(super) code: CheckCode,
    pub(super) detail: String,
}

impl Verdict {
    pub(super) fn new(code: CheckCode, detail: impl Into<String>) -> Self {
        Self {
            code,
            detail: detail.into(),
        }
    }
}

/// What a call that gave no answer says.
pub(super) fn of_failure(failure: &Failure) -> Verdict {
    let code = match failure.cause {
        Some(Cause::Address) => CheckCode::AddressRefused,
        Some(Cause::Name) => CheckCode::UnknownHost,
        Some(Cause::Refused) => CheckCode::ConnectionRefused,
        Some(Cause::NoConnection | Cause::Closed | Cause::Resting { .. }) => CheckCode::Unreachable,
        Some(Cause::Late) => CheckCode::Timeout,
        Some(Cause::Expired(_)) => CheckCode::CertificateExpired,
        Some(Cause::UnknownAuthority) => CheckCode::UnknownAuthority,
        Some(Cause::OtherName) => CheckCode::CertificateName,
        Some(Cause::Tls) => CheckCode::TlsFailed,
        Some(Cause::NotHttp) => CheckCode::OtherProduct,
        Some(Cause::Redirect) => CheckCode::Redirected,
        None => of_kind(failure.kind),
    };
    Verdict::new(code, failure.detail.clone())
}

const fn of_kind(kind: GapKind) -> CheckCode {
    match kind {
        GapKind::Unauthenticated => CheckCode::CredentialUnusable,
        GapKind::Forbidden => CheckCode::Forbidden,
        GapKind::Timeout => CheckCode::Timeout,
        GapKind::Overloaded => CheckCode::Overloaded,
        GapKind::Truncated | GapKind::BadAnswer | GapKind::Refused => CheckCode::OtherProduct,
        GapKind::NotConfigured | GapKind::Unreachable => CheckCode::Unreachable,
    }
}

/// The answer where it is a success; else what its status says.
pub(super) fn of_answer(source: Source, answer: Answer) -> Result<Answer, Verdict> {
    let status = answer.status.as_u16();
    if answer.status.is_success() {
        return Ok(answer);
    }
    let place = &answer.place;
    let product = source.title();
    let (code, what) = match status {
        401 => (
            CheckCode::Unauthenticated,
            "it does not know the credential: write a valid one".to_owned(),
        ),
        403 => (
            CheckCode::Forbidden,
            "it knows the credential and forbids the read: give it the right to".to_owned(),
        ),
        429 => (
            CheckCode::Overloaded,
            "it asks to slow down: validate again later".to_owned(),
        ),
        500.. => (
            CheckCode::ServerError,
            "it says that it is broken: look at its log, and at proxies before it".to_owned(),
        ),
        _ => (
            CheckCode::OtherProduct,
            format!("so does no {product}: check host, port and path of the URL"),
        ),
    };
    Err(Verdict::new(
        code,
        format!("{place} answers {status}: {what}"),
    ))
}

/// The check of an endpoint that could not even be called.
pub(super) fn unreachable(source: Source, endpoint: &Endpoint, failure: &Failure) -> Check {
    let url = Url::parse(&endpoint.url).ok();
    let place = url.and_then(|url| {
        let port = url.port_or_known_default()?;
        Some(format!("{}:{port}", url.host_str()?))
    });
    let Verdict { code, detail } = of_failure(failure);
    Check {
        source,
        place: place.unwrap_or_default(),
        code,
        detail,
        latency_ms: None,
        certified_until: None,
        version: None,
        rights: None,
    }
}
