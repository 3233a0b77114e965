//! What can be configured of the event bus.

use serde::{Deserialize, Serialize};

/// A NATS server with JetStream that carries events between processes, in place of the memory of one.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct EventOptions {
    /// Addresses such as `nats://nats:4222`, several divided by commas. `tls://` asks for TLS.
    pub url: String,
    /// A file with the credentials of NATS (JWT and seed), if the server wants them.
    pub credentials: Option<std::path::PathBuf>,
    /// A file with the certificate authorities of the server in PEM, if they are not those of the system.
    pub authorities: Option<std::path::PathBuf>,
    /// Name of the stream; it is made when it is not there.
    pub stream: String,
    /// Copies that the brokers keep of each event: 1 for one broker, 3 for a cluster.
    pub replicas: usize,
    /// Parts that events are divided into by customer. Each is taken in order; several are taken side by side.
    /// Changing it needs an empty backlog.
    pub partitions: u16,
    /// For how many hours an event stays in the stream, and its row in the outbox after it was relayed: for so long a
    /// broker that lost its disk can be refilled.
    pub retention_hours: u32,
}

impl Default for EventOptions {
    fn default() -> Self {
        Self {
            url: String::new(),
            credentials: None,
            authorities: None,
            stream: "rapport".to_owned(),
            replicas: 1,
            partitions: 8,
            retention_hours: 72,
        }
    }
}
