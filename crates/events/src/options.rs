//! What can be configured of the event bus.

use rapport_status::{Error, Reason, Result};
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

/// Most partitions: each is a consumer of the broker and a task of a replica.
const MOST_PARTITIONS: u16 = 256;

/// Most copies that the broker keeps.
const MOST_REPLICAS: usize = 5;

impl EventOptions {
    /// Refuses what can never work.
    pub(crate) fn check(&self) -> Result<()> {
        let is_name = |name: &str| {
            !name.is_empty()
                && name.len() <= 32
                && name
                    .bytes()
                    .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        };
        let wrong = |key: &str, what: &str| {
            Err(Error::new(
                Reason::InvalidFields,
                format!("events.{key} cannot be used: {what}"),
            ))
        };
        if self.url.trim().is_empty() {
            return wrong("url", "give an address such as nats://nats:4222");
        }
        if !is_name(&self.stream) {
            return wrong("stream", "use 1 to 32 of A-Z a-z 0-9 - _");
        }
        if !(1..=MOST_PARTITIONS).contains(&self.partitions) {
            return wrong("partitions", "use 1 to 256");
        }
        if !(1..=MOST_REPLICAS).contains(&self.replicas) {
            return wrong("replicas", "use 1 to 5");
        }
        if self.retention_hours == 0 {
            return wrong("retention_hours", "use at least 1");
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn options_that_can_never_work_are_refused_by_name() {
        let usable = EventOptions {
            url: "nats://127.0.0.1:4222".to_owned(),
            ..EventOptions::default()
        };
        usable.check().unwrap();
        for (options, key) in [
            (EventOptions::default(), "events.url"),
            (
                EventOptions {
                    stream: "a.b".to_owned(),
                    ..usable.clone()
                },
                "events.stream",
            ),
            (
                EventOptions {
                    partitions: 0,
                    ..usable.clone()
                },
                "events.partitions",
            ),
            (
                EventOptions {
                    replicas: 6,
                    ..usable.clone()
                },
                "events.replicas",
            ),
            (
                EventOptions {
                    retention_hours: 0,
                    ..usable
                },
                "events.retention_hours",
            ),
        ] {
            let refused = options.check().unwrap_err();
            assert!(refused.message().starts_with(key), "{key}: {refused}");
        }
    }
}
