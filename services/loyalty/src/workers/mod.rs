//! What runs without being called: the consumer of events, and the timers that book and review what is due.

mod due;
mod events;
mod tier_reviews;

pub(crate) use due::book_due;
pub(crate) use events::Events;
pub(crate) use tier_reviews::review_tiers;
