//! The crate against the reference data, and properties that hold for all data.

mod concentration_and_cost;
mod day;
mod gate;
mod history;
mod lifecycle;
mod purchase_model;
mod reference;
mod rfm;
mod special;
mod spend_and_value;
