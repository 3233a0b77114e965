//! What is measured. Each function records one thing; where nobody asks for metrics it does nothing and costs a load
//! and a branch.

pub mod business;
mod catalogue;
mod levels;
mod meters;
mod process;

use std::time::{Duration, Instant};

use opentelemetry::KeyValue;

pub use catalogue::{ALL, Instrument, Metric};
pub use levels::Pool;
use meters::meters;
pub(crate) use meters::switch_on;

/// Whether anybody asks for metrics.
pub fn are_on() -> bool {
    meters().is_some()
}

/// The label of a service: a closed set, so that a name by mistake never becomes a label.
fn service_label(service: &str) -> KeyValue {
    let known = ["profile", "feedback", "satisfaction", "loyalty"];
    let name = known.into_iter().find(|known| *known == service);
    KeyValue::new("service", name.unwrap_or("other"))
}

/// Records that a call has ended: its method, its code, and for errors their reason.
pub fn call_ended(method: &'static str, code: &'static str, reason: Option<&'static str>, took: Duration) {
    let Some(meters) = meters() else { return };
    let system = KeyValue::new("rpc.system.name", "grpc");
    let method = KeyValue::new("rpc.method", method);
    let code = KeyValue::new("rpc.response.status_code", code);
    match reason {
        None => meters
            .call_duration
            .record(took.as_secs_f64(), &[system, method, code]),
        Some(reason) => {
            let reason = KeyValue::new("error.type", reason);
            meters
                .call_duration
                .record(took.as_secs_f64(), &[system, method, code, reason]);
        }
    }
}

/// A call under way: counted while this is held.
#[derive(Debug)]
pub struct CallInFlight(());

impl CallInFlight {
    /// Begins to count a call; none when nobody asks for metrics.
    pub fn begin() -> Option<Self> {
        meters().map(|meters| {
            meters.calls_in_flight.add(1, &[]);
            Self(())
        })
    }
}

impl Drop for CallInFlight {
    fn drop(&mut self) {
        if let Some(meters) = meters() {
            meters.calls_in_flight.add(-1, &[]);
        }
    }
}

/// Records that a call was refused for lack of room or because of a limit.
pub fn call_refused(reason: &'static str) {
    if let Some(meters) = meters() {
        meters.calls_refused.add(1, &[KeyValue::new("reason", reason)]);
    }
}

/// Records a call to a sister service: the name of the service and the code of the answer.
pub fn sister_called(service: &'static str, code: &'static str, took: Duration) {
    if let Some(meters) = meters() {
        meters.sister_call_duration.record(
            took.as_secs_f64(),
            &[
                KeyValue::new("rpc.system.name", "grpc"),
                KeyValue::new("server.address", service),
                KeyValue::new("rpc.response.status_code", code),
            ],
        );
    }
}

/// Watches a pool of connections for as long as `read` gives its state. The name is that of the service with what the
/// pool is for, such as `profile.read`.
pub fn watch_pool(name: String, read: impl Fn() -> Option<Pool> + Send + Sync + 'static) {
    if let Some(meters) = meters() {
        meters.levels.watch_pool(name, Box::new(read));
    }
}

/// Records the end of a transaction, in a store of a service.
pub fn transaction_ended(service: &str, transaction: &'static str, is_committed: bool, took: Duration) {
    if let Some(meters) = meters() {
        meters.transaction_duration.record(
            took.as_secs_f64(),
            &[
                service_label(service),
                KeyValue::new("transaction", transaction),
                KeyValue::new("outcome", if is_committed { "committed" } else { "failed" }),
            ],
        );
    }
}

/// Records that a transaction is run again because others were in the way.
pub fn transaction_repeated(service: &str, transaction: &'static str) {
    if let Some(meters) = meters() {
        let labels = [service_label(service), KeyValue::new("transaction", transaction)];
        meters.transactions_repeated.add(1, &labels);
    }
}

