//! A server of the loyalty service's methods that does as the test says.

use std::{
    convert::Infallible,
    net::SocketAddr,
    pin::Pin,
    sync::{Arc, Mutex},
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use prost::bytes::Bytes;
use rapport_status::Error;
use tokio::{net::TcpListener, task::JoinHandle};
use tonic::{
    Status,
    body::Body,
    server::NamedService,
    transport::{Server, ServerTlsConfig, server::TcpIncoming},
};

/// What a call is answered with.
pub(crate) enum Reaction {
    /// An empty message, which every answer of the contract can be.
    Answer,
    /// A refusal.
    Refuse(Error),
    /// Nothing, ever.
    Silence,
}

type Behaviour = Arc<dyn Fn(usize) -> Reaction + Send + Sync>;

/// A running server. It ends with all its connections when it is dropped.
pub(crate) struct Replica {
    pub(crate) address: SocketAddr,
    calls: Arc<Mutex<Vec<HeaderMap>>>,
    task: JoinHandle<()>,
}

impl Replica {
    /// A server that answers every call.
    pub(crate) async fn start() -> Self {
        Self::reacting(|_| Reaction::Answer).await
    }

    /// A server that reacts to its calls by their number, from 0.
    pub(crate) async fn reacting(react: impl Fn(usize) -> Reaction + Send + Sync + 'static) -> Self {
        Self::serve(Server::builder(), Arc::new(react)).await
    }

    /// A server that answers every call over an encrypted connection.
    pub(crate) async fn encrypted(tls: ServerTlsConfig) -> Self {
        let builder = Server::builder().tls_config(tls).unwrap();
        Self::serve(builder, Arc::new(|_| Reaction::Answer)).await
    }

    async fn serve(mut builder: Server, react: Behaviour) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let calls = Arc::new(Mutex::new(Vec::new()));
        let loyalty = Loyalty {
            react,
            calls: Arc::clone(&calls),
        };
        let serving = builder
            .add_service(loyalty)
            .serve_with_incoming(TcpIncoming::from(listener));
        let task = tokio::spawn(async move { serving.await.unwrap() });
        Self { address, calls, task }
    }

    /// How many calls came.
    pub(crate) fn calls(&self) -> usize {
        self.calls.lock().unwrap().len()
    }

    /// The headers of the last call.
    pub(crate) fn last_headers(&self) -> HeaderMap {
        self.calls.lock().unwrap().last().expect("a call came").clone()
    }
}

impl Drop for Replica {
    fn drop(&mut self) {
        self.task.abort();
    }
}

#[derive(Clone)]
struct Loyalty {
    react: Behaviour,
    calls: Arc<Mutex<Vec<HeaderMap>>>,
}

impl NamedService for Loyalty {
    const NAME: &'static str = "rapport.loyalty.v1.LoyaltyService";
}

impl tower::Service<Request<Body>> for Loyalty {
    type Response = Response<Body>;
    type Error = Infallible;
    type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

    fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
        Poll::Ready(Ok(()))
    }

    fn call(&mut self, request: Request<Body>) -> Self::Future {
        let number = {
            let mut calls = self.calls.lock().unwrap();
            calls.push(request.headers().clone());
            calls.len() - 1
        };
        let reaction = (self.react)(number);
        Box::pin(async move {
            match reaction {
                Reaction::Answer => Ok(empty_message()),
                Reaction::Refuse(error) => Ok(Status::from(error).into_http()),
                Reaction::Silence => std::future::pending().await,
            }
        })
    }
}

fn empty_message() -> Response<Body> {
    // A frame of gRPC: not compressed, no bytes.
    let frame = Full::new(Bytes::from_static(&[0, 0, 0, 0, 0]));
    let trailers = HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static("0"))]);
    let body = frame.with_trailers(async move { Some(Ok(trailers)) });
    let mut response = Response::new(Body::new(body));
    response
        .headers_mut()
        .insert("content-type", HeaderValue::from_static("application/grpc"));
    response
}
