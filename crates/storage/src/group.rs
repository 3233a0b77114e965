//! Group commit: many callers, one transaction.
//!
//! One committer a service process takes what is waiting, has a [`Batch`] decide and write all of it in one
//! transaction, commits once, and answers each caller by itself. An idle committer commits at once: it never waits for
//! company; company gathers while it is busy. One refused operation does not fail its neighbours, and an unexpected
//! failure of storage is narrowed down by halving the batch. Correctness does not rest on there being one committer:
//! row locks, versions and checks in the tables do that.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rapport_status::{Error, Reason, Result};
use rapport_telemetry::{
    context::{self, Kind, Origin},
    metrics,
};
use sea_orm::DatabaseTransaction;
use tokio::{
    sync::{Notify, Semaphore, mpsc, oneshot},
    task::JoinHandle,
};
use tracing::Instrument as _;

use crate::{Store, trail::Trail};

/// Operations that one transaction takes at most.
pub const MOST_OPERATIONS: usize = 512;

/// Operations that can wait; more are refused at once.
const QUEUE: usize = 4_096;

/// How long what is queued may take at the end.
const DRAIN: Duration = Duration::from_secs(10);

/// Decides and writes a batch of operations.
#[async_trait::async_trait]
pub trait Batch: Send + Sync + 'static {
    /// What callers ask for.
    type Operation: Send + Sync + 'static;
    /// What each caller is told.
    type Answer: Send + 'static;

    /// Name of the transactions.
    fn name(&self) -> &'static str;

    /// Operations that one transaction takes at most: 1 switches grouping off.
    fn most_operations(&self) -> usize {
        MOST_OPERATIONS
    }

    /// Decides the operations in their order and writes their effects. Gives one result for each: a refusal belongs in
    /// there. An error of the whole means that nothing could be written; the batch is then tried in halves.
    async fn execute(
        &self,
        transaction: &DatabaseTransaction,
        operations: &[Self::Operation],
    ) -> Result<Vec<Result<Self::Answer>>>;
}

struct Waiting<B: Batch> {
    operation: B::Operation,
    /// What the call leaves that asked for it.
    trail: Option<Trail>,
    /// Where in a trace it was asked for.
    origin: Origin,
    answer: oneshot::Sender<Result<B::Answer>>,
}

/// Hands operations to the committer. Cheap to clone.
pub struct Committer<B: Batch> {
    name: &'static str,
    queue: mpsc::Sender<Waiting<B>>,
    /// Bounds what bulk callers have in the queue, so that they never crowd single calls out.
    bulk: Arc<Semaphore>,
    worker: Arc<std::sync::Mutex<Option<JoinHandle<()>>>>,
    /// Told once, when nothing more is to be taken on.
    closing: Arc<Notify>,
}

impl<B: Batch> Clone for Committer<B> {
    fn clone(&self) -> Self {
        Self {
            name: self.name,
            queue: self.queue.clone(),
            bulk: Arc::clone(&self.bulk),
            worker: Arc::clone(&self.worker),
            closing: Arc::clone(&self.closing),
        }
    }
}

impl<B: Batch> std::fmt::Debug for Committer<B> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "Committer({} of {QUEUE} places free)",
            self.queue.capacity()
        )
    }
}

impl<B: Batch> Committer<B> {
    /// Starts the committer of a store. It ends when its last handle is dropped and the queue is empty.
    pub fn start(store: Store, batch: B) -> Self {
        let (queue, waiting) = mpsc::channel(QUEUE);
        let closing = Arc::new(Notify::new());
        let name = batch.name();
        let worker = tokio::spawn(run(store, batch, waiting, Arc::clone(&closing)));
        Self {
            name,
            queue,
            bulk: Arc::new(Semaphore::new(QUEUE / 2)),
            worker: Arc::new(std::sync::Mutex::new(Some(worker))),
            closing,
        }
    }

    /// Has one operation done. Refused at once with OVERLOADED when the queue is full. The operation is carried out
    /// even when the caller stops waiting.
    pub async fn submit(&self, operation: B::Operation) -> Result<B::Answer> {
        let (answer, outcome) = oneshot::channel();
        let begun = Instant::now();
        match self.queue.try_send(Waiting {
            operation,
            trail: Trail::current(),
            origin: Origin::current(),
            answer,
        }) {
            Ok(()) => {
                let outcome = outcome.await.map_err(|_| stopped());
                metrics::group_waited(self.name, begun);
                outcome?
            }
            Err(mpsc::error::TrySendError::Full(_)) => Err(overloaded()),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(stopped()),
        }
    }

