//! The loyalty service as a whole.

mod expiry;
mod fixture;
mod holds;
mod ledger_model;
mod naive;
mod points;
mod programs;
mod purchases;
mod random;
mod steps;
mod verification;
