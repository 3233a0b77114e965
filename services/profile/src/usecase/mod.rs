//! What callers can have done: reads and writes through the store, decides with the domain.

use rapport_clock::Clock;
use rapport_privacy::Privacy;
use rapport_storage::Store;

pub(crate) mod customers;
pub(crate) mod evaluate;
mod events;
pub(crate) mod purchases;
pub(crate) mod timeline;
pub(crate) mod values;
pub(crate) mod view;

/// What every use case needs from outside. Cheap to clone.
#[derive(Debug, Clone)]
pub(crate) struct Ports {
    /// The data of the service.
    pub store: Store,
    /// Time and new ids.
    pub clock: Clock,
    /// The keys of personal data.
    pub privacy: Privacy,
}