    /// Has many operations done, in their order, waiting for room in the queue: for imports and events. The results
    /// have the order of the operations.
    pub async fn submit_all(&self, operations: Vec<B::Operation>) -> Vec<Result<B::Answer>> {
        let (trail, origin) = (Trail::current(), Origin::current());
        let mut outcomes = Vec::with_capacity(operations.len());
        for operation in operations {
            let Ok(permit) = Arc::clone(&self.bulk).acquire_owned().await else {
                outcomes.push(None);
                continue;
            };
            let (answer, outcome) = oneshot::channel();
            let trail = trail.clone();
            let waiting = Waiting {
                operation,
                trail,
                origin,
                answer,
            };
            let sent = self.queue.send(waiting).await.is_ok();
            // The place is given back when the answer is there, whoever waits for it.
            let (forward, forwarded) = oneshot::channel();
            tokio::spawn(async move {
                let outcome = outcome.await;
                drop(permit);
                let _ = forward.send(outcome);
            });
            outcomes.push(sent.then_some(forwarded));
        }
        let mut results = Vec::with_capacity(outcomes.len());
        for outcome in outcomes {
            results.push(match outcome {
                Some(forwarded) => match forwarded.await {
                    Ok(Ok(result)) => result,
                    _ => Err(stopped()),
                },
                None => Err(stopped()),
            });
        }
        results
    }

    /// Takes nothing more on, waits until everything in the queue is done, and ends. Handles that others still hold, such
    /// as those of connections that never end, refuse from now on with `SHUTTING_DOWN`.
    pub async fn drain(self) {
        self.closing.notify_one();
        let worker = self.worker.lock().ok().and_then(|mut worker| worker.take());
        if let Some(worker) = worker {
            // The worker ends when the queue is closed and empty; a panic in it was logged by the runtime.
            let _ = tokio::time::timeout(DRAIN, worker).await;
        }
    }
}

fn stopped() -> Error {
    Error::new(
        Reason::ShuttingDown,
        "the server is shutting down; send it again to another one",
    )
}

fn overloaded() -> Error {
    Error::new(
        Reason::Overloaded,
        "more changes are waiting than the server takes on; send it again later",
    )
    .retry_after(Duration::from_millis(200))
}

async fn run<B: Batch>(
    store: Store,
    batch: B,
    mut waiting: mpsc::Receiver<Waiting<B>>,
    closing: Arc<Notify>,
) {
    let most = batch.most_operations().clamp(1, MOST_OPERATIONS);
    let mut taken = Vec::with_capacity(most);
    loop {
        tokio::select! {
            count = waiting.recv_many(&mut taken, most) => {
                if count == 0 {
                    return;
                }
            }
            () = closing.notified() => {
                // What is queued is still given out, and then the end.
                waiting.close();
                continue;
            }
        }
        let origins = taken.iter().map(|waiting| waiting.origin);
        let span = context::joint("group commit", Kind::Internal, origins);
        let mut operations = Vec::with_capacity(taken.len());
        let mut trails = Vec::with_capacity(taken.len());
        let mut callers = Vec::with_capacity(taken.len());
        for waiting in taken.drain(..) {
            operations.push(waiting.operation);
            trails.push(waiting.trail);
            callers.push(waiting.answer);
        }
        let results = commit(&store, &batch, &operations, &trails)
            .instrument(span)
            .await;
        metrics::group_committed(batch.name(), operations.len());
        for (caller, result) in callers.into_iter().zip(results) {
            // A caller who is gone has lost interest in the answer; the effect stands.
            let _ = caller.send(result);
        }
    }
}

/// Commits operations: all together, or in smaller and smaller parts when storage fails unexpectedly.
async fn commit<B: Batch>(
    store: &Store,
    batch: &B,
    operations: &[B::Operation],
    trails: &[Option<Trail>],
) -> Vec<Result<B::Answer>> {
    let mut results = Vec::with_capacity(operations.len());
    // A stack of parts, so that results come in the order of operations without recursion.
    let mut parts = vec![(operations, trails)];
    while let Some((part, trails)) = parts.pop() {
        let outcome = store
            .write(batch.name(), |transaction| async move {
                let answers = batch.execute(transaction.connection(), part).await?;
                let done = done(&answers, trails);
                transaction.commit_with(&done, answers).await
            })
            .await;
        match outcome {
            Ok(answers) if answers.len() == part.len() => results.extend(answers),
            Ok(_) => {
                let error = Error::internal(format!("{} gave another number of answers", batch.name()));
                results.extend(part.iter().map(|_| Err(error.clone())));
            }
            Err(error) if part.len() > 1 && error.reason() == Reason::InternalError => {
                tracing::warn!(
                    batch = batch.name(),
                    operations = part.len(),
                    error = error.chain(),
                    "a batch failed; it is tried in halves"
                );
                let (first, second) = part.split_at(part.len() / 2);
                let (of_first, of_second) = trails.split_at(part.len() / 2);
                parts.push((second, of_second));
                parts.push((first, of_first));
            }
            Err(error) => results.extend(part.iter().map(|_| Err(error.clone()))),
        }
    }
    results
}

/// The trails of the operations that were not refused: a refusal has changed nothing.
fn done<T>(answers: &[Result<T>], trails: &[Option<Trail>]) -> Vec<Trail> {
    let done = answers.iter().zip(trails).filter(|(answer, _)| answer.is_ok());
    done.filter_map(|(_, trail)| trail.clone()).collect()
}
