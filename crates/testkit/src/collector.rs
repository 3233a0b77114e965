//! A collector that takes OTLP as any other does, and keeps what it gets.

use std::{
    collections::{BTreeMap, BTreeSet},
    net::SocketAddr,
    sync::{Arc, Mutex},
    time::{Duration, Instant},
};

use opentelemetry_proto::tonic::{
    collector::{
        metrics::v1::{
            ExportMetricsServiceRequest, ExportMetricsServiceResponse,
            metrics_service_server::{MetricsService, MetricsServiceServer},
        },
        trace::v1::{
            ExportTraceServiceRequest, ExportTraceServiceResponse,
            trace_service_server::{TraceService, TraceServiceServer},
        },
    },
    common::v1::{AnyValue, KeyValue, any_value::Value},
    metrics::v1::{Metric, metric::Data, number_data_point},
    resource::v1::Resource,
    trace::v1::Span,
};
use tokio::{net::TcpListener, sync::oneshot, task::JoinHandle};
use tonic::{Request, Response, Status, transport::server::TcpIncoming};

/// How long a test waits for what it expects.
const PATIENCE: Duration = Duration::from_mins(1);

/// A collector of a test's own, on a free port. It ends when it is dropped.
#[derive(Debug)]
pub struct Collector {
    address: SocketAddr,
    kept: Arc<Mutex<Kept>>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
}

#[derive(Debug, Default)]
struct Kept {
    spans: Vec<SeenSpan>,
    metrics: BTreeMap<String, SeenMetric>,
}

/// A span as it came.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SeenSpan {
    /// The process that made it.
    pub service: String,
    /// Its name.
    pub name: String,
    /// Its trace, in hex digits.
    pub trace: String,
    /// Itself, in hex digits.
    pub id: String,
    /// The span that it is a child of; empty for the first of a trace.
    pub parent: String,
    /// Its kind: 1 internal, 2 server, 3 client, 4 producer, 5 consumer.
    pub kind: i32,
    /// Whether it says that something failed.
    pub is_failed: bool,
    /// Its attributes as text.
    pub attributes: BTreeMap<String, String>,
    /// The spans that it links to.
    pub links: BTreeSet<String>,
}

/// A metric as it came last.
#[derive(Debug, Clone, PartialEq)]
pub struct SeenMetric {
    /// Its unit.
    pub unit: String,
    /// The latest value (of a distribution: the number of values) by labels.
    pub points: BTreeMap<Vec<(String, String)>, f64>,
}

