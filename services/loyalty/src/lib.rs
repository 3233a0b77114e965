//! The loyalty service.
