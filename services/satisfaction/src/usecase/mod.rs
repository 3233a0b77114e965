//! What the service does: takes changes of answer sets, and answers questions about them.

pub mod answers;
pub mod customers;
pub mod metrics;
pub mod verification;
