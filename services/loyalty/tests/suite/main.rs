//! The loyalty service as a whole.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod callers;
mod contention;
mod decisions;
mod expiry;
mod fixture;
mod holds;
mod ledger_model;
mod lots;
mod members;
mod naive;
mod points;
mod programs;
mod purchases;
mod random_requests;
mod rewards;
mod steps;
mod store_model;
mod tiers;
mod verification;
mod wallets;
