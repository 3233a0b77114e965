//! How a sister service is called.

use std::time::Duration;

use crate::{BreakerPolicy, BudgetPolicy};

/// How a sister service is called. The defaults are those that `docs/calling.md` gives reasons for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CallPolicy {
    /// How long a call may take with all its attempts. A caller's own deadline can only shorten it.
    pub deadline: Duration,
    /// How often a call is sent at most, the first time included. Only what is safe is sent again.
    pub attempts: u32,
    /// The wait before the second attempt; it doubles with each. Of every wait, a random half to the whole is waited.
    pub first_wait: Duration,
    /// The longest such wait.
    pub longest_wait: Duration,
    /// Calls to the service that may be under way at a time. More are refused at once.
    pub calls_at_a_time: usize,
    /// How many calls may be sent again.
    pub budget: BudgetPolicy,
    /// When the service is left alone for a while.
    pub breaker: BreakerPolicy,
}

impl Default for CallPolicy {
    fn default() -> Self {
        Self {
            deadline: Duration::from_secs(2),
            attempts: 3,
            first_wait: Duration::from_millis(50),
            longest_wait: Duration::from_secs(1),
            calls_at_a_time: 256,
            budget: BudgetPolicy::default(),
            breaker: BreakerPolicy::default(),
        }
    }
}
