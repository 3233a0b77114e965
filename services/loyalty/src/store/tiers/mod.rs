//! What is kept for tiers: rules, what counts, where members stand, what was granted.

#[allow(
    unreachable_pub,
    reason = "what the derives write is public, and so must be what it names"
)]
mod entity;
pub(crate) mod facts;
pub(crate) mod grants;
pub(crate) mod members;
pub(crate) mod sets;
pub(crate) mod standings;
mod state;
