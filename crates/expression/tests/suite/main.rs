//! The language through its public interface: tables of expressions with their values, a naive evaluator as the model,
//! random texts, limits, contexts and schemas.

#![allow(
    clippy::unwrap_used,
    reason = "the setting for tests does not reach their helper functions"
)]

mod context;
mod documentation;
mod generator;
mod limits;
mod model;
mod problems;
mod program;
mod properties;
mod sample;
mod schema;
mod table;
mod writer;
