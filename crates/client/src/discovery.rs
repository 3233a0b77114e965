//! Which replicas there are: names are looked up again and again, for replicas come and go.

use std::{
    collections::BTreeMap,
    net::SocketAddr,
    sync::{Arc, Weak},
    time::Duration,
};

use tokio::sync::{Notify, watch};
use tonic::transport::ClientTlsConfig;

use crate::{address::Address, replica::Replica};

/// After which time names are looked up again.
const REFRESH: Duration = Duration::from_secs(5);

/// The shortest time between two look-ups, however often calls fail.
const SHORTEST: Duration = Duration::from_millis(500);

/// How long a look-up may take.
const LOOK_UP: Duration = Duration::from_secs(3);

/// Replicas taken in of one service. More are left out.
const MOST_REPLICAS: usize = 256;

/// What is known of a service.
#[derive(Debug, Clone, Default)]
pub(crate) struct Known {
    /// Its replicas.
    pub(crate) replicas: Arc<[Arc<Replica>]>,
    /// Why there are none, in plain English.
    pub(crate) problem: Option<String>,
}

/// Replicas of one service as they come and go.
#[derive(Debug)]
pub(crate) struct Discovery {
    known: watch::Sender<Known>,
    sooner: Notify,
}

impl Discovery {
    /// Replicas that never change.
    pub(crate) fn fixed(replicas: Vec<Arc<Replica>>) -> Arc<Self> {
        let known = Known {
            replicas: replicas.into(),
            problem: None,
        };
        Arc::new(Self {
            known: watch::Sender::new(known),
            sooner: Notify::new(),
        })
    }

    /// Looks addresses up for as long as the result is held. Must be called within a runtime.
    pub(crate) fn start(
        name: &'static str,
        addresses: Vec<Address>,
        tls: Option<ClientTlsConfig>,
    ) -> Arc<Self> {
        let discovery = Self::fixed(Vec::new());
        let weak = Arc::downgrade(&discovery);
        tokio::spawn(keep_looking(weak, name, addresses, tls));
        discovery
    }

    /// The replicas, once any are known; or why none are.
    pub(crate) async fn replicas(&self) -> Result<Arc<[Arc<Replica>]>, String> {
        let mut changes = self.known.subscribe();
        let found = changes
            .wait_for(|known| !known.replicas.is_empty() || known.problem.is_some())
            .await;
        // Cannot fail: this handle keeps the sender.
        let known = found.map(|known| known.clone()).unwrap_or_default();
        match known.problem {
            Some(problem) if known.replicas.is_empty() => Err(problem),
            _ => Ok(known.replicas),
        }
    }

    /// A call failed: the replicas may have moved.
    pub(crate) fn look_sooner(&self) {
        self.sooner.notify_one();
    }
}

async fn keep_looking(
    discovery: Weak<Discovery>,
    name: &'static str,
    addresses: Vec<Address>,
    tls: Option<ClientTlsConfig>,
) {
    loop {
        let found = look_up(name, &addresses).await;
        let Some(discovery) = discovery.upgrade() else {
            return;
        };
        let last = discovery.known.borrow().clone();
        discovery
            .known
            .send_replace(next(name, &last, found, tls.as_ref()));
        tokio::time::sleep(SHORTEST).await;
        // An hour without a call keeps the service no longer than this wait.
        let _ = tokio::time::timeout(REFRESH, discovery.sooner.notified()).await;
    }
}

/// The sockets of all addresses; why there are none, if there are none.
async fn look_up<'a>(
    name: &str,
    addresses: &'a [Address],
) -> Result<BTreeMap<SocketAddr, &'a Address>, String> {
    let mut sockets = BTreeMap::new();
    let mut problem = format!("the {name} service has no address");
    for address in addresses {
        if let Some(socket) = address.number() {
            sockets.insert(socket, address);
            continue;
        }
        let place = (address.host.as_str(), address.port);
        match tokio::time::timeout(LOOK_UP, tokio::net::lookup_host(place)).await {
            Ok(Ok(found)) => sockets.extend(found.map(|socket| (socket, address))),
            Ok(Err(error)) => {
                problem = format!(
                    "the name {:?} of the {name} service cannot be looked up: {error}",
                    address.host
                );
            }
            Err(_) => {
                problem = format!(
                    "the name {:?} of the {name} service cannot be looked up: the name server does not answer",
                    address.host
                );
            }
        }
    }
    if sockets.is_empty() {
        return Err(problem);
    }
    Ok(sockets)
}

