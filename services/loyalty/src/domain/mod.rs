//! What the loyalty service knows about programs, members and points: pure rules. Time and identifiers come in from
//! outside; nothing here reads a clock, draws a random number, or waits.

pub mod audit;
pub mod engagement;
pub mod expiry;
pub mod ledger;
pub mod measures;
pub mod member;
pub mod program;
pub mod rewards;
pub mod summary;
pub mod tiers;
pub mod wallet;
