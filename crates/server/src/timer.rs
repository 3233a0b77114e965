//! Work that is done again and again, by one of all replicas at a time.

use std::{
    fmt,
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::BoxFuture;
use rapport_status::Result;
use rapport_storage::{Duties, Store};
use rapport_telemetry::metrics;
use tokio::task::JoinHandle;

use crate::Shutdown;

type Work = Arc<dyn Fn() -> BoxFuture<'static, Result<()>> + Send + Sync>;

/// A piece of work on a store, and how often it is due. Replicas share it: while one does it, the others leave it. It must
/// do no harm when it is done twice all the same.
#[derive(Clone)]
pub struct Timer {
    name: &'static str,
    every: Duration,
    duties: Duties,
    work: Work,
}

impl fmt::Debug for Timer {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Timer({} every {:?})", self.name, self.every)
    }
}

impl Timer {
    /// A timer with a name for the log and for those who share the work on the store.
    pub fn new<F>(
        name: &'static str,
        every: Duration,
        store: &Store,
        work: impl Fn() -> F + Send + Sync + 'static,
    ) -> Self
    where
        F: Future<Output = Result<()>> + Send + 'static,
    {
        Self {
            name,
            every,
            duties: store.duties().clone(),
            work: Arc::new(move || Box::pin(work())),
        }
    }

    /// Does the work now, unless another replica is doing it.
    pub async fn run(&self) -> Result<()> {
        let Some(duty) = self.duties.take(&format!("timer {}", self.name)).await? else {
            tracing::debug!(timer = self.name, "another replica does what is due");
            return Ok(());
        };
        let begun = Instant::now();
        let outcome = (self.work)().await;
        metrics::timer_ran(self.name, outcome.is_ok(), begun.elapsed());
        duty.release().await;
        outcome
    }
}

/// Timers that run until the shutdown begins.
#[derive(Debug)]
pub struct Timers(Vec<JoinHandle<()>>);

impl Timers {
    /// Starts timers. Each begins with a first run.
    pub fn start(timers: Vec<Timer>, shutdown: &Shutdown) -> Self {
        Self(
            timers
                .into_iter()
                .map(|timer| {
                    let shutdown = shutdown.clone();
                    tokio::spawn(async move { repeat(&timer, &shutdown).await })
                })
                .collect(),
        )
    }

    /// Waits until all have ended.
    pub async fn ended(self) {
        for task in self.0 {
            // A panic was logged by the runtime; the work is done again at the next start.
            let _ = task.await;
        }
    }
}

async fn repeat(timer: &Timer, shutdown: &Shutdown) {
    // What fails stays due, and is overdue when it is not done by then.
    metrics::timer_waits(timer.name, timer.every);
    loop {
        match timer.run().await {
            Ok(()) => metrics::timer_waits(timer.name, timer.every),
            Err(error) => tracing::warn!(
                timer = timer.name,
                error = error.chain(),
                "due work failed; it is done again when due next"
            ),
        }
        tokio::select! {
            () = tokio::time::sleep(timer.every) => {}
            () = shutdown.begun() => return,
        }
    }
}
