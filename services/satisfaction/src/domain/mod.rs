//! The rules of satisfaction measurement: what an answer set counts for, how roll-ups change with it, and how figures
//! are read from them. Pure: time and identifiers come in.

pub mod answer_set;
pub mod customer;
pub mod figures;
pub mod metric;
pub mod query;
pub mod rollup;
