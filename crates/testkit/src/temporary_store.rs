//! A store that is thrown away: a file, or a schema of its own on a PostgreSQL server.

use std::{env, path::Path};

use rapport_clock::Clock;
use rapport_storage::{DatabaseOptions, Location, MigrationList, Store};
use tempfile::TempDir;

/// Says what tests store in: `sqlite`, which is the default, or `postgres`.
const KIND: &str = "RAPPORT_TEST_STORE";

/// Address of the server that the test runner has started.
const SERVER: &str = "RAPPORT_TEST_POSTGRES";

/// A store that no other test knows.
#[derive(Debug)]
pub struct TemporaryStore {
    /// The store.
    pub store: Store,
    folder: TempDir,
}

impl TemporaryStore {
    /// A new store with a schema. `RAPPORT_TEST_STORE=postgres` has all tests that use it run on PostgreSQL.
    pub async fn new(migrations: MigrationList) -> Self {
        let empty = Self::empty().await;
        empty
            .store
            .migrate(&migrations)
            .await
            .expect("a new store takes all migrations");
        empty
    }

    /// A new store without any table.
    pub async fn empty() -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let location = if on_postgres() {
            on_server().await
        } else {
            Location::in_folder(folder.path(), "test")
        };
        let store = Store::open(&location).await.expect("a new store opens");
        Self { store, folder }
    }

    /// The same data, opened once more: as another replica of the service sees them.
    pub async fn again(&self) -> Store {
        Store::open(self.store.location())
            .await
            .expect("a store opens once more")
    }

    /// Where the store's files are, if it has any.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }
}

/// Whether stores of tests are on PostgreSQL.
pub fn on_postgres() -> bool {
    match env::var(KIND).as_deref() {
        Ok("postgres") => true,
        Ok("sqlite") | Err(env::VarError::NotPresent) => false,
        other => panic!("{KIND} is {other:?}; it can be sqlite or postgres"),
    }
}

async fn on_server() -> Location {
    let address = env::var(SERVER).unwrap_or_else(|_| {
        panic!(
            "{SERVER} is not set: run tests on PostgreSQL with tests/run, or through `cargo run --package \
             rapport-testkit --bin with-postgres -- cargo nextest run …`"
        )
    });
    let schema = format!("test_{}", Clock::system().new_id().simple());
    let options = DatabaseOptions {
        url: address.clone(),
        connections: 1,
        ..DatabaseOptions::default()
    };
    let server = Store::open(&Location::on_server(&options, "test"))
        .await
        .expect("the server's address is one");
    sea_orm::ConnectionTrait::execute_unprepared(server.read(), &format!("CREATE SCHEMA {schema}"))
        .await
        .expect("a schema can be made");
    server.close().await.expect("a store closes");
    let options = DatabaseOptions {
        url: format!("{address}?options=-csearch_path%3D{schema}"),
        ..DatabaseOptions::default()
    };
    Location::on_server(&options, "test")
}
