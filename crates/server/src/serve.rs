//! A server: its services behind the layers, on the network and in the process, until it is told to stop.

use std::{convert::Infallible, time::Duration};

use futures::future::BoxFuture;
use http::{Request, Response};
use rapport_clock::Clock;
use rapport_status::{Error, Result};
use tokio::{net::TcpListener, sync::watch};
use tonic::{body::Body, server::NamedService, service::Routes, transport::server::TcpIncoming};
use tonic_health::server::HealthReporter;
use tonic_web::GrpcWebLayer;
use tower::Service;
use tower_http::cors::CorsLayer;

use crate::{Credentials, in_process::Incoming, layer::CallLayer};

/// Calls that may be under way at a time.
const MOST_IN_FLIGHT: usize = 1_024;

/// How long calls under way get to end when the server stops.
const DRAIN: Duration = Duration::from_secs(10);

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
    layer: CallLayer,
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
            layer: CallLayer::new(credentials, clock, MOST_IN_FLIGHT),
        })
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
        let network = async {
            match listener {
                Some(listener) => {
                    let incoming = TcpIncoming::from(listener).with_nodelay(Some(true));
                    builder(&self.layer)
                        .add_routes(routes.clone())
                        .serve_with_incoming_shutdown(incoming, shutdown.begun())
                        .await
                }
                None => Ok(()),
            }
        };
        let process = async {
            match incoming {
                Some(incoming) => {
                    builder(&self.layer)
                        .add_routes(routes.clone())
                        .serve_with_incoming_shutdown(incoming, shutdown.begun())
                        .await
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
            tokio::time::sleep(DRAIN).await;
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

type Layers = tower::layer::util::Stack<
    CallLayer,
    tower::layer::util::Stack<
        GrpcWebLayer,
        tower::layer::util::Stack<CorsLayer, tower::layer::util::Identity>,
    >,
>;

fn builder(layer: &CallLayer) -> tonic::transport::server::Server<Layers> {
    tonic::transport::Server::builder()
        // Browsers speak gRPC-Web over HTTP/1.1.
        .accept_http1(true)
        .http2_keepalive_interval(Some(Duration::from_secs(30)))
        .layer(cors())
        .layer(GrpcWebLayer::new())
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
