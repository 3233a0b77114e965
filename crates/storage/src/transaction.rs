//! A transaction with a name.

use std::{sync::Arc, time::Instant};

use rapport_status::{Error, Reason, Result};
use sea_orm::DatabaseTransaction;
use tokio::sync::Notify;

use crate::{
    failure::Stored as _,
    rows::Together,
    trail::{self, Trail},
};

/// A transaction with a name, under which it is timed and logged. Statements run on [`Transaction::connection`].
#[derive(Debug)]
pub struct Transaction {
    pub(crate) inner: DatabaseTransaction,
    pub(crate) name: &'static str,
    pub(crate) begun: Instant,
    pub(crate) committed: Arc<Notify>,
}

/// The answer of a transaction that is committed.
#[derive(Debug)]
pub struct Committed<T>(pub(crate) T);

impl Transaction {
    /// What statements run on.
    pub fn connection(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// Commits, with the record of the call under way (see [`crate::trail`]). A connection that is lost now leaves the
    /// outcome open, and the error says so.
    pub async fn commit<T>(self, answer: T) -> Result<Committed<T>> {
        let trails: Vec<Trail> = Trail::current().into_iter().collect();
        let writes = Together::new(trail::APPEND);
        self.commit_with(writes, &trails, answer).await
    }

    /// Writes what is still to be written, with the records of other calls than the one under way, and commits.
    pub(crate) async fn commit_with<T>(
        self,
        mut writes: Together,
        trails: &[Trail],
        answer: T,
    ) -> Result<Committed<T>> {
        let name = self.name;
        trail::add(&mut writes, trails);
        writes.run(&self.inner).await?;
        self.inner.commit().await.stored("commit").map_err(|error| {
            if error.reason() == Reason::StorageUnavailable {
                Error::new(
                    Reason::CommitOutcomeUnknown,
                    "the storage was lost while committing: the change may or may not be stored. Send it again \
                     with the same request id or key",
                )
                .because(error)
            } else {
                error
            }
        })?;
        trail::keep(trails);
        self.committed.notify_one();
        tracing::trace!(
            transaction = name,
            micros = self.begun.elapsed().as_micros(),
            "committed"
        );
        Ok(Committed(answer))
    }

    /// Ends the transaction without a change, with an answer all the same.
    pub async fn abandon<T>(self, answer: T) -> Result<Committed<T>> {
        self.inner.rollback().await.stored("roll back")?;
        Ok(Committed(answer))
    }
}

impl<T> Committed<T> {
    /// The answer.
    pub fn into_inner(self) -> T {
        self.0
    }
}
