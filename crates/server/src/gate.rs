//! Where calls are let in: a place for each, and none kept waiting.

use std::{
    collections::HashSet,
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use prost::Message as _;
use prost_types::FileDescriptorSet;
use rapport_access::LimitOptions;
use rapport_status::{Error, Reason, Result};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

use crate::limit::AdaptiveLimit;

/// When a refused caller is told to come again.
const COME_AGAIN: Duration = Duration::from_millis(200);

/// The places of a server.
pub(crate) struct Gate {
    under_way: AtomicUsize,
    limit: AtomicUsize,
    /// None when the limit is a fixed one.
    adaptive: Option<Mutex<AdaptiveLimit>>,
    streams: Arc<Semaphore>,
    /// Paths of the methods that stream.
    streaming: HashSet<String>,
}

impl fmt::Debug for Gate {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let [under_way, limit] = [&self.under_way, &self.limit].map(|count| count.load(Ordering::Relaxed));
        write!(formatter, "Gate({under_way} of {limit} calls)")
    }
}

/// A place in the gate, held while its call is under way.
#[derive(Debug)]
pub(crate) enum Place {
    /// Of a call with one request and one answer.
    Call(CallPlace),
    /// Of a stream, which may stay open for long and is counted by itself.
    Stream {
        /// Given back when the stream ends.
        _permit: OwnedSemaphorePermit,
    },
    /// Of a probe of the server's health, which is never refused, or of a method that is not there.
    Free,
}

/// Gives the place back when it is dropped.
#[derive(Debug)]
pub(crate) struct CallPlace {
    gate: Arc<Gate>,
    others: usize,
}

impl Drop for CallPlace {
    fn drop(&mut self) {
        self.gate.under_way.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Gate {
    /// A gate with the places that are configured.
    pub(crate) fn new(options: &LimitOptions) -> Self {
        let adaptive = (options.held_up_milliseconds > 0).then(|| {
            Mutex::new(AdaptiveLimit::new(
                options.least_calls_in_flight.max(1),
                options.calls_in_flight,
                Duration::from_millis(options.held_up_milliseconds),
            ))
        });
        Self {
            under_way: AtomicUsize::new(0),
            limit: AtomicUsize::new(options.calls_in_flight),
            adaptive,
            streams: Arc::new(Semaphore::new(options.streams.min(Semaphore::MAX_PERMITS))),
            streaming: streaming_methods(),
        }
    }

    /// Lets a call in, or refuses it at once.
    pub(crate) fn enter(self: &Arc<Self>, path: &str, known: bool) -> Result<Place> {
        if self.streaming.contains(path) {
            let permit = Arc::clone(&self.streams).try_acquire_owned().map_err(|_| {
                overloaded(
                    "more streams are open than the server takes on; open fewer at a time, or again later",
                )
            })?;
            return Ok(Place::Stream { _permit: permit });
        }
        if !known {
            return Ok(Place::Free);
        }
        let others = self.under_way.fetch_add(1, Ordering::Relaxed);
        let place = CallPlace {
            gate: Arc::clone(self),
            others,
        };
        if others >= self.limit.load(Ordering::Relaxed) {
            return Err(overloaded(
                "more calls are under way than the server takes on; send it again later",
            ));
        }
        Ok(Place::Call(place))
    }
}

impl Place {
    /// Whether it is that of a stream.
    pub(crate) fn is_stream(&self) -> bool {
        matches!(self, Self::Stream { .. })
    }

    /// Gives the place of a call back that was answered, and learns from how long it took.
    pub(crate) fn answered(self, method: &'static str, took: Duration) {
        let Self::Call(place) = self else { return };
        let Some(adaptive) = &place.gate.adaptive else {
            return;
        };
        let others = place.gate.under_way.load(Ordering::Relaxed).saturating_sub(1);
        let limit = adaptive.lock().unwrap_or_else(PoisonError::into_inner).ended(
            Instant::now(),
            method,
            took,
            place.others.max(others),
        );
        if let Some(limit) = limit {
            place.gate.limit.store(limit, Ordering::Relaxed);
        }
    }
}

fn overloaded(message: &str) -> Error {
    Error::new(Reason::Overloaded, message).retry_after(COME_AGAIN)
}

/// The paths of all methods with a stream on either side: of the contract, of health and of reflection.
fn streaming_methods() -> HashSet<String> {
    let sets = [
        rapport_contract::DESCRIPTOR_SET,
        tonic_health::pb::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1::FILE_DESCRIPTOR_SET,
        tonic_reflection::pb::v1alpha::FILE_DESCRIPTOR_SET,
    ];
    let mut paths = HashSet::new();
    for set in sets {
        // The sets were made together with the code: reflection too refuses to start with ones that cannot be read.
        let set = FileDescriptorSet::decode(set).unwrap_or_default();
        for file in &set.file {
            for service in &file.service {
                for method in &service.method {
                    if method.client_streaming() || method.server_streaming() {
                        paths.insert(format!(
                            "/{}.{}/{}",
                            file.package(),
                            service.name(),
                            method.name()
                        ));
                    }
                }
            }
        }
    }
    paths
}

#[cfg(test)]
mod tests {
    use super::*;

    const BALANCE: &str = "/rapport.loyalty.v1.LoyaltyService/GetBalance";
    const VERIFY: &str = "/rapport.loyalty.v1.LoyaltyService/VerifyLedger";

    fn gate(calls_in_flight: usize, streams: usize) -> Arc<Gate> {
        Arc::new(Gate::new(&LimitOptions {
            calls_in_flight,
            streams,
            ..LimitOptions::default()
        }))
    }

    #[test]
    fn calls_and_streams_have_places_of_their_own() {
        let gate = gate(1, 1);
        let call = gate.enter(BALANCE, true).unwrap();
        let stream = gate.enter(VERIFY, true).unwrap();
        for path in [BALANCE, VERIFY] {
            let refused = gate.enter(path, true).unwrap_err();
            assert_eq!(refused.reason(), Reason::Overloaded, "{path}");
            assert_eq!(refused.retry_delay(), Some(COME_AGAIN));
        }
        drop(call);
        gate.enter(BALANCE, true).expect("its place is free again");
        drop(stream);
        gate.enter(VERIFY, true).expect("its place is free again");
    }

    #[test]
    fn a_refused_call_leaves_no_trace() {
        let gate = gate(1, 1);
        let place = gate.enter(BALANCE, true).unwrap();
        for _ in 0..100 {
            gate.enter(BALANCE, true).unwrap_err();
        }
        drop(place);
        assert_eq!(gate.under_way.load(Ordering::Relaxed), 0);
    }

    #[test]
    fn probes_of_health_are_never_refused_and_watching_takes_the_place_of_a_stream() {
        let gate = gate(0, 1);
        for _ in 0..100 {
            assert!(matches!(
                gate.enter("/grpc.health.v1.Health/Check", false),
                Ok(Place::Free)
            ));
        }
        let _watch = gate.enter("/grpc.health.v1.Health/Watch", false).unwrap();
        let path = "/grpc.reflection.v1.ServerReflection/ServerReflectionInfo";
        assert_eq!(gate.enter(path, false).unwrap_err().reason(), Reason::Overloaded);
    }
}
