//! What clients do meanwhile, and what they remember of it.

mod client;
mod operation;
mod perform;
mod setting;

pub(crate) use client::{Driver, Finished};
pub(crate) use operation::{Operation, Outcome, Work};
pub(crate) use perform::{again, perform};
pub(crate) use setting::{CUSTOMERS, LOW, NUMBER, PROGRAM, customer, member, prepare};
