//! Group commit: many callers, one transaction.
//!
//! The committer of a service process takes what is waiting, has a [`Batch`] decide and write all of it in one
//! transaction, commits once, and answers each caller by itself. An idle committer commits at once: it never waits for
//! company; company gathers while it is busy. On a server it has two transactions under way, about different things. One refused operation does not fail its neighbours, and an unexpected
//! failure of storage is narrowed down by halving the batch. Correctness does not rest on there being one committer:
//! row locks, versions and checks in the tables do that.

use std::{
    sync::{Arc, PoisonError},
    time::{Duration, Instant},
};

use futures::future::join_all;
use rapport_status::{Error, Reason, Result};
use rapport_telemetry::{
    context::{self, Kind, Origin},
    metrics,
};
use sea_orm::{DatabaseTransaction, DbBackend};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, Semaphore, mpsc, oneshot},
    task::JoinHandle,
};
use tracing::Instrument as _;

use crate::{
    Store,
    rows::Together,
    trail::{self, Trail},
};

/// Operations that one transaction takes at most.
pub const MOST_OPERATIONS: usize = 512;

/// Operations that can wait in a lane; more are refused at once.
const QUEUE: usize = 4_096;

/// Transactions that a process has under way at the same time on a server: while one waits for the disk, the other has the
/// processor. More of them are smaller, and cost more each.
const LANES: usize = 2;

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

    /// What an operation is about, as a number. Operations about the same thing are done in the order in which they
    /// came; those about different things may be done side by side. Without it, all are done in their order.
    fn subject(&self, _operation: &Self::Operation) -> u64 {
        0
    }

    /// Operations that one transaction takes at most: 1 switches grouping off.
    fn most_operations(&self) -> usize {
        MOST_OPERATIONS
    }

    /// Decides the operations in their order, and writes their effects or gives what is to be written. An error of the
    /// whole means that nothing could be written; the batch is then tried in halves.
    async fn execute(
        &self,
        transaction: &DatabaseTransaction,
        operations: &[Self::Operation],
    ) -> Result<Executed<Self::Answer>>;
}

/// What became of a batch.
#[derive(Debug)]
pub struct Executed<A> {
    /// One result for each operation: a refusal belongs in there.
    pub answers: Vec<Result<A>>,
    /// What is still to be written: it goes to the database together with the records of the audit log.
    pub writes: Together,
}

impl<A> Executed<A> {
    /// Everything is written.
    pub fn written(answers: Vec<Result<A>>) -> Self {
        Self {
            answers,
            writes: Together::new(trail::APPEND),
        }
    }
}

struct Waiting<B: Batch> {
    operation: B::Operation,
    /// What the call leaves that asked for it.
    trail: Option<Trail>,
    /// Where in a trace it was asked for.
    origin: Origin,
    answer: oneshot::Sender<Result<B::Answer>>,
    /// Of a bulk caller: given back with the answer, whoever waits for it.
    permit: Option<OwnedSemaphorePermit>,
}

/// Hands operations to the committer. Cheap to clone.
pub struct Committer<B: Batch> {
    batch: Arc<B>,
    lanes: Arc<[Lane<B>]>,
    /// Bounds what bulk callers have in the queues, so that they never crowd single calls out.
    bulk: Arc<Semaphore>,
    workers: Arc<std::sync::Mutex<Vec<JoinHandle<()>>>>,
}

/// One transaction at a time, and what waits for the next.
struct Lane<B: Batch> {
    queue: mpsc::Sender<Waiting<B>>,
    /// Told once, when nothing more is to be taken on.
    closing: Arc<Notify>,
}

impl<B: Batch> Clone for Committer<B> {
    fn clone(&self) -> Self {
        Self {
            batch: Arc::clone(&self.batch),
            lanes: Arc::clone(&self.lanes),
            bulk: Arc::clone(&self.bulk),
            workers: Arc::clone(&self.workers),
        }
    }
}

impl<B: Batch> std::fmt::Debug for Committer<B> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let free: usize = self.lanes.iter().map(|lane| lane.queue.capacity()).sum();
        write!(formatter, "Committer({free} places free)")
    }
}

impl<B: Batch> Committer<B> {
    /// Starts the committer of a store. It ends when its last handle is dropped and the queues are empty.
    pub fn start(store: Store, batch: B) -> Self {
        let batch = Arc::new(batch);
        let count = match store.backend() {
            // It has one writer.
            DbBackend::Sqlite => 1,
            _ => LANES,
        };
        let (mut lanes, mut workers) = (Vec::with_capacity(count), Vec::with_capacity(count));
        for store in std::iter::repeat_n(store, count) {
            let (queue, waiting) = mpsc::channel(QUEUE);
            let closing = Arc::new(Notify::new());
            workers.push(tokio::spawn(run(
                store,
                Arc::clone(&batch),
                waiting,
                Arc::clone(&closing),
            )));
            lanes.push(Lane { queue, closing });
        }
        Self {
            batch,
            lanes: lanes.into(),
            bulk: Arc::new(Semaphore::new(QUEUE / 2)),
            workers: Arc::new(std::sync::Mutex::new(workers)),
        }
    }