impl Collector {
    /// Starts a collector.
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0")
            .await
            .expect("there is a free port");
        let address = listener.local_addr().expect("a listener has an address");
        let kept = Arc::new(Mutex::new(Kept::default()));
        let (stop, stopped) = oneshot::channel();
        let server = tonic::transport::Server::builder()
            .add_service(TraceServiceServer::new(Service(Arc::clone(&kept))))
            .add_service(MetricsServiceServer::new(Service(Arc::clone(&kept))))
            .serve_with_incoming_shutdown(TcpIncoming::from(listener), async {
                // Also when the collector is dropped.
                let _ = stopped.await;
            });
        let task = tokio::spawn(async move { server.await.expect("the collector ends in order") });
        Self {
            address,
            kept,
            stop: Some(stop),
            task,
        }
    }

    /// Its address, as `telemetry.otlp` takes it.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The spans that came so far.
    pub fn spans(&self) -> Vec<SeenSpan> {
        self.kept.lock().unwrap().spans.clone()
    }

    /// The metrics that came so far, by name.
    pub fn metrics(&self) -> BTreeMap<String, SeenMetric> {
        self.kept.lock().unwrap().metrics.clone()
    }

    /// Waits until the spans that came are what a test expects; fails with a tree of them when they do not become so.
    pub async fn wait_for_spans(&self, what: &str, are_there: impl Fn(&[SeenSpan]) -> bool) -> Vec<SeenSpan> {
        let begun = Instant::now();
        loop {
            let spans = self.spans();
            if are_there(&spans) {
                return spans;
            }
            assert!(
                begun.elapsed() < PATIENCE,
                "{what}: not within {PATIENCE:?}. These spans came:\n{}",
                tree(&spans)
            );
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

impl Drop for Collector {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        self.task.abort();
    }
}

/// Spans as a tree, one a line.
pub fn tree(spans: &[SeenSpan]) -> String {
    let mut text = String::new();
    let is_known = |id: &str| spans.iter().any(|span| span.id == id);
    for span in spans.iter().filter(|span| !is_known(&span.parent)) {
        branch(spans, span, 0, &mut text);
    }
    text
}

fn branch(spans: &[SeenSpan], span: &SeenSpan, depth: usize, text: &mut String) {
    use std::fmt::Write as _;
    let indent = "  ".repeat(depth);
    let links = if span.links.is_empty() {
        String::new()
    } else {
        format!(" with {} links", span.links.len())
    };
    let _ = writeln!(
        text,
        "{indent}{} ({}, trace {}){links}",
        span.name, span.service, span.trace
    );
    for child in spans.iter().filter(|child| child.parent == span.id) {
        branch(spans, child, depth + 1, text);
    }
}

#[derive(Debug)]
struct Service(Arc<Mutex<Kept>>);

#[tonic::async_trait]
impl TraceService for Service {
    async fn export(
        &self,
        request: Request<ExportTraceServiceRequest>,
    ) -> Result<Response<ExportTraceServiceResponse>, Status> {
        let mut kept = self.0.lock().unwrap();
        for group in request.into_inner().resource_spans {
            let service = service_of(group.resource.as_ref());
            let spans = group.scope_spans.into_iter().flat_map(|scope| scope.spans);
            kept.spans.extend(spans.map(|span| seen(&service, span)));
        }
        Ok(Response::new(ExportTraceServiceResponse::default()))
    }
}

#[tonic::async_trait]
impl MetricsService for Service {
    async fn export(
        &self,
        request: Request<ExportMetricsServiceRequest>,
    ) -> Result<Response<ExportMetricsServiceResponse>, Status> {
        let mut kept = self.0.lock().unwrap();
        let groups = request.into_inner().resource_metrics.into_iter();
        for metric in groups
            .flat_map(|group| group.scope_metrics)
            .flat_map(|scope| scope.metrics)
        {
            let seen = SeenMetric {
                unit: metric.unit.clone(),
                points: points(&metric),
            };
            kept.metrics.insert(metric.name, seen);
        }
        Ok(Response::new(ExportMetricsServiceResponse::default()))
    }
}

fn service_of(resource: Option<&Resource>) -> String {
    let attributes = resource
        .map(|resource| texts(&resource.attributes))
        .unwrap_or_default();
    attributes.get("service.name").cloned().unwrap_or_default()
}

fn seen(service: &str, span: Span) -> SeenSpan {
    /// `STATUS_CODE_ERROR` of the protocol.
    const FAILED: i32 = 2;
    SeenSpan {
        service: service.to_owned(),
        name: span.name,
        trace: hex(&span.trace_id),
        id: hex(&span.span_id),
        parent: hex(&span.parent_span_id),
        kind: span.kind,
        is_failed: span.status.is_some_and(|status| status.code == FAILED),
        attributes: texts(&span.attributes),
        links: span.links.iter().map(|link| hex(&link.span_id)).collect(),
    }
}

#[allow(clippy::cast_precision_loss, reason = "tests count to less than 2^52")]
fn points(metric: &Metric) -> BTreeMap<Vec<(String, String)>, f64> {
    let number = |value: Option<number_data_point::Value>| match value {
        Some(number_data_point::Value::AsDouble(value)) => value,
        Some(number_data_point::Value::AsInt(value)) => value as f64,
        None => 0.0,
    };
    let labels = |attributes: &[KeyValue]| texts(attributes).into_iter().collect();
    match &metric.data {
        Some(Data::Gauge(gauge)) => {
            let points = gauge.data_points.iter();
            points
                .map(|point| (labels(&point.attributes), number(point.value)))
                .collect()
        }
        Some(Data::Sum(sum)) => {
            let points = sum.data_points.iter();
            points
                .map(|point| (labels(&point.attributes), number(point.value)))
                .collect()
        }
        Some(Data::Histogram(histogram)) => {
            let points = histogram.data_points.iter();
            points
                .map(|point| (labels(&point.attributes), point.count as f64))
                .collect()
        }
        other => panic!("a metric of a kind that is not used here: {other:?}"),
    }
}

fn texts(attributes: &[KeyValue]) -> BTreeMap<String, String> {
    attributes
        .iter()
        .map(|attribute| (attribute.key.clone(), text(attribute.value.as_ref())))
        .collect()
}

fn text(value: Option<&AnyValue>) -> String {
    match value.and_then(|value| value.value.as_ref()) {
        Some(Value::StringValue(text)) => text.clone(),
        Some(Value::BoolValue(value)) => value.to_string(),
        Some(Value::IntValue(value)) => value.to_string(),
        Some(Value::DoubleValue(value)) => value.to_string(),
        other => format!("{other:?}"),
    }
}

fn hex(bytes: &[u8]) -> String {
    use std::fmt::Write as _;
    bytes.iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}
