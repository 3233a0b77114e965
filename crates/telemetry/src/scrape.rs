//! Answers Prometheus: `GET /metrics`, and nothing else.

use std::{convert::Infallible, net::SocketAddr, sync::Arc, time::Duration};

use http::{Method, Request, Response, StatusCode, header};
use http_body_util::Full;
use hyper::{
    body::{Bytes, Incoming},
    server::conn::http1,
    service::service_fn,
};
use hyper_util::rt::{TokioIo, TokioTimer};
use prometheus::{Encoder as _, Registry, TextEncoder};
use tokio::{net::TcpListener, sync::Semaphore, task::JoinHandle};

/// Connections that are open at a time; more wait.
const CONNECTIONS: usize = 8;

/// How long a request may take to come.
const PATIENCE: Duration = Duration::from_secs(10);

/// Serves metrics until it is aborted.
pub(crate) async fn serve(
    address: SocketAddr,
    registry: Registry,
) -> std::io::Result<(SocketAddr, JoinHandle<()>)> {
    let listener = TcpListener::bind(address).await?;
    let address = listener.local_addr()?;
    Ok((address, tokio::spawn(accept(listener, registry))))
}

async fn accept(listener: TcpListener, registry: Registry) {
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else {
            return;
        };
        let stream = match listener.accept().await {
            Ok((stream, _)) => stream,
            Err(error) => {
                // Such as too many open files: others may close some.
                tracing::debug!(%error, "a connection for metrics could not be taken");
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            }
        };
        let registry = registry.clone();
        tokio::spawn(async move {
            let answers = service_fn(move |request| {
                let answer = answer(&request, &registry);
                async move { Ok::<_, Infallible>(answer) }
            });
            let connection = http1::Builder::new()
                .timer(TokioTimer::new())
                .header_read_timeout(PATIENCE)
                .serve_connection(TokioIo::new(stream), answers);
            // A scraper that hangs up in the middle asks again.
            let _ = connection.await;
            drop(place);
        });
    }
}

fn answer(request: &Request<Incoming>, registry: &Registry) -> Response<Full<Bytes>> {
    let text = |status: StatusCode, text: Vec<u8>| {
        let mut response = Response::new(Full::new(Bytes::from(text)));
        *response.status_mut() = status;
        let form = header::HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
        response.headers_mut().insert(header::CONTENT_TYPE, form);
        response
    };
    if request.uri().path() != "/metrics" {
        return text(StatusCode::NOT_FOUND, b"metrics are at /metrics\n".to_vec());
    }
    if request.method() != Method::GET {
        return text(
            StatusCode::METHOD_NOT_ALLOWED,
            b"metrics are read with GET\n".to_vec(),
        );
    }
    let mut written = Vec::new();
    match TextEncoder::new().encode(&registry.gather(), &mut written) {
        Ok(()) => text(StatusCode::OK, written),
        Err(error) => {
            tracing::error!(%error, "metrics cannot be written");
            text(
                StatusCode::INTERNAL_SERVER_ERROR,
                b"metrics cannot be written\n".to_vec(),
            )
        }
    }
}
