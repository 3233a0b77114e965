//! Who calls and what they may do: tokens, keys, certificates, rates.

pub mod acting;
mod caller;
mod options;

pub use caller::{Caller, Scopes};
pub use options::{AccessOptions, LimitOptions, TlsOptions};
