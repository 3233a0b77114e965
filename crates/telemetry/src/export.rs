//! Sends traces and metrics to a collector, in the background: a collector that cannot be reached costs what would have
//! been sent, one line in the log, and nothing else.

use std::{
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use opentelemetry_otlp::WithExportConfig as _;
use opentelemetry_sdk::{
    Resource,
    error::OTelSdkResult,
    metrics::{PeriodicReader, Temporality, data::ResourceMetrics, exporter::PushMetricExporter},
    trace::{BatchConfigBuilder, BatchSpanProcessor, Sampler, SdkTracerProvider, SpanData, SpanExporter},
};

use crate::TelemetryError;

/// How long the collector gets to take a batch.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Spans that wait to be sent; more are dropped. About 4 MiB.
const QUEUE: usize = 8_192;

/// Spans that are sent at a time.
const BATCH: usize = 512;

/// How long a span waits for others.
const DELAY: Duration = Duration::from_secs(2);

/// How often metrics are sent.
const INTERVAL: Duration = Duration::from_secs(15);

/// Makes traces: those of callers who decided it, and of the others a share. Without a collector none is kept, but
/// log lines and calls have their ids all the same.
pub(crate) fn traces(
    otlp: Option<&str>,
    sample: f64,
    resource: Resource,
) -> Result<SdkTracerProvider, TelemetryError> {
    let provider = SdkTracerProvider::builder().with_resource(resource);
    let Some(address) = otlp else {
        let sampler = Sampler::parent_based(Sampler::AlwaysOff);
        return Ok(provider.with_sampler(sampler).build());
    };
    let exporter = opentelemetry_otlp::SpanExporter::builder()
        .with_tonic()
        .with_endpoint(address)
        .with_timeout(TIMEOUT)
        .build()
        .map_err(|error| TelemetryError::Collector(address.to_owned(), error.to_string()))?;
    let processor = BatchSpanProcessor::builder(Watched::new(exporter, "traces"))
        .with_batch_config(
            BatchConfigBuilder::default()
                .with_max_queue_size(QUEUE)
                .with_max_export_batch_size(BATCH)
                .with_scheduled_delay(DELAY)
                .build(),
        )
        .build();
    let sampler = Sampler::parent_based(Sampler::TraceIdRatioBased(sample));
    Ok(provider
        .with_sampler(sampler)
        .with_span_processor(processor)
        .build())
}

/// Sends metrics again and again.
pub(crate) fn metrics(address: &str) -> Result<PeriodicReader<impl PushMetricExporter>, TelemetryError> {
    let exporter = opentelemetry_otlp::MetricExporter::builder()
        .with_tonic()
        .with_endpoint(address)
        .with_timeout(TIMEOUT)
        .build()
        .map_err(|error| TelemetryError::Collector(address.to_owned(), error.to_string()))?;
    let reader = PeriodicReader::builder(Watched::new(exporter, "metrics"));
    Ok(reader.with_interval(INTERVAL).build())
}

/// Says once that a collector cannot be reached, and once that it can be again.
#[derive(Debug)]
struct Watched<E> {
    exporter: E,
    what: &'static str,
    is_failing: AtomicBool,
}

impl<E> Watched<E> {
    fn new(exporter: E, what: &'static str) -> Self {
        Self {
            exporter,
            what,
            is_failing: AtomicBool::new(false),
        }
    }

    fn watch(&self, outcome: OTelSdkResult) -> OTelSdkResult {
        let what = self.what;
        match &outcome {
            Err(error) => {
                if !self.is_failing.swap(true, Ordering::Relaxed) {
                    tracing::warn!(
                        %error,
                        "the collector does not take {what}; they are lost until it does. Everything else goes on"
                    );
                }
            }
            Ok(()) => {
                if self.is_failing.swap(false, Ordering::Relaxed) {
                    tracing::info!("the collector takes {what} again");
                }
            }
        }
        outcome
    }
}

impl<E: SpanExporter> SpanExporter for Watched<E> {
    async fn export(&self, batch: Vec<SpanData>) -> OTelSdkResult {
        self.watch(self.exporter.export(batch).await)
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn set_resource(&mut self, resource: &Resource) {
        self.exporter.set_resource(resource);
    }
}

impl<E: PushMetricExporter> PushMetricExporter for Watched<E> {
    async fn export(&self, metrics: &ResourceMetrics) -> OTelSdkResult {
        self.watch(self.exporter.export(metrics).await)
    }

    fn force_flush(&self) -> OTelSdkResult {
        self.exporter.force_flush()
    }

    fn shutdown_with_timeout(&self, timeout: Duration) -> OTelSdkResult {
        self.exporter.shutdown_with_timeout(timeout)
    }

    fn temporality(&self) -> Temporality {
        self.exporter.temporality()
    }
}
