//! The loyalty service.

pub mod domain;