/// Records how many operations were committed together.
pub fn group_committed(batch: &'static str, operations: usize) {
    if let Some(meters) = meters() {
        let operations = u64::try_from(operations).unwrap_or(u64::MAX);
        meters
            .group_size
            .record(operations, &[KeyValue::new("batch", batch)]);
    }
}

/// Records how long an operation waited for its answer.
pub fn group_waited(batch: &'static str, since: Instant) {
    if let Some(meters) = meters() {
        meters
            .group_wait
            .record(since.elapsed().as_secs_f64(), &[KeyValue::new("batch", batch)]);
    }
}

/// Tells how many events wait in the outbox of a service, and the age of the oldest. Forgotten after two minutes, so
/// that a process that no longer looks tells nothing stale.
pub fn outbox_waits(service: &str, events: u64, age_of_the_oldest: Duration) {
    if let Some(meters) = meters() {
        let labels = [service_label(service)];
        let age = if events == 0 {
            0.0
        } else {
            age_of_the_oldest.as_secs_f64()
        };
        #[allow(clippy::cast_precision_loss, reason = "no outbox holds 2^52 events")]
        let events = events as f64;
        meters.levels.set(catalogue::OUTBOX_WAITING.name, &labels, events);
        meters.levels.set(catalogue::OUTBOX_AGE.name, &labels, age);
    }
}

/// Records events that were handed on from the outbox of a service.
pub fn events_relayed(service: &str, events: usize) {
    if let Some(meters) = meters() {
        let events = u64::try_from(events).unwrap_or(u64::MAX);
        meters.events_relayed.add(events, &[service_label(service)]);
    }
}

/// What became of an event that a consumer was given.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Taken {
    /// It had its effect.
    Handled,
    /// It will be delivered again.
    Repeated,
    /// The consumer cannot take it: it is kept with the reason.
    DeadLetter,
}

/// Records what became of events that a consumer was given.
pub fn events_taken(consumer: &'static str, outcome: Taken, events: usize) {
    if let Some(meters) = meters() {
        let outcome = match outcome {
            Taken::Handled => "handled",
            Taken::Repeated => "repeated",
            Taken::DeadLetter => "dead_letter",
        };
        let labels = [
            KeyValue::new("consumer", consumer),
            KeyValue::new("outcome", outcome),
        ];
        meters
            .events_taken
            .add(u64::try_from(events).unwrap_or(u64::MAX), &labels);
    }
}

/// Records how long after the change an event had its effect in a consumer.
pub fn event_delayed(consumer: &'static str, delay: Duration) {
    if let Some(meters) = meters() {
        meters
            .event_delay
            .record(delay.as_secs_f64(), &[KeyValue::new("consumer", consumer)]);
    }
}

/// Tells how many events in a partition of the broker a consumer has not taken yet. Forgotten after two minutes.
pub fn consumer_lags(consumer: &'static str, partition: u16, events: u64) {
    if let Some(meters) = meters() {
        #[allow(clippy::cast_precision_loss, reason = "no broker holds 2^52 events")]
        let events = events as f64;
        let labels = [
            KeyValue::new("consumer", consumer),
            KeyValue::new("partition", i64::from(partition)),
        ];
        meters.levels.set(catalogue::CONSUMER_LAG.name, &labels, events);
    }
}

/// Tells that work is due again after a time, from now on.
pub fn timer_waits(timer: &'static str, due_in: Duration) {
    if let Some(meters) = meters() {
        meters.levels.wait_for_timer(timer, due_in);
    }
}

/// Records that due work was tried.
pub fn timer_ran(timer: &'static str, is_done: bool, took: Duration) {
    if let Some(meters) = meters() {
        let labels = [
            KeyValue::new("timer", timer),
            KeyValue::new("outcome", if is_done { "done" } else { "failed" }),
        ];
        meters.timer_duration.record(took.as_secs_f64(), &labels);
    }
}
