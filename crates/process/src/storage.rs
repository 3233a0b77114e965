//! The stores of a process: files in its data folder, or databases on a server.

use std::time::Duration;

use rapport_listing::TokenKey;
use rapport_privacy::{MasterKeys, PrivacyOptions};
use rapport_status::Reason;
use rapport_storage::{DatabaseOptions, Location, MigrationList, SchemaState, Store};

use crate::{Configuration, DataFolder, Failure};

/// How long a starting process waits for a database that does not answer.
const PATIENCE: Duration = Duration::from_mins(1);

/// The pause between two looks whether it answers.
const LOOK: Duration = Duration::from_millis(500);

/// Where a process keeps its data.
#[derive(Debug)]
pub enum Storage {
    /// Files in a folder that this process alone uses.
    Folder(DataFolder),
    /// Databases on a PostgreSQL server, which any number of processes use.
    Server(DatabaseOptions),
}

impl Storage {
    /// The storage that is configured. A folder is taken, so that no second process uses it.
    pub fn take(configuration: &Configuration) -> Result<Self, Failure> {
        match &configuration.database {
            Some(options) if options.url.is_empty() => {
                Err(Failure::new("a database is configured without an address")
                    .mend("set database.url, or leave the section out to store in files"))
            }
            Some(options) => Ok(Self::Server(options.clone())),
            None => DataFolder::take(&configuration.data).map(Self::Folder),
        }
    }

    /// In words, for the one who starts the process.
    pub fn describe(&self) -> String {
        match self {
            Self::Folder(folder) => folder.path().display().to_string(),
            Self::Server(options) => Location::on_server(options, "{service}").to_string(),
        }
    }

    /// Where the data of a service are.
    pub fn location(&self, service: &str) -> Location {
        match self {
            Self::Folder(folder) => Location::in_folder(folder.path(), service),
            Self::Server(options) => Location::on_server(options, service),
        }
    }

    /// The file of a service, if it is one and is there.
    pub fn has_data(&self, service: &str) -> bool {
        match self.location(service) {
            Location::File(path) => path.exists(),
            Location::Server { .. } => true,
        }
    }

    /// Opens the store of a service without looking at its schema.
    pub async fn open(&self, service: &str) -> Result<Store, Failure> {
        Store::open(&self.location(service)).await.map_err(|error| {
            let failure = Failure::from(error);
            match self {
                Self::Folder(folder) => failure.mend(format!(
                    "check that {} can be written and has room; `rapport doctor` tells more",
                    folder.path().display()
                )),
                Self::Server(_) => failure,
            }
        })
    }

    /// Opens the store of a service to serve it. A file is brought up to date; a database on a server is only looked
    /// at, for `rapport migrate` changes it, once, before the processes of a new version start.
    pub async fn open_to_serve(&self, service: &str, migrations: &MigrationList) -> Result<Store, Failure> {
        let store = self.open(service).await?;
        match self {
            Self::Folder(_) => store.migrate(migrations).await?,
            Self::Server(_) => {
                wait_for(&store).await?;
                match store.schema_state(migrations).await? {
                    SchemaState::Current => {}
                    SchemaState::Empty => {
                        return Err(lacks(&store, "has no tables yet"));
                    }
                    SchemaState::Pending(names) => {
                        return Err(lacks(&store, &format!("lacks {}", names.join(", "))));
                    }
                    SchemaState::Newer(names) => tracing::info!(
                        service,
                        newer = names.join(", "),
                        "a newer version has prepared the database; this one goes on working on it"
                    ),
                }
            }
        }
        Ok(store)
    }

    /// The master keys of personal data: as configured, or those of the folder.
    pub fn master_keys(&self, privacy: &PrivacyOptions) -> Result<MasterKeys, Failure> {
        let folder = match self {
            Self::Folder(folder) => Some(folder.path()),
            Self::Server(_) => None,
        };
        MasterKeys::load(privacy, folder).map_err(|error| Failure::new(error.to_string()))
    }

    /// The key that page tokens are signed with: the same in every process with these master keys.
    pub fn token_key(master_keys: &MasterKeys) -> TokenKey {
        TokenKey::new(master_keys.derive("page tokens"))
    }
}

fn lacks(store: &Store, what: &str) -> Failure {
    Failure::new(format!("{} {what}", store.location()))
        .mend("run `rapport migrate` with the same configuration")
}

/// Databases and services are often started together: whoever is first waits for the other.
async fn wait_for(store: &Store) -> Result<(), Failure> {
    let mut waited = Duration::ZERO;
    loop {
        match store.reach().await {
            Ok(()) => return Ok(()),
            Err(error) if error.reason() == Reason::StorageUnavailable && waited < PATIENCE => {
                if waited.is_zero() {
                    tracing::warn!(
                        error = error.chain(),
                        "the database does not answer yet; waiting for it"
                    );
                }
                tokio::time::sleep(LOOK).await;
                waited += LOOK;
            }
            Err(error) => {
                return Err(Failure::from(error).mend("check database.url, and that the server is running"));
            }
        }
    }
}
