//! Sister services that give prepared answers.

use std::{
    collections::HashMap,
    convert::Infallible,
    future::Future,
    net::SocketAddr,
    pin::Pin,
    sync::Arc,
    task::{Context, Poll},
};

use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt as _, Full};
use prost::{Message, bytes::Bytes};
use rapport_clock::Clock;
use rapport_server::{Credentials, Server, Shutdown};
use rapport_testkit::Serving;
use tokio::net::TcpListener;
use tonic::{Code, Status, body::Body, server::NamedService};

/// What a method answers.
#[derive(Clone)]
pub(crate) enum Prepared {
    /// A message.
    Message(Vec<u8>),
    /// A refusal.
    Refused(Code),
    /// Nothing, ever.
    Silence,
}

/// An answer with a message.
pub(crate) fn message(message: &impl Message) -> Prepared {
    Prepared::Message(message.encode_to_vec())
}

/// Answers by the name of the method.
type Answers = Arc<HashMap<&'static str, Prepared>>;

async fn answer(answers: Answers, method: String) -> Response<Body> {
    match answers.get(method.as_str()) {
        Some(Prepared::Message(message)) => {
            // A frame of gRPC: not compressed, the length, the message.
            let mut frame = vec![0];
            frame.extend(u32::try_from(message.len()).unwrap().to_be_bytes());
            frame.extend(message);
            let trailers =
                HeaderMap::from_iter([("grpc-status".parse().unwrap(), HeaderValue::from_static("0"))]);
            let body = Full::new(Bytes::from(frame)).with_trailers(async move { Some(Ok(trailers)) });
            let mut response = Response::new(Body::new(body.map_err(|never: Infallible| match never {})));
            let grpc = HeaderValue::from_static("application/grpc");
            response.headers_mut().insert("content-type", grpc);
            response
        }
        Some(Prepared::Refused(code)) => Status::new(*code, "as prepared").into_http(),
        Some(Prepared::Silence) => std::future::pending().await,
        None => Status::unimplemented(format!("no answer to {method} was prepared")).into_http(),
    }
}

macro_rules! sister {
    ($name:ident, $service:literal) => {
        #[derive(Clone)]
        struct $name(Answers);

        impl NamedService for $name {
            const NAME: &'static str = $service;
        }

        impl tower::Service<Request<Body>> for $name {
            type Response = Response<Body>;
            type Error = Infallible;
            type Future = Pin<Box<dyn Future<Output = Result<Response<Body>, Infallible>> + Send>>;

            fn poll_ready(&mut self, _: &mut Context<'_>) -> Poll<Result<(), Infallible>> {
                Poll::Ready(Ok(()))
            }

            fn call(&mut self, request: Request<Body>) -> Self::Future {
                let method = request
                    .uri()
                    .path()
                    .rsplit('/')
                    .next()
                    .unwrap_or_default()
                    .to_owned();
                let answers = Arc::clone(&self.0);
                Box::pin(async move { Ok(answer(answers, method).await) })
            }
        }
    };
}

sister!(Feedback, "rapport.feedback.v1.FeedbackService");
sister!(Satisfaction, "rapport.satisfaction.v1.SatisfactionService");
sister!(Loyalty, "rapport.loyalty.v1.LoyaltyService");

/// Serves the sister services with these answers, by the name of the method.
pub(crate) fn serve(answers: impl IntoIterator<Item = (&'static str, Prepared)>) -> Serving {
    Serving::start(server(answers))
}

/// The same at an address of this machine, for as long as the test runs.
pub(crate) async fn listen(answers: impl IntoIterator<Item = (&'static str, Prepared)>) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(server(answers).serve(Some(listener), None, Shutdown::default()));
    address
}

fn server(answers: impl IntoIterator<Item = (&'static str, Prepared)>) -> Server {
    let answers: Answers = Arc::new(answers.into_iter().collect());
    let credentials = Credentials::Local {
        tenant: "hotel".to_owned(),
    };
    Server::new(credentials, Clock::system())
        .unwrap()
        .with(Feedback(Arc::clone(&answers)))
        .with(Satisfaction(Arc::clone(&answers)))
        .with(Loyalty(answers))
}
