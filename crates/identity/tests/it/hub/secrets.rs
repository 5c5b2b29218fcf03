//! A token is nowhere but in the question about it.

use std::fmt::Write as _;
use std::io::Write;
use std::sync::{Arc, Mutex};

use fleetscope_identity::{Authenticator as _, Error};
use fleetscope_model::Fault as _;
use fleetscope_sim::hub::Outage;
use tracing_subscriber::fmt::MakeWriter;

use super::Bench;

/// Log lines, kept.
#[derive(Clone, Default)]
struct Lines(Arc<Mutex<Vec<u8>>>);

impl Write for Lines {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

impl<'a> MakeWriter<'a> for Lines {
    type Writer = Self;

    fn make_writer(&'a self) -> Self {
        self.clone()
    }
}

fn told(error: &Error) -> String {
    let mut text = format!("{error} {error:?} {error:#?} {}", error.message());
    let mut source = std::error::Error::source(error);
    while let Some(cause) = source {
        write!(text, " {cause} {cause:?}").unwrap();
        source = cause.source();
    }
    text
}

#[tokio::test]
async fn no_token_is_in_any_log_line_error_or_debug_text() {
    let lines = Lines::default();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(lines.clone())
        .finish();
    // For the whole process: what other tests make it log is searched too.
    tracing::subscriber::set_global_default(subscriber).unwrap();
    let bench = Bench::start().await;
    let mut texts = format!("{:?} {:?}", bench.people, bench.hub);
    let good = bench.for_us();
    let wrong = "sha256~canary-that-nobody-knows";
    for outage in [
        Outage::None,
        // Their bodies repeat the request's Authorization: that is ours, not the caller's.
        Outage::Answers(500),
        Outage::Answers(403),
        Outage::Answers(418),
    ] {
        bench.hub.behave(|hub| hub.outage = outage);
        for token in [good.as_str(), wrong, "canary.canary.canary"] {
            match bench.people.authenticate(&token.into(), None).await {
                Ok(known) => write!(texts, "{known:?}").unwrap(),
                Err(error) => texts.push_str(&told(&error)),
            }
        }
        bench.advance(std::time::Duration::from_mins(2));
    }
    let logged = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
    assert!(logged.contains("a token can't be checked"), "{logged}");
    assert!(logged.contains("outside read"));
    let signature = good.rsplit('.').next().unwrap();
    for text in [&texts, &logged] {
        for secret in [signature, "canary", "eyJ", "Bearer "] {
            assert!(!text.contains(secret), "'{secret}' in: {text}");
        }
    }
}
