//! Methods of rewards.

mod catalogue;
mod pools;
mod redemptions;
mod vouchers;
