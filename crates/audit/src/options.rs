//! What can be configured of the audit log.

use serde::{Deserialize, Serialize};

/// How long the audit log is kept.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct AuditOptions {
    /// After how many days records are removed; 0 keeps them for ever.
    pub keep_days: u32,
}
