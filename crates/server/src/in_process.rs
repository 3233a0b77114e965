//! Calls within one process: the same clients, servers and layers as over the network, over a pipe in memory.

use std::io;

use hyper_util::rt::TokioIo;
use tokio::{io::DuplexStream, sync::mpsc};
use tokio_stream::wrappers::ReceiverStream;
use tonic::transport::{Channel, Endpoint, Uri};

/// Bytes that a pipe holds.
const PIPE: usize = 64 * 1024;

/// Connections that can wait to be taken.
const WAITING: usize = 16;

/// The server's end: connections as they come.
pub type Incoming = ReceiverStream<Result<DuplexStream, io::Error>>;

/// A channel whose calls reach the server that serves the other end. It connects with its first call, so that
/// services can be given it before the server runs.
pub fn transport() -> (Channel, Incoming) {
    let (connections, incoming) = mpsc::channel(WAITING);
    let connector = tower::service_fn(move |_: Uri| {
        let connections = connections.clone();
        async move {
            let (client, server) = tokio::io::duplex(PIPE);
            connections
                .send(Ok(server))
                .await
                .map_err(|_| io::Error::from(io::ErrorKind::ConnectionRefused))?;
            Ok::<_, io::Error>(TokioIo::new(client))
        }
    });
    let channel = Endpoint::from_static("http://in-process").connect_with_connector_lazy(connector);
    (channel, ReceiverStream::new(incoming))
}
