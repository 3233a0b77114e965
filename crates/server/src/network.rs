//! Encrypted connections from the network.

use std::{io, sync::Arc, time::Duration};

use rapport_access::Tls;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::{Semaphore, mpsc},
};
use tokio_rustls::{TlsAcceptor, server::TlsStream};
use tokio_stream::wrappers::ReceiverStream;

/// Connections that may be agreeing on their encryption at a time.
const MOST_AGREEING: usize = 256;

/// How long a connection gets to agree.
const PATIENCE: Duration = Duration::from_secs(10);

/// How long nothing is accepted after the system gave no connection, as when it has no file handles left.
const PAUSE: Duration = Duration::from_millis(100);

/// Connections that are ready to be served.
pub(crate) type Encrypted = ReceiverStream<Result<TlsStream<TcpStream>, io::Error>>;

/// The connections of a listener, encrypted. Each agrees by itself, so that slow ones hold nobody up. The listener is
/// closed when nobody takes connections any more.
pub(crate) fn encrypted(listener: TcpListener, tls: Tls) -> Encrypted {
    let (ready, taken) = mpsc::channel(1);
    tokio::spawn(async move {
        let agreeing = Arc::new(Semaphore::new(MOST_AGREEING));
        loop {
            let Ok(place) = Arc::clone(&agreeing).acquire_owned().await else {
                return;
            };
            let accepted = tokio::select! {
                accepted = listener.accept() => accepted,
                () = ready.closed() => return,
            };
            let Ok((stream, _)) = accepted else {
                tokio::time::sleep(PAUSE).await;
                continue;
            };
            // Cannot fail: a server starts with certificates that can be used.
            let Some(config) = tls.current() else { return };
            let ready = ready.clone();
            tokio::spawn(async move {
                let _place = place;
                // Answers are small: they must not wait for more to send.
                let _ = stream.set_nodelay(true);
                match tokio::time::timeout(PATIENCE, TlsAcceptor::from(config).accept(stream)).await {
                    Ok(Ok(stream)) => {
                        // Nobody takes it when the server ends.
                        let _ = ready.send(Ok(stream)).await;
                    }
                    Ok(Err(error)) => tracing::debug!(%error, "a connection could not be encrypted"),
                    Err(_) => tracing::debug!("a connection took too long to be encrypted"),
                }
            });
        }
    });
    ReceiverStream::new(taken)
}
