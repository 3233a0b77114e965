//! Sends calls and records what became of them.
//!
//! Closed loop: each caller sends its next call when the last one is answered. It finds the greatest throughput, and says
//! little about latency: a slow server is asked less often.
//!
//! Open loop: calls begin at fixed moments whatever the server does, as independent clients would have it. Latency
//! counts from the moment at which a call was to begin, so that a call that had to wait for its turn counts as slow.

use std::{
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use hdrhistogram::Histogram;
use tonic::{Code, Status};

use crate::Outcome;

/// The longest latency that is told apart, in microseconds: a minute.
const LONGEST: u64 = 60_000_000;

/// Calls that an open loop has under way at most; what would begin beyond is counted as dropped.
const MOST_UNDER_WAY: usize = 20_000;

/// How long calls under way get to be answered when no more begin.
const LAST_ANSWERS: Duration = Duration::from_secs(20);

/// What became of calls.
#[derive(Debug, Clone)]
pub struct Calls {
    /// Latencies of the calls that were answered with success, in microseconds.
    pub latencies: Histogram<u64>,
    /// Refused with `RESOURCE_EXHAUSTED`.
    pub refused: u64,
    /// Latencies of the refusals, in microseconds.
    pub refusals: Histogram<u64>,
    /// Ended with any other error, or with none in time.
    pub failed: u64,
    /// Not sent, because too many were under way.
    pub dropped: u64,
    /// Among the failed: `INTERNAL`.
    pub internal: u64,
    /// The first failure.
    pub first_failure: Option<String>,
    /// From the first call to the last answer.
    pub elapsed: Duration,
}

impl Calls {
    fn new() -> Outcome<Self> {
        Ok(Self {
            latencies: Histogram::new_with_bounds(1, LONGEST, 3)?,
            refused: 0,
            refusals: Histogram::new_with_bounds(1, LONGEST, 3)?,
            failed: 0,
            dropped: 0,
            internal: 0,
            first_failure: None,
            elapsed: Duration::ZERO,
        })
    }

    fn record(&mut self, took: Duration, outcome: Result<(), Status>) {
        let micros = u64::try_from(took.as_micros())
            .unwrap_or(LONGEST)
            .clamp(1, LONGEST);
        match outcome {
            Ok(()) => self.latencies.saturating_record(micros),
            Err(status) if status.code() == Code::ResourceExhausted => {
                self.refused += 1;
                self.refusals.saturating_record(micros);
            }
            Err(status) => {
                self.failed += 1;
                self.internal += u64::from(status.code() == Code::Internal);
                self.first_failure
                    .get_or_insert_with(|| format!("{:?}: {}", status.code(), status.message()));
            }
        }
    }

    /// Calls that were answered with success.
    pub fn answered(&self) -> u64 {
        self.latencies.len()
    }

    /// Calls a second that were answered with success.
    pub fn per_second(&self) -> f64 {
        number(self.answered()) / self.elapsed.as_secs_f64().max(1e-9)
    }

    /// The latency that a share of the answered calls did not exceed, in milliseconds.
    pub fn millis(&self, share: f64) -> f64 {
        number(self.latencies.value_at_quantile(share)) / 1e3
    }

    /// Fails when any call failed: a figure with failures in it is none.
    pub fn faultless(self, what: &str) -> Outcome<Self> {
        match &self.first_failure {
            None if self.answered() > 0 => Ok(self),
            None => Err(format!("{what}: no call was answered").into()),
            Some(failure) => {
                Err(format!("{what}: {} calls failed, the first with {failure}", self.failed).into())
            }
        }
    }
}

/// A count as a number to reckon with.
#[allow(clippy::cast_precision_loss, reason = "counts of calls are far below 2^52")]
pub fn number(count: u64) -> f64 {
    count as f64
}

type Shared = Arc<Mutex<Calls>>;

fn with(shared: &Shared, change: impl FnOnce(&mut Calls)) {
    change(&mut shared.lock().unwrap_or_else(PoisonError::into_inner));
}

fn taken(shared: &Shared, begun: Instant) -> Calls {
    let mut calls = shared.lock().unwrap_or_else(PoisonError::into_inner).clone();
    calls.elapsed = begun.elapsed();
    calls
}

/// Has callers call one after the other for a time. `call` gets the number of the caller and that of its call.
pub async fn closed_loop<F, C>(callers: u64, time: Duration, call: F) -> Outcome<Calls>
where
    F: Fn(u64, u64) -> C + Clone + Send + 'static,
    C: Future<Output = Result<(), Status>> + Send + 'static,
{
    let shared: Shared = Arc::new(Mutex::new(Calls::new()?));
    let begun = Instant::now();
    let tasks: Vec<_> = (0..callers)
        .map(|caller| {
            let (call, shared) = (call.clone(), Arc::clone(&shared));
            tokio::spawn(async move {
                for turn in 0.. {
                    let sent = Instant::now();
                    if sent.duration_since(begun) >= time {
                        break;
                    }
                    let outcome = call(caller, turn).await;
                    with(&shared, |calls| calls.record(sent.elapsed(), outcome));
                }
            })
        })
        .collect();
    for task in tasks {
        task.await?;
    }
    Ok(taken(&shared, begun))
}

/// Begins calls at a fixed rate a second for a time. `call` gets the number of the call.
pub async fn open_loop<F, C>(per_second: f64, time: Duration, call: F) -> Outcome<Calls>
where
    F: Fn(u64) -> C,
    C: Future<Output = Result<(), Status>> + Send + 'static,
{
    let shared: Shared = Arc::new(Mutex::new(Calls::new()?));
    let under_way = Arc::new(AtomicUsize::new(0));
    let mut ticks = tokio::time::interval(Duration::from_millis(1));
    let begun = Instant::now();
    let mut next = 0_u64;
    while begun.elapsed() < time {
        ticks.tick().await;
        loop {
            let due = begun + Duration::from_secs_f64(number(next) / per_second);
            if due > Instant::now() || due.duration_since(begun) >= time {
                break;
            }
            let turn = next;
            next += 1;
            if under_way.load(Ordering::Relaxed) >= MOST_UNDER_WAY {
                with(&shared, |calls| calls.dropped += 1);
                continue;
            }
            under_way.fetch_add(1, Ordering::Relaxed);
            let (call, shared, under_way) = (call(turn), Arc::clone(&shared), Arc::clone(&under_way));
            tokio::spawn(async move {
                let outcome = call.await;
                with(&shared, |calls| calls.record(due.elapsed(), outcome));
                under_way.fetch_sub(1, Ordering::Relaxed);
            });
        }
    }
    let sent = begun.elapsed();
    let last = Instant::now();
    while under_way.load(Ordering::Relaxed) > 0 && last.elapsed() < LAST_ANSWERS {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
    let mut calls = taken(&shared, begun);
    // What was answered within the time of sending is the rate; the wait for the last answers is none of it.
    calls.elapsed = sent;
    calls.failed += u64::try_from(under_way.load(Ordering::Relaxed))?;
    Ok(calls)
}

/// The middle one of some figures.
pub fn median(mut figures: Vec<f64>) -> f64 {
    figures.sort_by(f64::total_cmp);
    figures.get(figures.len() / 2).copied().unwrap_or_default()
}
