//! What is done again and again.

pub(crate) mod open_cases;
