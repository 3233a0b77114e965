//! Tells how many cases wait for somebody.

use std::time::Duration;

use rapport_server::Timer;
use rapport_storage::Store;
use rapport_telemetry::metrics::business;

use crate::{domain::priority::Priority, store::open_cases};

/// How often they are counted; what is told is forgotten after two minutes.
const EVERY: Duration = Duration::from_secs(10);

/// Counts them from time to time.
pub(crate) fn timer(store: &Store) -> Timer {
    let counted = store.clone();
    Timer::new("count_open_cases", EVERY, store, move || {
        let store = counted.clone();
        async move {
            for (priority, cases) in open_cases::counts(&store).await? {
                business::cases_open(label(priority), cases);
            }
            Ok(())
        }
    })
}

fn label(priority: Priority) -> &'static str {
    match priority {
        Priority::Low => "low",
        Priority::Normal => "normal",
        Priority::High => "high",
        Priority::Urgent => "urgent",
    }
}
