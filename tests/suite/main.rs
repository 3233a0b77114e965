//! Tests that cross the services: the real program as a process, called through its public interface.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::missing_panics_doc,
    reason = "tests fail by panicking"
)]
#![allow(
    clippy::cast_possible_truncation,
    clippy::cast_possible_wrap,
    clippy::cast_precision_loss,
    clippy::cast_sign_loss,
    reason = "random numbers are cut to fit on purpose"
)]

/// The same view of the contract as its own tests have.
#[allow(dead_code, reason = "each of the two suites uses a part of it")]
#[path = "../../crates/contract/tests/suite/contract.rs"]
mod contract;

mod bad_input;
mod cdnow;
mod crash;
mod dead_letters;
mod distributed;
mod dynamic;
mod errors;
mod figures;
mod foreign;
mod fuzz;
mod isolation;
mod loop_replay;
mod metrics;
mod mount;
mod personal_data;
mod personal_values;
mod stores;
mod suite_process;
mod tokens;
mod traces;
mod transport;
mod upgrade;
mod world;
mod written;
