//! Processes of a test's own that are told to end.

use std::{
    process::{Child, Command},
    thread::sleep,
    time::{Duration, Instant},
};

/// How long a server may take to write down what it has in memory.
const PATIENCE: Duration = Duration::from_secs(30);

/// Sends a signal such as `TERM` to a process that has not been waited for yet.
pub(crate) fn tell(process: &Child, signal: &str, label: &str) {
    let told = Command::new("kill")
        .args(["-s", signal, &process.id().to_string()])
        .status()
        .expect("the command kill is there");
    assert!(told.success(), "{label} was gone before it was told to end");
}

/// Sends a signal to a server and waits for its end.
pub(crate) fn end(process: &mut Child, signal: &str, label: &str) {
    tell(process, signal, label);
    let deadline = Instant::now() + PATIENCE;
    while process.try_wait().expect("a child can be asked").is_none() {
        assert!(
            Instant::now() < deadline,
            "{label} did not end within {PATIENCE:?}"
        );
        sleep(Duration::from_millis(10));
    }
}
