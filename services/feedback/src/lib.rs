//! The feedback service.
