//! The connection to the broker, and the stream.

use std::{
    fmt,
    str::FromStr as _,
    sync::atomic::{AtomicBool, Ordering},
    time::Duration,
};

use async_nats::{
    Client, ConnectOptions, Event as Happening, ServerAddr,
    jetstream::{
        self,
        context::ContextBuilder,
        stream::{self, DiscardPolicy, RetentionPolicy, StorageType},
    },
};
use jiff::Timestamp;
use rapport_status::{Error, Reason, Result};
use tokio::sync::watch;

use super::subject;
use crate::{EventOptions, running::Stopping};

/// How long a request to the broker, or the acknowledgement of an event, is waited for.
const PATIENCE: Duration = Duration::from_secs(5);

/// How often the broker is asked whether it is still there: a connection that is cut in silence is found out by it.
const PING: Duration = Duration::from_secs(5);

/// The longest pause between two attempts to connect.
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// For how long the broker leaves out events that it took already. It saves work after an acknowledgement was lost; that
/// effects happen once does not rest on it.
const DUPLICATE_WINDOW: Duration = Duration::from_mins(2);

/// How the connection stands.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Link {
    /// Whether the broker can be reached.
    pub(super) up: bool,
    /// How often it was reached: after every time, what was known of the broker is looked at again.
    pub(super) generation: u64,
}

/// The one connection of a process.
pub(super) struct Connection {
    client: Client,
    jetstream: jetstream::Context,
    options: EventOptions,
    link: watch::Receiver<Link>,
}

/// Without the address: it may hold a password.
impl fmt::Debug for Connection {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            formatter,
            "Connection(stream {}, {:?})",
            self.options.stream,
            self.link()
        )
    }
}

/// What the broker says of the stream.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct StreamState {
    /// When it was made.
    pub(super) created: Timestamp,
    /// Number of the last event.
    pub(super) last_sequence: u64,
}

impl Connection {
    pub(super) async fn open(options: &EventOptions) -> Result<Self> {
        let addresses = options
            .url
            .split(',')
            .map(|address| ServerAddr::from_str(address.trim()).map_err(|error| unusable("url", error)))
            .collect::<Result<Vec<_>>>()?;
        let (sender, link) = watch::channel(Link::default());
        let told = AtomicBool::new(false);
        let mut settings = ConnectOptions::new()
            .name("rapport")
            .retry_on_initial_connect()
            .max_reconnects(None)
            .request_timeout(Some(PATIENCE))
            .ping_interval(PING)
            .reconnect_delay_callback(pause)
            .event_callback(move |happening| {
                note(&sender, &told, &happening);
                std::future::ready(())
            });
        if let Some(file) = &options.credentials {
            settings = settings
                .credentials_file(file)
                .await
                .map_err(|error| unusable("credentials", error))?;
        }
        if let Some(file) = &options.authorities {
            settings = settings.add_root_certificates(file.clone());
        }
        let client = settings
            .connect(addresses)
            .await
            .map_err(|error| unusable("url", error))?;
        let jetstream = ContextBuilder::new().timeout(PATIENCE).build(client.clone());
        Ok(Self {
            client,
            jetstream,
            options: options.clone(),
            link,
        })
    }

    pub(super) fn client(&self) -> &Client {
        &self.client
    }

    pub(super) fn jetstream(&self) -> &jetstream::Context {
        &self.jetstream
    }

    pub(super) fn options(&self) -> &EventOptions {
        &self.options
    }

    /// How the connection stands now.
    pub(super) fn link(&self) -> Link {
        *self.link.borrow()
    }

    /// Waits until the broker can be reached, or the task is to end.
    pub(super) async fn is_up(&self, stopping: &mut Stopping) -> Option<Link> {
        let mut link = self.link.clone();
        tokio::select! {
            biased;
            () = stopping.told() => None,
            found = link.wait_for(|link| link.up) => found.ok().map(|link| *link),
        }
    }

