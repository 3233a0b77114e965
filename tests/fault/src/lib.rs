//! The suite under faults: services, database and broker are killed, cut off and stalled while clients work. Afterwards
//! everything that was acknowledged must be there once, and everything must add up.
//!
//! `cargo run -p rapport-fault -- --cycles 200` is the long form; the test of this package runs a short one.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "a test fails by panicking, also when it is a program of its own"
)]

mod check;
mod cluster;
mod faults;
pub mod rolling;
mod run;
mod services;
mod work;

pub use run::{Options, Spoiled, Verdict, run, run_and_spoil};
