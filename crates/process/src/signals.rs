//! The signals that end a process.

use tokio::signal::unix::{SignalKind, signal};

use crate::Failure;

/// Waits for Ctrl-C or a termination signal.
pub async fn told_to_end() -> Result<(), Failure> {
    let unheard = |error: std::io::Error| Failure::new(format!("signals cannot be received: {error}"));
    let mut terminated = signal(SignalKind::terminate()).map_err(unheard)?;
    tokio::select! {
        outcome = tokio::signal::ctrl_c() => outcome.map_err(unheard),
        _ = terminated.recv() => Ok(()),
    }
}
