//! What a customer is worth and where the relationship stands.
//!
//! Everything here is a pure function of its arguments: no clock, no randomness, no input or output. The
//! same history, configuration and as-of day always give the same answer, and the order in which
//! purchases are handed over never matters.
//!
//! | module | question |
//! |---|---|
//! | [`history`] | what is left of a customer's purchases as of a day |
//! | [`rfm`] | scores 1–5 for recency, frequency and monetary value, and the named groups |
//! | [`purchase_model`] | how often will this customer buy (BG/NBD, MBG/NBD) |
//! | [`spend_model`] | how much will this customer spend each time (Gamma-Gamma) |
//! | [`lifetime_value`] | what is that worth today |
//! | [`gate`] | may the models be trusted on this data, or does the recency rule apply |
//! | [`lifecycle`] | in which stage is the customer, since when and why |
//! | [`concentration`] | which share of the value do the best customers bring |
//! | [`cost`] | value against cost to serve |
//!
//! Units: days are [`Day`]s, model times are weeks, amounts are minor units of one currency (cents). The
//! caller keeps currencies apart.

pub mod concentration;
pub mod cost;
pub mod day;
pub mod gate;
pub mod history;
pub mod lifecycle;
pub mod lifetime_value;
pub mod purchase_model;
pub mod rfm;
pub mod special;
pub mod spend_model;

mod convert;
mod fit_error;
mod optimise;

pub use day::Day;
pub use fit_error::{FitError, ParameterError};
