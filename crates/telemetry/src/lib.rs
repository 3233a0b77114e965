//! Logs, traces and metrics.
//!
//! [`start`] sets up what the configuration asks for; [`start_logs`] is enough for commands that end by themselves.
//! [`context`] carries traces through calls, events and group commits; [`metrics`] records what is measured. Where
//! nothing is configured, all of it costs next to nothing.

mod code;
pub mod context;
mod export;
mod lines;
pub mod metrics;
mod options;
mod scrape;

use std::{
    fmt,
    io::{self, IsTerminal as _},
    net::SocketAddr,
    time::Duration,
};

use opentelemetry::{KeyValue, metrics::MeterProvider as _, trace::TracerProvider as _};
use opentelemetry_sdk::{Resource, metrics::SdkMeterProvider, trace::SdkTracerProvider};
use rapport_clock::Clock;
use serde::{Deserialize, Serialize};
use tokio::task::JoinHandle;
use tracing_subscriber::{
    EnvFilter, Layer as _, filter::Targets, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

pub use code::code_name;
pub use lines::FIELDS;
pub use options::TelemetryOptions;

/// How long the last traces and metrics may take to be sent when the process ends.
const FLUSH: Duration = Duration::from_secs(3);

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogForm {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Why telemetry could not be set up.
#[derive(Debug)]
pub enum TelemetryError {
    /// The log filter cannot be read.
    Filter(String),
    /// The address of the collector is none: the address, and what is wrong with it.
    Collector(String, String),
    /// The share of traces is not between 0 and 1.
    Sample(f64),
    /// Metrics cannot be served at this address.
    Metrics(SocketAddr, String),
}

impl fmt::Display for TelemetryError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Filter(error) => write!(
                formatter,
                "the log filter cannot be read: {error}; write a level (error, warn, info, debug, trace), or levels \
                 by module such as info,rapport_storage=debug"
            ),
            Self::Collector(address, error) => write!(
                formatter,
                "telemetry.otlp is {address:?}: {error}; give the address of a collector that takes OTLP over gRPC, \
                 such as http://127.0.0.1:4317"
            ),
            Self::Sample(sample) => write!(
                formatter,
                "telemetry.sample is {sample}; give the share of traces to be kept, from 0 to 1"
            ),
            Self::Metrics(address, error) => write!(
                formatter,
                "metrics cannot be served at {address}: {error}; set telemetry.metrics to an address that is free, or \
                 leave it out"
            ),
        }
    }
}

impl std::error::Error for TelemetryError {}

/// What runs for telemetry. End it when the process ends, so that the last traces are sent.
#[derive(Debug)]
#[must_use = "what is dropped at once sends nothing"]
pub struct Telemetry {
    traces: Option<SdkTracerProvider>,
    metrics: Option<SdkMeterProvider>,
    scrape: Option<JoinHandle<()>>,
}

impl Telemetry {
    /// Sends what waits, and ends. Takes at most a few seconds.
    pub async fn end(self) {
        if let Some(scrape) = self.scrape {
            scrape.abort();
        }
        let flush = tokio::task::spawn_blocking(move || {
            // A collector that cannot be reached now was reported before.
            if let Some(traces) = self.traces {
                let _ = traces.shutdown_with_timeout(FLUSH);
            }
            if let Some(metrics) = self.metrics {
                let _ = metrics.shutdown_with_timeout(FLUSH);
            }
        });
        let _ = tokio::time::timeout(FLUSH * 2, flush).await;
    }
}

/// Sends log lines of the levels that the filter names to standard error, and nothing else. Has no effect the second
/// time.
pub fn start_logs(filter: &str, form: LogForm) -> Result<(), TelemetryError> {
    subscribe(filter, form, None)
}

/// Starts logs, traces and metrics as they are configured, for a process with a name such as `rapport-loyalty`. What
/// was started before in this process stays as it is. Runs in a runtime that lasts as long as the process.
pub async fn start(
    options: &TelemetryOptions,
    filter: &str,
    form: LogForm,
    name: &str,
) -> Result<Telemetry, TelemetryError> {
    if !(0.0..=1.0).contains(&options.sample) {
        return Err(TelemetryError::Sample(options.sample));
    }
    let otlp = options.otlp.as_deref();
    if let Some(address) = otlp {
        check_collector(address)?;
    }
    let resource = resource(name);
    // JSON lines have the ids of traces, also where no collector takes the traces themselves.
    let traces = if otlp.is_some() || form == LogForm::Json {
        Some(export::traces(otlp, options.sample, resource.clone())?)
    } else {
        None
    };
    subscribe(filter, form, traces.as_ref())?;
    let (metrics, scrape) = start_metrics(options, resource).await?;
    Ok(Telemetry {
        traces,
        metrics,
        scrape,
    })
}

