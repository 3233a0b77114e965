//! The audit log behind all layers of a real server, on real stores.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod lists;
mod purges;
mod recording;
mod world;
