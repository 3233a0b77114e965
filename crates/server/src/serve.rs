//! A server: its services behind the layers, on the network and in the process, until it is told to stop.

use std::{convert::Infallible, sync::Arc, time::Duration};

use futures::{Stream, future::BoxFuture};
use http::{Request, Response};
use rapport_access::{LimitOptions, Misconfigured, Rates, Tls};
use rapport_clock::Clock;
use rapport_status::{Error, Result};
use tokio::{
    io::{AsyncRead, AsyncWrite},
    net::TcpListener,
    sync::watch,
};
use tonic::{
    body::Body,
    server::NamedService,
    service::Routes,
    transport::server::{Connected, TcpIncoming},
};
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;
use tower::Service;
use tower_http::cors::CorsLayer;

use crate::{
    Credentials, Record,
    gate::Gate,
    in_process::Incoming,
    layer::{CallLayer, Origin, Shared},
    network,
    observe::ObserveLayer,
};

/// How long calls under way get to end when the server stops, if nothing else is said.
const GRACE: Duration = Duration::from_secs(10);

/// Tells everything that runs to stop. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Shutdown(watch::Sender<bool>);

impl Default for Shutdown {
    fn default() -> Self {
        Self(watch::channel(false).0)
    }
}

impl Shutdown {
    /// Begins the shutdown.
    pub fn begin(&self) {
        self.0.send_replace(true);
    }

    /// Waits until it has begun.
    pub async fn begun(&self) {
        let mut receiver = self.0.subscribe();
        // Cannot fail: this handle keeps the sender.
        let _ = receiver.wait_for(|stopped| *stopped).await;
    }
}

/// Services behind the layers.
#[derive(Debug)]
pub struct Server {
    routes: Routes,
    names: Vec<&'static str>,
    health: HealthReporter,
    shared: Shared,
    tls: Option<Tls>,
    grace: Duration,
}

impl Server {
    /// A server with health and reflection.
    pub fn new(credentials: Credentials, clock: Clock) -> Result<Self> {
        let (health, health_service) = tonic_health::server::health_reporter();
        let reflection = || {
            tonic_reflection::server::Builder::configure()
                .register_encoded_file_descriptor_set(rapport_contract::DESCRIPTOR_SET)
                .register_encoded_file_descriptor_set(tonic_health::pb::FILE_DESCRIPTOR_SET)
        };
        let described = |error| Error::internal("the contract cannot be described").because(error);
        let routes = Routes::new(health_service)
            .add_service(reflection().build_v1().map_err(described)?)
            // Older clients ask by the older name.
            .add_service(reflection().build_v1alpha().map_err(described)?);
        Ok(Self {
            routes,
            names: Vec::new(),
            health,
            shared: Shared {
                credentials,
                clock,
                rates: None,
                gate: Arc::new(Gate::new(&fixed())),
                record: None,
            },
            tls: None,
            grace: GRACE,
        })
    }

    /// Sets how much callers may ask for. Without it the limit of calls is a fixed one, and there are no rates.
    pub fn with_limits(mut self, options: &LimitOptions) -> Result<Self, Misconfigured> {
        self.shared.rates = Some(Rates::new(options)?);
        self.shared.gate = Arc::new(Gate::new(options));
        Ok(self)
    }

    /// Encrypts the connections from the network.
    #[must_use]
    pub fn with_tls(mut self, tls: Tls) -> Self {
        self.tls = Some(tls);
        self
    }

    /// Sets how long calls under way get to end when the server stops.
    #[must_use]
    pub fn with_grace(mut self, grace: Duration) -> Self {
        self.grace = grace;
        self
    }

    /// Has calls recorded, as for an audit log.
    #[must_use]
    pub fn with_record(mut self, record: Arc<dyn Record>) -> Self {
        self.shared.record = Some(record);
        self
    }

    /// Adds a service.
    #[must_use]
    pub fn with<S>(mut self, service: S) -> Self
    where
        S: Service<Request<Body>, Response = Response<Body>, Error = Infallible>
            + NamedService
            + Clone
            + Send
            + Sync
            + 'static,
        S::Future: Send + 'static,
    {
        self.names.push(S::NAME);
        self.routes = self.routes.add_service(service);
        self
    }

