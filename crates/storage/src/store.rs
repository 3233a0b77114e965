//! A service's store and its transactions.

use std::{
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use rapport_status::{Error, Reason, Result};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, DatabaseTransaction, SqliteTransactionMode,
    TransactionOptions, TransactionTrait as _,
    sqlx::{
        self, Connection as _, SqliteConnection,
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};
use tokio::sync::Notify;

use crate::{
    failure::Stored as _,
    migrate::{MigrationList, SchemaState},
};

/// How often a transaction that others were in the way of is run again.
const MOST_ATTEMPTS: u32 = 5;

/// How long a call waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// After how long without use a connection is closed: its caches are given back.
const IDLE: Duration = Duration::from_mins(1);

/// How long a statement waits for another process's lock (SQLite).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Connections that read at the same time. Two cores are kept busy by fewer; the rest wait in order.
const READERS: u32 = 4;

/// Pages of the write-ahead log after which it is copied into the file (SQLite); 4 KiB each.
const CHECKPOINT_PAGES: &str = "4000";

/// Prepared statements that a connection keeps. Set-based statements are large, and each number of rows is another one:
/// keeping many would cost more memory than preparing them again costs time.
const STATEMENTS: usize = 32;

/// Page cache of a connection (SQLite; negative: KiB). The system caches the file as well.
const CACHE: &str = "-1024";

/// Where a service's data are.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file; made when it is not there.
    File(PathBuf),
}

impl Location {
    /// The file of a service in a data folder.
    pub fn in_folder(folder: &Path, service: &str) -> Self {
        Self::File(folder.join(format!("{service}.sqlite")))
    }
}

/// The data of one service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    committed: Arc<Notify>,
}

impl Store {
    /// Opens a store without looking at its schema.
    pub async fn open(location: &Location) -> Result<Self> {
        let Location::File(path) = location;
        // The writer comes first: it makes the file and turns the write-ahead log on.
        let writer = connect(path, 1).await?;
        let reader = connect(path, READERS).await?;
        Ok(Self {
            reader,
            writer,
            committed: Arc::new(Notify::new()),
        })
    }

    /// For reads outside a transaction.
    pub fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Woken after every transaction that changed something: what waits for outbox rows listens here.
    pub fn committed(&self) -> &Notify {
        &self.committed
    }

    /// How the schema stands against a list of migrations.
    pub async fn schema_state(&self, migrations: &MigrationList) -> Result<SchemaState> {
        migrations.state(&self.writer).await
    }

    /// Brings the schema up to date. Refused when the data are of a newer version.
    pub async fn migrate(&self, migrations: &MigrationList) -> Result<()> {
        migrations.apply(&self.writer).await
    }

    /// Begins a transaction that may change something. It is rolled back unless it is committed.
    pub async fn begin(&self, name: &'static str) -> Result<Transaction> {
        let options = TransactionOptions {
            sqlite_transaction_mode: Some(SqliteTransactionMode::Immediate),
            ..TransactionOptions::default()
        };
        let inner = self
            .writer
            .begin_with_options(options)
            .await
            .stored("begin a transaction")?;
        Ok(Transaction {
            inner,
            name,
            begun: Instant::now(),
            committed: Arc::clone(&self.committed),
        })
    }

    /// Runs a piece of work in a transaction, again when others were in the way. The work ends with
    /// `transaction.commit(answer).await`.
    pub async fn write<T, W, F>(&self, name: &'static str, work: W) -> Result<T>
    where
        W: Fn(Transaction) -> F,
        F: Future<Output = Result<Committed<T>>>,
    {
        let mut attempt = 1;
        loop {
            let transaction = self.begin(name).await;
            let outcome = match transaction {
                Ok(transaction) => work(transaction).await,
                Err(error) => Err(error),
            };
            match outcome {
                Ok(Committed(answer)) => return Ok(answer),
                Err(error) if error.reason() == Reason::TransactionConflict && attempt < MOST_ATTEMPTS => {
                    tracing::debug!(transaction = name, attempt, "others were in the way; runs again");
                    tokio::time::sleep(Duration::from_millis(10 << attempt)).await;
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Closes the connections; what is committed is safe without it.
    pub async fn close(self) -> Result<()> {
        self.reader.close().await.stored("close the store")?;
        self.writer.close().await.stored("close the store")
    }
}

async fn connect(path: &Path, connections: u32) -> Result<DatabaseConnection> {
    let mut options = ConnectOptions::new("sqlite::memory:");
    let file = path.to_path_buf();
    options
        .max_connections(connections)
        .min_connections(0)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE)
        .sqlx_logging(false)
        .record_stmt_in_spans(false)
        .test_before_acquire(false)
        .map_sqlx_sqlite_opts(move |_| {
            SqliteConnectOptions::new()
                .filename(&file)
                .create_if_missing(true)
                .journal_mode(SqliteJournalMode::Wal)
                // FULL: what is committed survives the loss of power, not only of the process.
                .synchronous(SqliteSynchronous::Full)
                .busy_timeout(BUSY_TIMEOUT)
                .foreign_keys(true)
                .pragma("wal_autocheckpoint", CHECKPOINT_PAGES)
                .pragma("cache_size", CACHE)
                .statement_cache_capacity(STATEMENTS)
        })
        .map_sqlx_sqlite_pool_opts(|pool| pool.after_release(|used, _| Box::pin(is_at_rest(used))));
    Database::connect(options)
        .await
        .stored(&format!("open {}", path.display()))
}

/// Whether a connection that comes back is in no transaction any more; else it is closed.
///
/// When a disk is full, SQLite rolls back by itself, and the driver goes on counting a transaction that is none. The
/// next one would then be a savepoint inside it, and its commit would acknowledge what is never stored.
async fn is_at_rest(used: &mut SqliteConnection) -> sqlx::Result<bool> {
    // A rollback that a dropped transaction has asked for is done first.
    used.ping().await?;
    Ok(!used.is_in_transaction())
}

/// A transaction with a name, under which it is timed and logged. Statements run on [`Transaction::connection`].
#[derive(Debug)]
pub struct Transaction {
    inner: DatabaseTransaction,
    name: &'static str,
    begun: Instant,
    committed: Arc<Notify>,
}

/// The answer of a transaction that is committed.
#[derive(Debug)]
pub struct Committed<T>(T);

impl Transaction {
    /// What statements run on.
    pub fn connection(&self) -> &DatabaseTransaction {
        &self.inner
    }

    /// Commits. A connection that is lost now leaves the outcome open, and the error says so.
    pub async fn commit<T>(self, answer: T) -> Result<Committed<T>> {
        let name = self.name;
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
