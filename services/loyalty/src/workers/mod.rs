//! What runs without being called: the consumer of events, and the timer that books what is due.

mod due;
mod events;

pub(crate) use due::book_due;
pub(crate) use events::Events;
