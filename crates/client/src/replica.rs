//! One replica of a service, and the connection to it.

use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use rapport_access::TlsOptions;
use rapport_status::{Error, Result};
use tonic::transport::{Certificate, Channel, ClientTlsConfig, Endpoint, Identity};

use crate::{address::Address, choice::Load};

/// How long a connection may take to be made.
const CONNECT: Duration = Duration::from_secs(1);

/// After which silence a connection is asked whether it still lives, and how long the answer may take. So a replica that
/// is gone without a word is noticed although no call is under way.
const KEEP_ALIVE: (Duration, Duration) = (Duration::from_secs(5), Duration::from_secs(2));

/// For how long a replica is left out after its first failure in a row; this doubles with each, up to the longest.
const FIRST_ASIDE: Duration = Duration::from_millis(250);
const LONGEST_ASIDE: Duration = Duration::from_secs(5);

/// One replica. It is connected to with the first call, and again after every loss.
#[derive(Debug)]
pub(crate) struct Replica {
    /// Where it is; none within this process.
    pub(crate) socket: Option<SocketAddr>,
    channel: Channel,
    under_way: AtomicUsize,
    failures: Mutex<Failures>,
}

#[derive(Debug, Default)]
struct Failures {
    in_a_row: u32,
    aside_until: Option<Instant>,
}

impl Replica {
    /// A replica that a channel leads to.
    pub(crate) fn over(socket: Option<SocketAddr>, channel: Channel) -> Self {
        Self {
            socket,
            channel,
            under_way: AtomicUsize::new(0),
            failures: Mutex::default(),
        }
    }

    /// A replica of an address, at a socket.
    pub(crate) fn at(socket: SocketAddr, address: &Address, tls: Option<&ClientTlsConfig>) -> Result<Self> {
        let scheme = if address.encrypted { "https" } else { "http" };
        let unusable = |error: tonic::transport::Error| {
            Error::internal(format!("{scheme}://{socket} cannot be called")).because(error)
        };
        let mut endpoint = Endpoint::from_shared(format!("{scheme}://{socket}"))
            .map_err(unusable)?
            .origin(address.origin.clone())
            .connect_timeout(CONNECT)
            .tcp_nodelay(true)
            .http2_keep_alive_interval(KEEP_ALIVE.0)
            .keep_alive_timeout(KEEP_ALIVE.1)
            .keep_alive_while_idle(true);
        if let Some(tls) = tls {
            endpoint = endpoint
                .tls_config(tls.clone().domain_name(address.host.clone()))
                .map_err(unusable)?;
        }
        Ok(Self::over(Some(socket), endpoint.connect_lazy()))
    }

    /// The connection.
    pub(crate) fn channel(&self) -> Channel {
        self.channel.clone()
    }

    /// What a choice among replicas is made by.
    pub(crate) fn load(&self, now: Instant) -> Load {
        let failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        Load {
            under_way: self.under_way.load(Ordering::Relaxed),
            aside: failures.aside_until.is_some_and(|until| now < until),
        }
    }

    /// Counts a call as under way for as long as the result lives.
    pub(crate) fn begin(self: &Arc<Self>) -> UnderWay {
        self.under_way.fetch_add(1, Ordering::Relaxed);
        UnderWay(Arc::clone(self))
    }

    /// Leaves the replica out for a while.
    pub(crate) fn failed(&self, now: Instant) {
        let mut failures = self.failures.lock().unwrap_or_else(PoisonError::into_inner);
        let doubled = FIRST_ASIDE.saturating_mul(2u32.saturating_pow(failures.in_a_row));
        failures.in_a_row = failures.in_a_row.saturating_add(1);
        failures.aside_until = Some(now + doubled.min(LONGEST_ASIDE));
    }

    /// It works: earlier failures are forgotten.
    pub(crate) fn answered(&self) {
        *self.failures.lock().unwrap_or_else(PoisonError::into_inner) = Failures::default();
    }
}

/// A call under way to a replica.
#[derive(Debug)]
pub(crate) struct UnderWay(Arc<Replica>);

impl Drop for UnderWay {
    fn drop(&mut self) {
        self.0.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

/// The certificates for encrypted addresses; none when no address is encrypted.
pub(crate) fn certificates(
    name: &str,
    addresses: &[Address],
    tls: Option<&TlsOptions>,
) -> Result<Option<ClientTlsConfig>> {
    if !addresses.iter().any(|address| address.encrypted) {
        return Ok(None);
    }
    let needed = |field: &str, what: &str| {
        Error::invalid_field(
            field,
            format!("the {name} service is called with https, which needs {what}"),
        )
    };
    let tls = tls.ok_or_else(|| {
        needed(
            "tls",
            "the section [tls] with certificate, key and authorities in the configuration",
        )
    })?;
    let authorities = tls.authorities.as_ref().ok_or_else(|| {
        needed(
            "tls.authorities",
            "the authorities that its certificate comes from",
        )
    })?;
    let read = |field: &str, path: &std::path::Path| {
        std::fs::read(path).map_err(|error| {
            Error::invalid_field(
                field,
                format!(
                    "{} cannot be read: {error}; give the path of a PEM file",
                    path.display()
                ),
            )
        })
    };
    Ok(Some(
        ClientTlsConfig::new()
            .ca_certificate(Certificate::from_pem(read("tls.authorities", authorities)?))
            .identity(Identity::from_pem(
                read("tls.certificate", &tls.certificate)?,
                read("tls.key", &tls.key)?,
            )),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn a_replica_is_left_out_for_longer_with_each_failure_and_comes_back_with_a_success() {
        let channel = Endpoint::from_static("http://127.0.0.1:1").connect_lazy();
        let replica = Replica::over(None, channel);
        let now = Instant::now();
        let aside_for = |after: Duration| replica.load(now + after).aside;
        replica.failed(now);
        assert!(aside_for(FIRST_ASIDE / 2) && !aside_for(FIRST_ASIDE));
        replica.failed(now);
        assert!(aside_for(FIRST_ASIDE) && !aside_for(FIRST_ASIDE * 2));
        for _ in 0..20 {
            replica.failed(now);
        }
        assert!(aside_for(LONGEST_ASIDE / 2) && !aside_for(LONGEST_ASIDE));
        replica.answered();
        assert!(!aside_for(Duration::ZERO));
    }

    #[tokio::test]
    async fn calls_are_counted_while_they_are_under_way() {
        let channel = Endpoint::from_static("http://127.0.0.1:1").connect_lazy();
        let replica = Arc::new(Replica::over(None, channel));
        let (one, two) = (replica.begin(), replica.begin());
        assert_eq!(replica.load(Instant::now()).under_way, 2);
        drop((one, two));
        assert_eq!(replica.load(Instant::now()).under_way, 0);
    }
}
