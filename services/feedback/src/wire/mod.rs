//! The contract's messages from and to what the domain has.
//!
//! Three rooms meet here: requests and answers, events, and the stored form of what surveys ask. The stored form is
//! the contract's own message, because that is kept readable over versions.

pub(crate) mod answer_set;
pub(crate) mod case;
pub(crate) mod event;
pub(crate) mod fields;
pub(crate) mod priority;
pub(crate) mod survey;
