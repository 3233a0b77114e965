//! The loyalty service as a whole.

mod fixture;
mod ledger_model;
mod naive;
mod points;
mod random;
mod steps;
