//! The feedback service over its real stack: real store, real server with all its layers, real client.
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "tests and what they share fail by panicking"
)]
#![allow(
    clippy::assigning_clones,
    reason = "a field that is set reads like the others that are"
)]

mod answer_sets;
mod case_lists;
mod cases;
mod events;
mod hostile;
mod scores_follow;
mod sealed;
mod service;
mod submissions;
mod surveys;
