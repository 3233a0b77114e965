//! How many calls may be sent again: when a service is in trouble, repetitions must not add to it.

/// How many calls may be sent again.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BudgetPolicy {
    /// Repetitions for each call in the long run: 0.2 lets a fifth more calls go out.
    pub share: f64,
    /// Repetitions that can be saved up, and that there are at the start.
    pub reserve: u32,
}

impl Default for BudgetPolicy {
    fn default() -> Self {
        Self {
            share: 0.2,
            reserve: 20,
        }
    }
}

/// A bucket of tokens: every call puts a part of one in, every repetition takes one out.
#[derive(Debug)]
pub(crate) struct Budget {
    policy: BudgetPolicy,
    tokens: f64,
}

impl Budget {
    pub(crate) fn new(policy: BudgetPolicy) -> Self {
        Self {
            policy,
            tokens: f64::from(policy.reserve),
        }
    }

    /// A call is made for the first time.
    pub(crate) fn called(&mut self) {
        self.tokens = (self.tokens + self.policy.share).min(f64::from(self.policy.reserve));
    }

    /// Whether a call may be sent again; if so, that is spent.
    pub(crate) fn spend(&mut self) -> bool {
        if self.tokens < 1.0 {
            return false;
        }
        self.tokens -= 1.0;
        true
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn repetitions_never_exceed_the_reserve_and_the_share(
            wishes in prop::collection::vec(0..4u32, 0..500),
            share in 0.0..1.0f64,
            reserve in 1..50u32,
        ) {
            let mut budget = Budget::new(BudgetPolicy { share, reserve });
            let (mut calls, mut repetitions) = (0u32, 0u32);
            for wished in wishes {
                budget.called();
                calls += 1;
                repetitions += (0..wished).filter(|_| budget.spend()).map(|_| 1).sum::<u32>();
                let most = f64::from(reserve) + share * f64::from(calls);
                prop_assert!(f64::from(repetitions) <= most + 1e-6, "{repetitions} of {calls} calls");
            }
        }
    }

    #[test]
    fn a_spent_budget_fills_again_with_calls() {
        let mut budget = Budget::new(BudgetPolicy {
            share: 0.25,
            reserve: 1,
        });
        assert!(budget.spend());
        assert!(!budget.spend());
        for _ in 0..3 {
            budget.called();
            assert!(!budget.spend());
        }
        budget.called();
        assert!(budget.spend());
    }
}