/// The connection to the collector is not encrypted: it is a neighbour, and passes on what has to travel further.
fn check_collector(address: &str) -> Result<(), TelemetryError> {
    let wrong = |what: &str| TelemetryError::Collector(address.to_owned(), what.to_owned());
    let uri: http::Uri = address.parse().map_err(|_| wrong("it is no address"))?;
    match uri.scheme_str() {
        Some("http") if uri.host().is_some() => Ok(()),
        Some("https") => Err(wrong("a collector is spoken to without TLS")),
        _ => Err(wrong("it does not begin with http://")),
    }
}

fn resource(name: &str) -> Resource {
    Resource::builder_empty()
        .with_service_name(name.to_owned())
        .with_attributes([
            KeyValue::new("service.namespace", "rapport"),
            KeyValue::new("service.version", env!("CARGO_PKG_VERSION")),
            KeyValue::new("service.instance.id", Clock::system().new_id().to_string()),
        ])
        .build()
}

fn subscribe(filter: &str, form: LogForm, traces: Option<&SdkTracerProvider>) -> Result<(), TelemetryError> {
    let filter = EnvFilter::try_new(filter).map_err(|error| TelemetryError::Filter(error.to_string()))?;
    let lines = lines::Lines {
        form,
        coloured: form == LogForm::Text && io::stderr().is_terminal(),
    };
    let log = tracing_subscriber::fmt::layer()
        .fmt_fields(lines)
        .event_format(lines)
        .with_writer(io::stderr)
        .with_filter(filter);
    let spans = traces.map(|traces| {
        tracing_opentelemetry::layer()
            .with_tracer(traces.tracer("rapport"))
            .with_location(false)
            .with_target(false)
            .with_threads(false)
            .with_tracked_inactivity(false)
            // Nothing of ours asks OpenTelemetry where it is: spans know it.
            .with_context_activation(false)
            // Only spans of ours: those of libraries say nothing to an operator.
            .with_filter(Targets::new().with_target("rapport", tracing::Level::INFO))
    });
    // Fails only when logging was set up before, by a test or an embedding program: theirs stays.
    let _ = tracing_subscriber::registry()
        .with(log)
        .with(spans)
        .try_init()
        .is_ok();
    Ok(())
}

async fn start_metrics(
    options: &TelemetryOptions,
    resource: Resource,
) -> Result<(Option<SdkMeterProvider>, Option<JoinHandle<()>>), TelemetryError> {
    if options.otlp.is_none() && options.metrics.is_none() {
        return Ok((None, None));
    }
    let mut provider = SdkMeterProvider::builder().with_resource(resource);
    if let Some(address) = &options.otlp {
        provider = provider.with_reader(export::metrics(address)?);
    }
    let mut scrape = None;
    if let Some(address) = options.metrics {
        let failed = |error: String| TelemetryError::Metrics(address, error);
        let registry = prometheus::Registry::new();
        let exporter = opentelemetry_prometheus::exporter()
            .with_registry(registry.clone())
            .scope_info_enabled(false)
            .build()
            .map_err(|error| failed(error.to_string()))?;
        provider = provider.with_reader(exporter);
        let (address, serving) = scrape::serve(address, registry)
            .await
            .map_err(|error| failed(error.to_string()))?;
        tracing::info!(%address, "metrics are served at /metrics");
        scrape = Some(serving);
    }
    let provider = provider.build();
    metrics::switch_on(&provider.meter("rapport"));
    Ok((Some(provider), scrape))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_is_configured_wrongly_is_refused_with_what_to_do() {
        let options = TelemetryOptions::default;
        let with = |otlp: &str| TelemetryOptions {
            otlp: Some(otlp.to_owned()),
            ..options()
        };
        let sample = TelemetryOptions {
            sample: 1.5,
            ..options()
        };
        for (options, filter, expected) in [
            (options(), "rapport=x", "write a level"),
            (sample, "warn", "from 0 to 1"),
            (with("collector:4317"), "warn", "does not begin with http://"),
            (with("https://collector:4317"), "warn", "without TLS"),
            (with("not an address"), "warn", "it is no address"),
        ] {
            let refused = start(&options, filter, LogForm::Text, "test").await;
            let refused = refused
                .err()
                .unwrap_or_else(|| panic!("{options:?} {filter} is taken"));
            assert!(refused.to_string().contains(expected), "{refused}");
        }
    }

    #[tokio::test]
    async fn an_address_that_is_taken_is_refused() {
        let taken = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let options = TelemetryOptions {
            metrics: Some(taken.local_addr().unwrap()),
            ..TelemetryOptions::default()
        };
        let refused = start(&options, "warn", LogForm::Text, "test").await;
        assert!(matches!(refused, Err(TelemetryError::Metrics(..))), "{refused:?}");
    }
}
