//! Who calls and what they may do: tokens, keys, certificates, rates.
//!
//! [`Access`] knows callers: by tokens of a trusted issuer (JWT), by API keys, and sister services by their
//! certificates. [`Rates`] counts what they send. [`development`] makes tokens to try with.

mod access;
pub mod acting;
mod api_key;
mod caller;
pub mod development;
mod issuer;
mod key_set;
mod known;
mod misconfigured;
mod options;
mod rates;
mod source;
mod tls;
mod token;
mod watched;

pub use access::{Access, Peer};
pub use api_key::{ApiKeyEntry, NewApiKey};
pub use caller::{Caller, Proof, Scopes};
pub use misconfigured::Misconfigured;
pub use options::{AccessOptions, LimitOptions, TlsOptions};
pub use rates::Rates;
pub use tls::Tls;