    fn lane(&self, operation: &B::Operation) -> &Lane<B> {
        let count = self.lanes.len() as u64;
        let place = usize::try_from(self.batch.subject(operation) % count).unwrap_or_default();
        &self.lanes[place]
    }

    /// Has one operation done. Refused at once with OVERLOADED when the queue is full. The operation is carried out
    /// even when the caller stops waiting.
    pub async fn submit(&self, operation: B::Operation) -> Result<B::Answer> {
        let (answer, outcome) = oneshot::channel();
        let begun = Instant::now();
        match self.lane(&operation).queue.try_send(Waiting {
            operation,
            trail: Trail::current(),
            origin: Origin::current(),
            answer,
            permit: None,
        }) {
            Ok(()) => {
                let outcome = outcome.await.map_err(|_| stopped());
                metrics::group_waited(self.batch.name(), begun);
                outcome?
            }
            Err(mpsc::error::TrySendError::Full(_)) => Err(overloaded("changes")),
            Err(mpsc::error::TrySendError::Closed(_)) => Err(stopped()),
        }
    }

    /// Has many operations done, in their order, waiting for room in the queue: for imports and events. The results
    /// have the order of the operations.
    pub async fn submit_all(&self, operations: Vec<B::Operation>) -> Vec<Result<B::Answer>> {
        let (trail, origin) = (Trail::current(), Origin::current());
        let mut outcomes = Vec::with_capacity(operations.len());
        for operation in operations {
            let permit = Arc::clone(&self.bulk).acquire_owned().await.ok();
            let (answer, outcome) = oneshot::channel();
            let (lane, trail) = (self.lane(&operation), trail.clone());
            let waiting = Waiting {
                operation,
                trail,
                origin,
                answer,
                permit,
            };
            // Where nothing is taken any more, the outcome says so.
            let _ = lane.queue.send(waiting).await;
            outcomes.push(outcome);
        }
        join_all(outcomes)
            .await
            .into_iter()
            .map(|outcome| outcome.unwrap_or_else(|_| Err(stopped())))
            .collect()
    }

    /// Takes nothing more on, waits until everything in the queue is done, and ends. Handles that others still hold, such
    /// as those of connections that never end, refuse from now on with `SHUTTING_DOWN`.
    pub async fn drain(self) {
        for lane in self.lanes.iter() {
            lane.closing.notify_one();
        }
        let workers = std::mem::take(&mut *self.workers.lock().unwrap_or_else(PoisonError::into_inner));
        // A worker ends when its queue is closed and empty; a panic in it was logged by the runtime.
        let _ = tokio::time::timeout(DRAIN, join_all(workers)).await;
    }
}

pub(crate) fn stopped() -> Error {
    Error::new(
        Reason::ShuttingDown,
        "the server is shutting down; send it again to another one",
    )
}

/// More is waiting than is taken on; `what` says of what.
pub(crate) fn overloaded(what: &str) -> Error {
    Error::new(
        Reason::Overloaded,
        format!("more {what} are waiting than the server takes on; send it again later"),
    )
    .retry_after(Duration::from_millis(200))
}

/// Takes what waits, at least one and at most a number; none only when no more can come. Tasks that are ready to run do
/// so before: what they bring goes along. When this is dropped, what was taken stays taken.
pub(crate) async fn take<T>(queue: &mut mpsc::Receiver<T>, taken: &mut Vec<T>, most: usize) -> usize {
    if taken.len() < most {
        queue.recv_many(taken, most - taken.len()).await;
    }
    if taken.is_empty() || taken.len() == most {
        return taken.len();
    }
    // Not a wait: whoever is alone goes on at once.
    tokio::task::yield_now().await;
    while taken.len() < most
        && let Ok(next) = queue.try_recv()
    {
        taken.push(next);
    }
    taken.len()
}

async fn run<B: Batch>(
    store: Store,
    batch: Arc<B>,
    mut waiting: mpsc::Receiver<Waiting<B>>,
    closing: Arc<Notify>,
) {
    let most = batch.most_operations().clamp(1, MOST_OPERATIONS);
    let mut taken = Vec::with_capacity(most);
    loop {
        tokio::select! {
            taken = take(&mut waiting, &mut taken, most) => {
                if taken == 0 {
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
            callers.push((waiting.answer, waiting.permit));
        }
        let results = commit(&store, &*batch, &operations, &trails)
            .instrument(span)
            .await;
        metrics::group_committed(batch.name(), operations.len());
        for ((caller, permit), result) in callers.into_iter().zip(results) {
            drop(permit);
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
                let Executed { answers, writes } = batch.execute(transaction.connection(), part).await?;
                let done = done(&answers, trails);
                transaction.commit_with(writes, &done, answers).await
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
