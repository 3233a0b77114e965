//! What can be configured of calls to other services.

use serde::{Deserialize, Serialize};

/// Where the four services answer. A host name may stand for any number of replicas: all its addresses are called, and it
/// is looked up again every few seconds. Several addresses of one service are divided by commas.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SisterOptions {
    /// The profile service.
    pub profile: String,
    /// The feedback service.
    pub feedback: String,
    /// The satisfaction service.
    pub satisfaction: String,
    /// The loyalty service.
    pub loyalty: String,
}

impl Default for SisterOptions {
    fn default() -> Self {
        let all = "http://127.0.0.1:50051";
        Self {
            profile: all.to_owned(),
            feedback: all.to_owned(),
            satisfaction: all.to_owned(),
            loyalty: all.to_owned(),
        }
    }
}
