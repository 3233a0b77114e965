//! Rewards: the catalogue, and what members have redeemed.
//!
//! | file | tables |
//! |---|---|
//! | [`catalogue`] | `reward`, `reward_version` |
//! | [`pools`] | `code_pool`, `reward_code` |
//! | [`redemptions`] | `redemption`, `redemption_payment` |
//! | [`vouchers`] | `voucher`, `voucher_use` |
//! | [`shelf`], [`writes`] | all that a batch of redemptions reads, and what it writes |
//!
//! Whoever locks several rows does it in this order: members, rewards, pools, vouchers; within each, the order of their names
//! or ids. So two transactions never wait for each other in a circle.

pub(crate) mod catalogue;
#[allow(
    unreachable_pub,
    reason = "what the derives write is public, and so must be what it names"
)]
mod entity;
pub(crate) mod pools;
pub(crate) mod redemptions;
pub(crate) mod shelf;
pub(crate) mod vouchers;
mod writes;

pub(crate) use writes::add_writes;
