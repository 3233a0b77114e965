//! The satisfaction service over its real stack: events into a real store, calls through a real server.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod concurrent;
mod customers;
mod errors;
mod hostile;
mod metrics;
mod model;
mod reference;
mod replay;
mod verification;
mod world;
