//! `rapport migrate`

use rapport_process::{Configuration, DataFolder, Failure};
use rapport_storage::SchemaState;

use crate::suite;

/// Brings every store of a data folder up to date, and says what was done.
pub(crate) async fn run(configuration: &Configuration) -> Result<(), Failure> {
    let folder = DataFolder::take(&configuration.data)?;
    for (service, migrations) in suite::schemas() {
        let store = suite::open_store(&folder, service).await?;
        let before = store.schema_state(&migrations).await?;
        store.migrate(&migrations).await?;
        let done = match before {
            SchemaState::Current => "is up to date".to_owned(),
            SchemaState::Empty => "was made".to_owned(),
            SchemaState::Pending(names) => format!("took {}", names.join(", ")),
            SchemaState::Newer(_) => "was left alone".to_owned(),
        };
        println!("{service}: {done}");
        store.close().await?;
    }
    Ok(())
}
