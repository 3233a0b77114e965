//! What can be configured of encryption at rest.

use std::{fmt, path::PathBuf};

use serde::{Deserialize, Serialize};

/// Where the master key is, under which the keys of tenants are kept.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct PrivacyOptions {
    /// A file with the master key: 32 bytes in base64, one key a line, the newest first. Absent: with files as storage,
    /// `master.key` in the data folder, which is made when it is not there.
    pub master_key_file: Option<PathBuf>,
    /// The master key itself, in base64: best set as the variable `RAPPORT_PRIVACY__MASTER_KEY`.
    pub master_key: Option<String>,
}

impl fmt::Debug for PrivacyOptions {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter
            .debug_struct("PrivacyOptions")
            .field("master_key_file", &self.master_key_file)
            .field("master_key", &self.master_key.as_ref().map(|_| "…"))
            .finish()
    }
}
