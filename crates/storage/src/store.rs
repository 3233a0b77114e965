//! A service's store and its transactions.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use rapport_status::{Reason, Result};
use rapport_telemetry::{context, metrics};
use sea_orm::{
    DatabaseConnection, DbBackend, SqliteTransactionMode, TransactionOptions, TransactionTrait as _,
};
use tokio::sync::Notify;
use tracing::Instrument as _;

use crate::{
    Committed, Duties, Location, Transaction,
    failure::Stored as _,
    location::{address, connect_to_file, connect_to_server, reach},
    migrate::{self, MigrationList, SchemaState},
    watch,
};

/// How often a transaction that others were in the way of is run again.
const MOST_ATTEMPTS: u32 = 8;

/// The first pause before a transaction is run again; it doubles each time.
const FIRST_PAUSE: Duration = Duration::from_millis(5);

/// Connections to a file that read at the same time; the rest wait in order. Each has a thread, whose memory adds up over the
/// services of a process.
const FILE_READERS: u32 = 2;

/// The data of one service. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Store {
    location: Arc<Location>,
    reader: DatabaseConnection,
    writer: DatabaseConnection,
    committed: Arc<Notify>,
    duties: Duties,
}

impl Store {
    /// Opens a store without looking at its schema. A server need not answer yet.
    pub async fn open(location: &Location) -> Result<Self> {
        let (reader, writer) = match location {
            Location::File(path) => {
                // The writer comes first: it makes the file and turns the write-ahead log on.
                let writer = connect_to_file(path, 1).await?;
                (connect_to_file(path, FILE_READERS).await?, writer)
            }
            Location::Server { service, options } => {
                let pool = connect_to_server(address(service, options)?, options.connections);
                (pool.clone(), pool)
            }
        };
        watch::pools(location.service(), &reader, &writer);
        Ok(Self {
            duties: Duties::of(location)?,
            location: Arc::new(location.clone()),
            reader,
            writer,
            committed: Arc::new(Notify::new()),
        })
    }

    /// Where the data are.
    pub fn location(&self) -> &Location {
        &self.location
    }

    /// Which database it is.
    pub fn backend(&self) -> DbBackend {
        self.reader.get_database_backend()
    }

    /// For reads outside a transaction.
    pub fn read(&self) -> &DatabaseConnection {
        &self.reader
    }

    /// Work that one process at a time does.
    pub fn duties(&self) -> &Duties {
        &self.duties
    }

    /// Woken after every transaction of this process that changed something: what waits for outbox rows listens here.
    pub fn committed(&self) -> &Notify {
        &self.committed
    }

    /// Sees whether the data can be reached, and says what is wrong when they cannot.
    pub async fn reach(&self) -> Result<()> {
        match self.location.as_ref() {
            Location::File(_) => Ok(()),
            location @ Location::Server { .. } => reach(&self.reader, location).await,
        }
    }

    /// How the schema stands against a list of migrations.
    pub async fn schema_state(&self, migrations: &MigrationList) -> Result<SchemaState> {
        migrations.state(&self.writer).await
    }

    /// Brings the schema up to date: on a server, one process at a time. Refused when the data are of a newer version.
    pub async fn migrate(&self, migrations: &MigrationList) -> Result<()> {
        match self.location.server()? {
            None => migrations.apply(&self.writer).await,
            Some(address) => migrate::alone(address, migrations).await,
        }
    }

    /// Begins a transaction that may change something. It is rolled back unless it is committed.
    ///
    /// On a file there is one at a time. On a server they run side by side (READ COMMITTED): what a decision rests on is
    /// locked, or guarded by a version or a unique key.
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
            let begun = Instant::now();
            let transaction = async {
                match self.begin(name).await {
                    Ok(transaction) => work(transaction).await,
                    Err(error) => Err(error),
                }
            };
            let outcome = metrics::business::upon_commit(transaction, Result::is_ok)
                .instrument(context::step(name))
                .await;
            metrics::transaction_ended(self.location.service(), name, outcome.is_ok(), begun.elapsed());
            match outcome {
                Ok(Committed(answer)) => return Ok(answer),
                Err(error) if error.reason() == Reason::TransactionConflict && attempt < MOST_ATTEMPTS => {
                    tracing::debug!(transaction = name, attempt, "others were in the way; runs again");
                    metrics::transaction_repeated(self.location.service(), name);
                    tokio::time::sleep(pause(attempt)).await;
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    /// Closes the connections; what is committed is safe without it.
    pub async fn close(self) -> Result<()> {
        self.duties.close().await;
        self.reader.close().await.stored("close the store")?;
        self.writer.close().await.stored("close the store")
    }
}

/// Between half and the whole of a time that doubles with each attempt: those who collided do not collide again.
fn pause(attempt: u32) -> Duration {
    let longest = FIRST_PAUSE * (1 << attempt.min(6));
    // The last bytes of a new id are random.
    let id = uuid::Uuid::now_v7().into_bytes();
    let share = f64::from(u16::from_be_bytes([id[14], id[15]])) / f64::from(u16::MAX);
    longest / 2 + (longest / 2).mul_f64(share)
}