    /// Waits until the connection is another one than it was.
    pub(super) async fn is_over(&self, before: Link) {
        let mut link = self.link.clone();
        // An error says that the client is gone.
        let _ = link.wait_for(|now| *now != before).await;
    }

    /// Makes the stream if it is not there, and brings its retention and copies to what is configured.
    pub(super) async fn stream(&self) -> Result<StreamState> {
        let wanted = self.stream_configuration();
        let name = wanted.name.clone();
        let stream = self
            .jetstream
            .get_or_create_stream(wanted.clone())
            .await
            .map_err(|error| unavailable("the stream cannot be made", error))?;
        let info = stream.cached_info();
        if info.config.max_age != wanted.max_age || info.config.num_replicas != wanted.num_replicas {
            let changed = stream::Config {
                max_age: wanted.max_age,
                num_replicas: wanted.num_replicas,
                duplicate_window: wanted.duplicate_window,
                ..info.config.clone()
            };
            self.jetstream
                .update_stream(changed)
                .await
                .map_err(|error| unavailable("the stream cannot be changed", error))?;
            tracing::info!(
                stream = name,
                "retention and copies of the stream were changed as configured"
            );
        }
        Ok(StreamState {
            created: Timestamp::from_nanosecond(info.created.unix_timestamp_nanos()).unwrap_or_default(),
            last_sequence: info.state.last_sequence,
        })
    }

    fn stream_configuration(&self) -> stream::Config {
        let age = Duration::from_hours(u64::from(self.options.retention_hours));
        stream::Config {
            name: self.options.stream.clone(),
            description: Some("Events of Rapport".to_owned()),
            subjects: vec![subject::all(&self.options.stream)],
            retention: RetentionPolicy::Limits,
            storage: StorageType::File,
            max_age: age,
            num_replicas: self.options.replicas,
            duplicate_window: DUPLICATE_WINDOW.min(age),
            // Where somebody bounds the size: events that no longer fit wait in the outbox, none is dropped.
            discard: DiscardPolicy::New,
            ..stream::Config::default()
        }
    }
}

fn pause(attempts: usize) -> Duration {
    let attempts = u32::try_from(attempts).unwrap_or(u32::MAX);
    Duration::from_millis(50)
        .saturating_mul(attempts)
        .min(LONGEST_PAUSE)
}

/// Notes how the connection changed. Why the broker cannot be reached is said once, as long as `told` is not set: the
/// client tries again and again.
fn note(link: &watch::Sender<Link>, told: &AtomicBool, happening: &Happening) {
    match happening {
        Happening::Connected => {
            told.store(false, Ordering::Relaxed);
            link.send_modify(|link| {
                link.up = true;
                link.generation += 1;
            });
            tracing::info!("the event broker is reached");
        }
        Happening::Disconnected => {
            link.send_modify(|link| link.up = false);
            tracing::warn!("the event broker is lost; events wait in the outbox until it is back");
        }
        Happening::ClientError(error) if !told.swap(true, Ordering::Relaxed) => {
            // The client does not tell what was wrong with a certificate.
            tracing::warn!(
                %error,
                "the event broker cannot be reached; events wait in the outbox. Look at its address, and with TLS whether \
                 events.authorities holds the authority of its certificate"
            );
        }
        Happening::ClientError(error) => tracing::debug!(%error, "the event broker cannot be reached"),
        Happening::ServerError(error) => tracing::warn!(%error, "the event broker complains"),
        other => tracing::debug!(happening = %other, "the connection to the event broker changed"),
    }
}

fn unusable(key: &str, error: impl std::error::Error + Send + Sync + 'static) -> Error {
    Error::new(
        Reason::InvalidFields,
        format!("the event broker cannot be used as configured: events.{key}: {error}"),
    )
    .because(error)
}

/// The broker could not do something now.
pub(super) fn unavailable(what: &str, error: impl Into<Box<dyn std::error::Error + Send + Sync>>) -> Error {
    Error::new(Reason::StorageUnavailable, format!("the event broker: {what}")).because(error)
}
