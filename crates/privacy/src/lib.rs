//! Personal data at rest: encryption with the keys of tenants, lookups by keyed hash.

mod options;

pub use options::PrivacyOptions;
