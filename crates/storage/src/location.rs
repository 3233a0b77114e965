//! Where a service's data are, and how they are reached.

use std::{
    fmt,
    path::{Path, PathBuf},
    str::FromStr as _,
    time::Duration,
};

use rapport_status::{Error, Reason, Result};
use sea_orm::{
    ConnectOptions, Database, DatabaseConnection, SqlxPostgresConnector,
    sqlx::{
        self, Connection as _, Executor as _, SqliteConnection,
        postgres::{PgConnectOptions, PgPoolOptions},
        sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
    },
};

use crate::{DatabaseOptions, failure::Stored as _};

/// How long a call waits for a connection.
const ACQUIRE_TIMEOUT: Duration = Duration::from_secs(10);

/// After how long without use a connection is closed: its caches are given back.
const IDLE: Duration = Duration::from_mins(1);

/// After how long without use a connection to a server is tried out before it is used: the server may have restarted.
const DOUBTFUL: Duration = Duration::from_secs(1);

/// After which time a connection to a server is renewed, so that servers behind one name are evenly used.
const LIFETIME: Duration = Duration::from_mins(30);

/// How long a statement waits for another process's lock (SQLite).
const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Pages of the write-ahead log after which it is copied into the file (SQLite); 4 KiB each.
const CHECKPOINT_PAGES: &str = "4000";

/// Prepared statements that a connection to a file keeps. Set-based statements are large, and each number of rows is
/// another one: keeping many would cost more memory than preparing them again costs time.
const FILE_STATEMENTS: usize = 32;

/// Prepared statements that a connection to a server keeps. Their texts do not depend on the number of rows.
const SERVER_STATEMENTS: usize = 256;

/// Page cache of a connection (SQLite; negative: KiB). The system caches the file as well.
const CACHE: &str = "-1024";

/// Where a service's data are.
#[derive(Clone, PartialEq, Eq)]
pub enum Location {
    /// A SQLite file; made when it is not there.
    File(PathBuf),
    /// A PostgreSQL database, which is there.
    Server {
        /// Name of the service.
        service: String,
        /// How it is reached.
        options: DatabaseOptions,
    },
}

impl Location {
    /// The file of a service in a data folder.
    pub fn in_folder(folder: &Path, service: &str) -> Self {
        Self::File(folder.join(format!("{service}.sqlite")))
    }

    /// The database of a service on a server.
    pub fn on_server(options: &DatabaseOptions, service: &str) -> Self {
        Self::Server {
            service: service.to_owned(),
            options: DatabaseOptions {
                url: options.url.replace("{service}", service),
                ..options.clone()
            },
        }
    }

    /// Name of the service whose data they are.
    pub fn service(&self) -> &str {
        match self {
            Self::File(path) => path
                .file_stem()
                .and_then(|name| name.to_str())
                .unwrap_or_default(),
            Self::Server { service, .. } => service,
        }
    }

    /// How a connection to the server is made; none for a file.
    pub(crate) fn server(&self) -> Result<Option<PgConnectOptions>> {
        match self {
            Self::File(_) => Ok(None),
            Self::Server { service, options } => address(service, options).map(Some),
        }
    }
}

/// How a connection to the database of a service is made.
pub(crate) fn address(service: &str, options: &DatabaseOptions) -> Result<PgConnectOptions> {
    let address = PgConnectOptions::from_str(&options.url).map_err(|error| {
        Error::new(
            Reason::StorageUnavailable,
            format!(
                "the address of the {service} database cannot be read: {error}; write it like \
                 postgres://user:password@host:5432/database"
            ),
        )
    })?;
    Ok(address
        .application_name(&format!("rapport-{service}"))
        .statement_cache_capacity(SERVER_STATEMENTS)
        .options([
            ("statement_timeout", options.statement_timeout_ms.to_string()),
            ("lock_timeout", options.lock_timeout_ms.to_string()),
            // Twice a statement's time: a transaction whose process hangs gives its locks back.
            (
                "idle_in_transaction_session_timeout",
                options.statement_timeout_ms.saturating_mul(2).to_string(),
            ),
        ]))
}

/// Without the password.
impl fmt::Display for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::File(path) => write!(formatter, "{}", path.display()),
            Self::Server { service, options } => match PgConnectOptions::from_str(&options.url) {
                Ok(address) => write!(
                    formatter,
                    "the {service} database {:?} at {}:{}",
                    address.get_database().unwrap_or(address.get_username()),
                    address.get_host(),
                    address.get_port()
                ),
                Err(_) => write!(formatter, "the {service} database"),
            },
        }
    }
}

/// As it is displayed: an address may hold a password.
impl fmt::Debug for Location {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

/// Connections to a server. None is made before it is needed, so that a service starts while its database is away.
pub(crate) fn connect_to_server(address: PgConnectOptions, connections: u32) -> DatabaseConnection {
    let pool = PgPoolOptions::new()
        .max_connections(connections)
        .acquire_timeout(ACQUIRE_TIMEOUT)
        .idle_timeout(IDLE)
        .max_lifetime(LIFETIME)
        // Looked at below, and only when there is a doubt.
        .test_before_acquire(false)
        .before_acquire(|connection, usage| {
            Box::pin(async move {
                if usage.idle_for > DOUBTFUL {
                    connection.ping().await?;
                }
                Ok(true)
            })
        })
        .connect_lazy_with(address);
    SqlxPostgresConnector::from_sqlx_postgres_pool(pool)
}

/// Sees whether the server answers.
pub(crate) async fn reach(database: &DatabaseConnection, location: &Location) -> Result<()> {
    let pool = database.get_postgres_connection_pool();
    pool.execute("SELECT 1").await.map(drop).map_err(|error| {
        Error::new(
            Reason::StorageUnavailable,
            format!("{location} cannot be reached: {error}"),
        )
        .because(error)
    })
}

/// Connections to a file.
pub(crate) async fn connect_to_file(path: &Path, connections: u32) -> Result<DatabaseConnection> {
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
                .statement_cache_capacity(FILE_STATEMENTS)
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
