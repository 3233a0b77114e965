//! What every store needs from time to time, whatever service it belongs to.

use std::time::Duration;

use rapport_server::Timer;
use rapport_storage::{Location, Store, statistics};

/// How often it is looked for young tables.
const YOUNG_TABLES_EVERY: Duration = Duration::from_secs(5);

/// The upkeep of a store; a file needs none.
pub fn upkeep(store: &Store) -> Option<Timer> {
    if matches!(store.location(), Location::File(_)) {
        return None;
    }
    let own = store.clone();
    Some(Timer::new(
        "analyse_young_tables",
        YOUNG_TABLES_EVERY,
        store,
        move || {
            let store = own.clone();
            async move { statistics::analyse_young_tables(&store).await.map(drop) }
        },
    ))
}