    /// Serves on a listener and within the process until the shutdown begins; then takes no new calls and gives those
    /// under way time to end. The future is large, so that it comes in a box.
    pub fn serve(
        self,
        listener: Option<TcpListener>,
        incoming: Option<Incoming>,
        shutdown: Shutdown,
    ) -> BoxFuture<'static, Result<()>> {
        Box::pin(self.run(listener, incoming, shutdown))
    }

    async fn run(
        self,
        listener: Option<TcpListener>,
        incoming: Option<Incoming>,
        shutdown: Shutdown,
    ) -> Result<()> {
        for name in &self.names {
            self.health
                .set_service_status(name, tonic_health::ServingStatus::Serving)
                .await;
        }
        let routes = self.routes.prepare();
        let shared = Arc::new(self.shared);
        let network = async {
            let layer = CallLayer::new(Arc::clone(&shared), Origin::Network);
            match (listener, self.tls) {
                (Some(listener), Some(tls)) => {
                    serve_on(
                        &layer,
                        routes.clone(),
                        network::encrypted(listener, tls),
                        &shutdown,
                    )
                    .await
                }
                (Some(listener), None) => {
                    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
                    serve_on(&layer, routes.clone(), incoming, &shutdown).await
                }
                (None, _) => Ok(()),
            }
        };
        let process = async {
            match incoming {
                Some(incoming) => {
                    let layer = CallLayer::new(Arc::clone(&shared), Origin::InProcess);
                    serve_on(&layer, routes.clone(), incoming, &shutdown).await
                }
                None => Ok(()),
            }
        };
        let deadline = async {
            shutdown.begun().await;
            for name in &self.names {
                self.health
                    .set_service_status(name, tonic_health::ServingStatus::NotServing)
                    .await;
            }
            tokio::time::sleep(self.grace).await;
        };
        tokio::select! {
            outcome = async { tokio::try_join!(network, process) } => {
                outcome.map(drop).map_err(|error| Error::internal("the server ended").because(error))
            }
            () = deadline => {
                tracing::warn!("calls were still under way when the time to end them was over");
                Ok(())
            }
        }
    }
}

/// The limits where none are configured.
fn fixed() -> LimitOptions {
    LimitOptions {
        held_up_milliseconds: 0,
        ..LimitOptions::default()
    }
}

/// Serves the connections that come until the shutdown begins.
async fn serve_on<I, C, E>(
    layer: &CallLayer,
    routes: Routes,
    incoming: I,
    shutdown: &Shutdown,
) -> Result<(), tonic::transport::Error>
where
    I: Stream<Item = Result<C, E>>,
    C: AsyncRead + AsyncWrite + Connected + Unpin + Send + 'static,
    E: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    builder(layer)
        .add_routes(routes)
        .serve_with_incoming_shutdown(incoming, shutdown.begun())
        .await
}

type Layers = tower::layer::util::Stack<
    CallLayer,
    tower::layer::util::Stack<
        ObserveLayer,
        tower::layer::util::Stack<
            GrpcWebLayer,
            tower::layer::util::Stack<CorsLayer, tower::layer::util::Identity>,
        >,
    >,
>;

fn builder(layer: &CallLayer) -> tonic::transport::server::Server<Layers> {
    tonic::transport::Server::builder()
        // Browsers speak gRPC-Web over HTTP/1.1.
        .accept_http1(true)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .layer(cors())
        .layer(GrpcWebLayer::new())
        .layer(ObserveLayer)
        .layer(layer.clone())
}

/// Pages of any origin may call: callers are known by their credentials, never by cookies.
fn cors() -> CorsLayer {
    use http::{HeaderName, Method, header};
    CorsLayer::new()
        .allow_origin(tower_http::cors::Any)
        .allow_methods([Method::POST])
        .allow_headers([
            header::CONTENT_TYPE,
            header::AUTHORIZATION,
            HeaderName::from_static("x-grpc-web"),
            HeaderName::from_static("x-user-agent"),
            HeaderName::from_static("grpc-timeout"),
        ])
        .expose_headers([
            HeaderName::from_static("grpc-status"),
            HeaderName::from_static("grpc-message"),
            HeaderName::from_static("grpc-status-details-bin"),
            HeaderName::from_static("x-request-id"),
        ])
}
