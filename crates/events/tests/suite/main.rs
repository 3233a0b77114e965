//! Events over real stores and a real broker: each has its effect once, whatever fails.
#![allow(clippy::unwrap_used, reason = "tests fail by panicking")]

mod bus;
mod dead_letters;
mod foreign;
mod relay;
mod replicas;
mod retention;
mod world;
