//! Who calls and what they may do: tokens, keys, certificates, rates.

mod options;

pub use options::{AccessOptions, LimitOptions, TlsOptions};
