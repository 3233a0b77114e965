//! Logs: where they go and in which form.

pub mod context;
mod options;

use std::io::{self, IsTerminal as _};

use serde::{Deserialize, Serialize};
use tracing_subscriber::EnvFilter;

pub use options::TelemetryOptions;

/// The form of log lines.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum LogForm {
    /// For people.
    Text,
    /// One JSON object a line, for collectors.
    Json,
}

/// Why logging could not be set up.
#[derive(Debug)]
pub struct InvalidFilter(String);

impl std::fmt::Display for InvalidFilter {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(
            formatter,
            "the log filter cannot be read: {}; write a level (error, warn, info, debug, trace), or levels by module \
             such as info,rapport_storage=debug",
            self.0
        )
    }
}

impl std::error::Error for InvalidFilter {}

/// Sends log lines of the levels that the filter names to standard error. Has no effect the second time.
pub fn start(filter: &str, form: LogForm) -> Result<(), InvalidFilter> {
    let filter = EnvFilter::try_new(filter).map_err(|error| InvalidFilter(error.to_string()))?;
    let lines = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr);
    // Fails only when logging was set up before, by a test or an embedding program: theirs stays.
    let _ = match form {
        LogForm::Text => lines
            .with_ansi(io::stderr().is_terminal())
            .with_target(false)
            .try_init()
            .is_ok(),
        LogForm::Json => lines.json().try_init().is_ok(),
    };
    Ok(())
}
