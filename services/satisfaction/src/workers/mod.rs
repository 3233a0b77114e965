//! What the service does without being called: takes the events of the feedback service.

pub mod answers;
mod scored;
