//! How often an outbox is looked at while much is going on.

use std::time::Duration;

use tokio::time::Instant;

/// Each look reads, hands on and marks whatever waits: many looks at little cost more than one at much.
const BETWEEN_LOOKS: Duration = Duration::from_millis(15);

/// Keeps looks apart. The first one after a quiet time is at once.
#[derive(Debug)]
pub(crate) struct Pace {
    next: Instant,
}

impl Pace {
    pub(crate) fn new() -> Self {
        Self { next: Instant::now() }
    }

    /// Waits until it is time for the next look.
    pub(crate) async fn keep(&mut self) {
        tokio::time::sleep_until(self.next).await;
        self.next = Instant::now() + BETWEEN_LOOKS;
    }
}
