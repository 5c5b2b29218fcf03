//! Sending spans to an OTLP receiver.

use std::time::Duration;

use async_trait::async_trait;
use axum::body::Bytes;
use axum::http::{Request, Response};
use fleetscope_config::{TraceProtocol, Traces};
use fleetscope_gateway::UNRECORDED;
use opentelemetry::trace::{Link, SpanKind, TraceId, TracerProvider as _};
use opentelemetry::{KeyValue, global};
use opentelemetry_http::{HttpClient, HttpError};
use opentelemetry_otlp::{
    ExporterBuildError, SpanExporter, WithExportConfig as _, WithHttpConfig as _,
};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{
    BatchConfigBuilder, BatchSpanProcessor, Sampler, SamplingResult, SdkTracerProvider,
    ShouldSample,
};
use tokio::runtime::Handle;
use tokio_util::context::TokioContext;
use tracing::{Level, Subscriber};
use tracing_subscriber::Layer;
use tracing_subscriber::filter::{LevelFilter, dynamic_filter_fn};
use tracing_subscriber::layer::Context;
use tracing_subscriber::registry::LookupSpan;
use url::Url;

use crate::{Error, Result};

/// How long one delivery may take. What can't be delivered is dropped: spans never hold up work.
const DELIVERY: Duration = Duration::from_secs(5);

/// How many spans may wait, and how many are sent at once: half of what OpenTelemetry's specification
/// has, as room for all of them is held from the first on.
const MOST_WAITING: usize = 1024;
const MOST_AT_ONCE: usize = 256;

/// How long the last spans have when the process ends.
const FAREWELL: Duration = Duration::from_secs(2);

/// Sends what is left when it is dropped. Must live as long as spans are made.
#[derive(Debug)]
#[must_use = "spans are no longer sent once it is dropped"]
pub(crate) struct Exporting(Option<SdkTracerProvider>);

impl Drop for Exporting {
    fn drop(&mut self) {
        if let Some(provider) = &self.0 {
            // A receiver that is away gets nothing, which is no reason not to end.
            let _ = provider.shutdown_with_timeout(FAREWELL);
        }
    }
}

impl Exporting {
    /// The exporter of the configuration, and of W3C trace context in headers; nothing where no
    /// receiver is configured. Must be called within a tokio runtime.
    pub(crate) fn begin(traces: &Traces) -> Result<Self> {
        let Some(endpoint) = &traces.endpoint else {
            return Ok(Self(None));
        };
        let exporter = exporter(endpoint, traces.protocol).map_err(Error::Traces)?;
        let sampled = Begun {
            elsewhere: Sampler::TraceIdRatioBased(f64::from(traces.percent) / 100.0),
        };
        let resource = Resource::builder()
            .with_service_name("fleetscope")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(MOST_WAITING)
            .with_max_export_batch_size(MOST_AT_ONCE)
            .build();
        let batches = BatchSpanProcessor::builder(exporter)
            .with_batch_config(batches)
            .build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(batches)
            .with_sampler(Sampler::ParentBased(Box::new(sampled)))
            .with_resource(resource)
            .build();
        global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(Self(Some(provider)))
    }

    /// The layer that turns the spans of the log into those of traces. Only spans: what a log line
    /// says may be a text from outside, and a receiver of traces has other readers than a log.
    pub(crate) fn layer<S>(&self) -> Option<impl Layer<S> + use<S>>
    where
        S: Subscriber + for<'span> LookupSpan<'span>,
    {
        let tracer = self.0.as_ref()?.tracer("fleetscope");
        let layer = tracing_opentelemetry::layer()
            .with_tracer(tracer)
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_level(false)
            .with_tracked_inactivity(false);
        let ours = dynamic_filter_fn(|data, surroundings: &Context<'_, S>| {
            data.is_span()
                && data.target().starts_with("fleetscope")
                && data.target() != UNRECORDED
                // What begins a trace is told at INFO; all else belongs to one that has begun.
                && (*data.level() <= Level::INFO || surroundings.lookup_current().is_some())
        });
        let ours = ours.with_max_level_hint(LevelFilter::DEBUG);
        Some(layer.with_filter(ours))
    }
}

/// Which traces are kept: of those that a door began, it has decided; of all others a part.
#[derive(Debug, Clone)]
struct Begun {
    elsewhere: Sampler,
}

impl ShouldSample for Begun {
    fn should_sample(
        &self,
        parent: Option<&opentelemetry::Context>,
        id: TraceId,
        name: &str,
        kind: &SpanKind,
        attributes: &[KeyValue],
        links: &[Link],
    ) -> SamplingResult {
        let sampler = match kind {
            SpanKind::Server => &Sampler::AlwaysOn,
            _ => &self.elsewhere,
        };
        sampler.should_sample(parent, id, name, kind, attributes, links)
    }
}

/// Sends from the runtime of the process, as the thread that exports has none: a client that waits
/// in a thread would bring a second one, with memory of its own.
#[derive(Debug)]
struct FromRuntime<C> {
    client: C,
    runtime: Handle,
}

#[async_trait]
impl<C: HttpClient> HttpClient for FromRuntime<C> {
    async fn send_bytes(
        &self,
        request: Request<Bytes>,
    ) -> std::result::Result<Response<Bytes>, HttpError> {
        let sent = self.client.send_bytes(request);
        TokioContext::new(sent, self.runtime.clone()).await
    }
}

/// Must be called within a tokio runtime.
fn exporter(
    endpoint: &Url,
    protocol: TraceProtocol,
) -> std::result::Result<SpanExporter, ExporterBuildError> {
    match protocol {
        TraceProtocol::Grpc => SpanExporter::builder()
            .with_tonic()
            .with_endpoint(endpoint.as_str())
            .with_timeout(DELIVERY)
            .build(),
        TraceProtocol::Http => {
            let mut endpoint = endpoint.clone();
            if endpoint.path() == "/" {
                endpoint.set_path("/v1/traces");
            }
            let client = fleetscope_outbound::receiver(DELIVERY)
                .map_err(|error| ExporterBuildError::InternalFailure(error.to_string()))?;
            let runtime = Handle::current();
            SpanExporter::builder()
                .with_http()
                .with_http_client(FromRuntime { client, runtime })
                .with_endpoint(endpoint.as_str())
                .with_timeout(DELIVERY)
                .build()
        }
    }
}
