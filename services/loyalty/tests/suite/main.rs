//! The loyalty service as a whole.
