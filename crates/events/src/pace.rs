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

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_first_look_is_at_once_and_others_keep_apart() {
        let mut pace = Pace::new();
        assert!(pace.next <= Instant::now(), "the first look waits for nothing");
        pace.keep().await;
        let first = Instant::now();
        for _ in 0..3 {
            pace.keep().await;
        }
        assert!(
            first.elapsed() >= BETWEEN_LOOKS * 2,
            "four looks within {:?}",
            first.elapsed()
        );
    }
}
