//! Walks the compiled contract and fails on every element that leaves out what the layers and callers rely on.
//!
//! Each test lists all offenders by their full names: mend them in `proto/rapport`.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod comments;
mod contract;
mod enumerations;
mod errors;
mod lists;
mod personal_data;
mod policies;
mod requests;
mod rules;
