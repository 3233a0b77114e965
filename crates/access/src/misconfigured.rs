//! Keys, certificates or limits that cannot be used.

use std::fmt;

/// Why a process cannot start with what is configured: what is wrong, and how to mend it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Misconfigured {
    /// What is wrong.
    pub what: String,
    /// How to mend it.
    pub mend: String,
}

impl Misconfigured {
    pub(crate) fn new(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            mend: mend.into(),
        }
    }
}

impl fmt::Display for Misconfigured {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}; to mend it: {}", self.what, self.mend)
    }
}

impl std::error::Error for Misconfigured {}
