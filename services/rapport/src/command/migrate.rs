//! `rapport migrate`

use rapport_process::{Configuration, Failure, Storage};
use rapport_storage::SchemaState;

use crate::suite;

/// Brings every store up to date, and says what was done. On a server one process at a time does it; the others wait.
pub(crate) async fn run(configuration: &Configuration) -> Result<(), Failure> {
    let storage = Storage::take(configuration)?;
    for (service, migrations) in suite::schemas() {
        let store = storage.open(service).await?;
        store.reach().await.map_err(|error| {
            Failure::from(error).mend(
                "check database.url (address, user, password, sslmode, sslrootcert), and that the server is running",
            )
        })?;
        let before = store.schema_state(&migrations).await?;
        store.migrate(&migrations).await?;
        let done = match before {
            SchemaState::Current => "is up to date".to_owned(),
            SchemaState::Empty => "was made".to_owned(),
            SchemaState::Pending(names) => format!("took {}", names.join(", ")),
            SchemaState::Newer(names) => {
                format!("is of a newer version ({}) and was left alone", names.join(", "))
            }
        };
        println!("{service}: {done}");
        store.close().await?;
    }
    Ok(())
}
