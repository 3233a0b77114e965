//! Calls to other services: discovery, balancing, deadlines, retries within a budget, circuit breaking.

mod options;

pub use options::SisterOptions;
