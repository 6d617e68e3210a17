//! Traces for a collector, over OTLP and HTTP: what [`crate::trace`] tells, in batches, from a thread of its own.
//!
//! Traces are a help and never in the way: a span that finds no room is dropped, a batch that is not taken in time too, and nothing of the
//! server waits for either. No trace that others began is carried on: what strangers send does not decide what is kept.

mod client;

use crate::config::Otlp as Config;
use crate::logging::Spans;
use anyhow::Context as _;
use client::Client;
use opentelemetry::trace::{SpanKind, Status, TracerProvider as _};
use opentelemetry::{Context, KeyValue};
use opentelemetry_otlp::{Protocol, SpanExporter, WithExportConfig as _, WithHttpConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::error::OTelSdkResult;
use opentelemetry_sdk::resource::{EnvResourceDetector, ResourceDetector, TelemetryResourceDetector};
use opentelemetry_sdk::trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, Span, SpanData, SpanProcessor};
use std::time::Duration;
use tokio::runtime::Handle;
use tracing_subscriber::{Layer as _, Registry};

/// Spans that wait to be sent; more are dropped.
pub const QUEUE_SPANS_MAX: usize = 2_048;
/// Spans sent at once.
pub const BATCH_SPANS_MAX: usize = 512;
/// How long a span waits for others to be sent with.
pub const GATHER_MS: u64 = 5_000;
/// How long the collector may take for a batch, from the connection to the end of its answer.
pub const EXPORT_MS_MAX: u64 = 5_000;
/// How long the end of the server waits for the last spans to be taken.
pub const FLUSH_MS_MAX: u64 = 2_000;
/// Longest answer of a collector that is read.
pub const ANSWER_BYTES_MAX: usize = 64 * 1024;
/// How often the log says that the collector does not take spans, at most.
pub const TELL_MS: u64 = 60_000;

/// Sends spans, until it is ended.
#[derive(Debug)]
pub struct Otlp {
    provider: SdkTracerProvider,
}

impl Otlp {
    /// Begins. Nothing is sent before there are spans; requests are made on that runtime.
    pub fn start(config: &Config, runtime: &Handle) -> anyhow::Result<Otlp> {
        let client = Client::new(config.headers.clone(), runtime.clone()).context("preparing connections to the collector of traces")?;
        let exporter = SpanExporter::builder()
            .with_http()
            .with_http_client(client)
            .with_endpoint(&config.url)
            .with_protocol(Protocol::HttpBinary)
            .with_timeout(Duration::from_millis(EXPORT_MS_MAX));
        let exporter = exporter.build().with_context(|| format!("preparing to send traces to {}", config.url))?;
        let batches = BatchConfigBuilder::default()
            .with_max_queue_size(QUEUE_SPANS_MAX)
            .with_max_export_batch_size(BATCH_SPANS_MAX)
            .with_scheduled_delay(Duration::from_millis(GATHER_MS));
        let batches = BatchSpanProcessor::builder(exporter).with_batch_config(batches.build()).build();
        let provider = SdkTracerProvider::builder()
            .with_span_processor(Worthwhile(batches))
            .with_sampler(Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.sample))))
            .with_resource(resource());
        Ok(Otlp { provider: provider.build() })
    }

    /// What takes spans to it, for the log's subscriber.
    pub fn spans(&self) -> Spans {
        let layer = tracing_opentelemetry::layer::<Registry>().with_tracer(self.provider.tracer("ounce-server"));
        // Where in our source a span begins, on which thread, and how long it slept: of no use to who operates a server.
        layer
            .with_location(false)
            .with_threads(false)
            .with_target(false)
            .with_tracked_inactivity(false)
            .with_context_activation(false)
            .boxed()
    }

    /// Sends what waits, for that long at most.
    pub async fn end(self, within: Duration) {
        let within = within.min(Duration::from_millis(FLUSH_MS_MAX));
        let ending = tokio::task::spawn_blocking(move || self.provider.shutdown_with_timeout(within));
        if !matches!(ending.await, Ok(Ok(()))) {
            tracing::warn!("the last traces did not reach the collector within {} ms", within.as_millis());
        }
    }
}

/// Who tells. The standard's own variables go over it, `OTEL_SERVICE_NAME` before `OTEL_RESOURCE_ATTRIBUTES`.
fn resource() -> Resource {
    let detectors: [Box<dyn ResourceDetector>; 2] = [Box::new(TelemetryResourceDetector), Box::new(EnvResourceDetector::new())];
    let ours = [KeyValue::new("service.name", "ounce-server"), KeyValue::new("service.version", env!("CARGO_PKG_VERSION"))];
    let resource = Resource::builder_empty().with_attributes(ours).with_detectors(&detectors);
    match std::env::var("OTEL_SERVICE_NAME") {
        Ok(name) if !name.is_empty() => resource.with_service_name(name).build(),
        _ => resource.build(),
    }
}

/// Lets through what is worth telling: all but steps that said nothing of what they did, which are the loops' looks in vain.
#[derive(Debug)]
struct Worthwhile<P>(P);

impl<P: SpanProcessor> SpanProcessor for Worthwhile<P> {
    fn on_start(&self, span: &mut Span, cx: &Context) {
        self.0.on_start(span, cx);
    }

    fn on_end(&self, span: SpanData) {
        let is_idle = span.span_kind == SpanKind::Internal && span.attributes.is_empty() && !matches!(span.status, Status::Error { .. });
        if !is_idle {
            self.0.on_end(span);
        }
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.0.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.0.shutdown_with_timeout(timeout)
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.0.set_resource(resource);
    }
}
