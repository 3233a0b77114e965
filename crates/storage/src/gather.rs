//! Gathered reads: many callers, one statement. What the group commit is for writes, this is for hot reads of single
//! rows.
//!
//! A reader that finds nobody reading reads at once: it never waits for company. While a few statements are under way,
//! what comes gathers, and the next statement answers all of it. Every read begins after its caller has asked, so that
//! a caller sees whatever was committed before.

use std::{sync::Arc, time::Instant};

use rapport_status::{Error, Reason, Result};
use rapport_telemetry::{
    context::{self, Kind, Origin},
    metrics,
};
use tokio::sync::{Semaphore, mpsc, oneshot};
use tracing::Instrument as _;

use crate::{
    Store,
    group::{overloaded, stopped, take},
};

/// Keys that one statement takes at most.
const MOST_KEYS: usize = 256;

/// Reads that can wait; more are refused at once.
const QUEUE: usize = 4_096;

/// Statements at the same time: one that is slow does not stop the others.
const AT_ONCE: usize = 2;

/// Finds what belongs to keys.
#[async_trait::async_trait]
pub trait Lookup: Send + Sync + 'static {
    /// What is asked for.
    type Key: Send + Sync + 'static;
    /// What is found.
    type Found: Send + 'static;

    /// Name of the reads.
    fn name(&self) -> &'static str;

    /// Finds what belongs to each key, in their order.
    async fn find(&self, store: &Store, keys: &[Self::Key]) -> Result<Vec<Self::Found>>;
}

struct Asked<L: Lookup> {
    key: L::Key,
    /// Where in a trace it was asked for.
    origin: Origin,
    answer: oneshot::Sender<Result<L::Found>>,
}

/// Gathers reads. Cheap to clone. It ends when its last handle is dropped.
pub struct Gatherer<L: Lookup> {
    name: &'static str,
    queue: mpsc::Sender<Asked<L>>,
}

impl<L: Lookup> Clone for Gatherer<L> {
    fn clone(&self) -> Self {
        Self {
            name: self.name,
            queue: self.queue.clone(),
        }
    }
}

impl<L: Lookup> std::fmt::Debug for Gatherer<L> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "Gatherer({} of {QUEUE} places free)",
            self.queue.capacity()
        )
    }
}

impl<L: Lookup> Gatherer<L> {
    /// Starts to read from a store.
    pub fn start(store: Store, lookup: L) -> Self {
        let (queue, asked) = mpsc::channel(QUEUE);
        let name = lookup.name();
        tokio::spawn(run(store, Arc::new(lookup), asked));
        Self { name, queue }
    }

    /// Finds what belongs to a key. Refused at once with OVERLOADED when too many wait.
    pub async fn find(&self, key: L::Key) -> Result<L::Found> {
        let (answer, found) = oneshot::channel();
        let begun = Instant::now();
        let asked = Asked {
            key,
            origin: Origin::current(),
            answer,
        };
        self.queue.try_send(asked).map_err(|refused| match refused {
            mpsc::error::TrySendError::Full(_) => overloaded("reads"),
            mpsc::error::TrySendError::Closed(_) => stopped(),
        })?;
        let found = found.await.map_err(|_| stopped());
        metrics::group_waited(self.name, begun);
        found?
    }
}

async fn run<L: Lookup>(store: Store, lookup: Arc<L>, mut asked: mpsc::Receiver<Asked<L>>) {
    let free = Arc::new(Semaphore::new(AT_ONCE));
    loop {
        // Never closed: this task holds it.
        let Ok(place) = Arc::clone(&free).acquire_owned().await else {
            return;
        };
        let mut taken = Vec::new();
        if take(&mut asked, &mut taken, MOST_KEYS).await == 0 {
            return;
        }
        let (store, lookup) = (store.clone(), Arc::clone(&lookup));
        tokio::spawn(async move {
            answer(&store, &*lookup, taken).await;
            drop(place);
        });
    }
}

async fn answer<L: Lookup>(store: &Store, lookup: &L, asked: Vec<Asked<L>>) {
    let span = context::joint(
        "gathered read",
        Kind::Internal,
        asked.iter().map(|asked| asked.origin),
    );
    let (keys, callers): (Vec<L::Key>, Vec<_>) =
        asked.into_iter().map(|asked| (asked.key, asked.answer)).unzip();
    let found = found(store, lookup, &keys).instrument(span).await;
    metrics::group_committed(lookup.name(), keys.len());
    for (caller, found) in callers.into_iter().zip(found) {
        // A caller who is gone has lost interest.
        let _ = caller.send(found);
    }
}

/// What belongs to each key: found together, or, when that fails unexpectedly, one by one, so that a key that cannot
/// be asked for fails alone.
async fn found<L: Lookup>(store: &Store, lookup: &L, keys: &[L::Key]) -> Vec<Result<L::Found>> {
    match together(store, lookup, keys).await {
        Ok(found) => found.into_iter().map(Ok).collect(),
        Err(error) if keys.len() > 1 && error.reason() == Reason::InternalError => {
            let mut found = Vec::with_capacity(keys.len());
            for key in keys {
                let one = together(store, lookup, std::slice::from_ref(key)).await;
                found.push(one.and_then(|found| found.into_iter().next().ok_or_else(|| miscounted(lookup))));
            }
            found
        }
        Err(error) => keys.iter().map(|_| Err(error.clone())).collect(),
    }
}

async fn together<L: Lookup>(store: &Store, lookup: &L, keys: &[L::Key]) -> Result<Vec<L::Found>> {
    let found = lookup.find(store, keys).await?;
    if found.len() == keys.len() {
        Ok(found)
    } else {
        Err(miscounted(lookup))
    }
}

fn miscounted<L: Lookup>(lookup: &L) -> Error {
    Error::internal(format!(
        "{} found another number than it was asked for",
        lookup.name()
    ))
}
