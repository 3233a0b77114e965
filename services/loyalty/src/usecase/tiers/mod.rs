//! Tiers: their rules, where members stand, what was granted.

pub(crate) mod grants;
pub(crate) mod reading;
mod recording;
mod renewal;
mod rules;
pub(crate) mod sets;
mod standings;
#[cfg(test)]
mod tests;

pub(crate) use recording::{enrolled, lock_customers, record_points, record_purchases};
pub(crate) use renewal::{recompute, review};