/// What is known after a look-up: replicas that stay keep their connections. When nothing is found, the last ones are
/// still called, for a name server that is down must not take the services with it.
fn next(
    name: &str,
    last: &Known,
    found: Result<BTreeMap<SocketAddr, &Address>, String>,
    tls: Option<&ClientTlsConfig>,
) -> Known {
    let sockets = match found {
        Ok(sockets) => sockets,
        Err(problem) => {
            if last.problem.as_ref() != Some(&problem) {
                tracing::warn!(sister = name, problem, "a sister service is not found");
            }
            return Known {
                replicas: Arc::clone(&last.replicas),
                problem: Some(problem),
            };
        }
    };
    let kept = |socket: &SocketAddr| {
        last.replicas
            .iter()
            .find(|replica| replica.socket == Some(*socket))
            .cloned()
    };
    let mut replicas = Vec::with_capacity(sockets.len());
    for (socket, address) in sockets.into_iter().take(MOST_REPLICAS) {
        let encryption = tls.filter(|_| address.encrypted);
        match kept(&socket).map_or_else(|| Replica::at(socket, address, encryption).map(Arc::new), Ok) {
            Ok(replica) => replicas.push(replica),
            Err(error) => {
                tracing::error!(sister = name, error = error.chain(), "a replica cannot be called");
            }
        }
    }
    let problem = replicas
        .is_empty()
        .then(|| format!("no replica of the {name} service can be called"));
    Known {
        replicas: replicas.into(),
        problem,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn address() -> Vec<Address> {
        crate::address::parse("loyalty", "http://loyalty:50051").unwrap()
    }

    fn found<'a>(address: &'a Address, last: &[u8]) -> BTreeMap<SocketAddr, &'a Address> {
        last.iter()
            .map(|last| (SocketAddr::from(([10, 0, 0, *last], 50_051)), address))
            .collect()
    }

    #[tokio::test]
    async fn replicas_that_stay_keep_their_connections_and_those_that_went_are_dropped() {
        let addresses = address();
        let first = next(
            "loyalty",
            &Known::default(),
            Ok(found(&addresses[0], &[1, 2])),
            None,
        );
        let second = next("loyalty", &first, Ok(found(&addresses[0], &[2, 3])), None);
        assert_eq!(second.replicas.len(), 2);
        assert!(Arc::ptr_eq(&second.replicas[0], &first.replicas[1]));
    }

    #[tokio::test]
    async fn a_failed_look_up_keeps_the_replicas_that_were_known() {
        let addresses = address();
        let first = next("loyalty", &Known::default(), Ok(found(&addresses[0], &[1])), None);
        let second = next("loyalty", &first, Err("no answer".to_owned()), None);
        assert!(Arc::ptr_eq(&second.replicas[0], &first.replicas[0]));
        let nothing = next("loyalty", &Known::default(), Err("no answer".to_owned()), None);
        assert_eq!(nothing.problem.as_deref(), Some("no answer"));
    }

    #[tokio::test]
    async fn a_name_that_nobody_knows_is_told_as_one() {
        let addresses = crate::address::parse("loyalty", "http://nobody.invalid:50051").unwrap();
        let discovery = Discovery::start("loyalty", addresses, None);
        let problem = tokio::time::timeout(Duration::from_secs(10), discovery.replicas())
            .await
            .expect("a look-up is bounded in time")
            .unwrap_err();
        assert!(
            problem.contains("\"nobody.invalid\" of the loyalty service"),
            "{problem}"
        );
    }
}
