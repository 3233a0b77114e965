//! The services of the suite, and clients of them.

use std::time::Duration;

use rapport_client::{BreakerPolicy, BudgetPolicy, CallPolicy, Sister};
use rapport_contract::{
    feedback::v1::feedback_service_client::FeedbackServiceClient,
    loyalty::v1::loyalty_service_client::LoyaltyServiceClient,
    profile::v1::profile_service_client::ProfileServiceClient,
    satisfaction::v1::satisfaction_service_client::SatisfactionServiceClient,
};

/// Names of the services.
pub(crate) const SERVICES: [&str; 4] = ["profile", "feedback", "satisfaction", "loyalty"];

/// What `docs/calling.md` tells clients to do: five attempts with doubling waits from 100 ms, within ten seconds.
pub(crate) fn documented_policy() -> CallPolicy {
    CallPolicy {
        deadline: Duration::from_secs(10),
        attempts: 5,
        first_wait: Duration::from_millis(100),
        longest_wait: Duration::from_secs(2),
        budget: BudgetPolicy {
            share: 0.2,
            reserve: 100,
        },
        breaker: BreakerPolicy {
            pause: Duration::from_millis(500),
            ..BreakerPolicy::default()
        },
        ..CallPolicy::default()
    }
}

/// One attempt, whatever becomes of it.
pub(crate) fn one_attempt() -> CallPolicy {
    CallPolicy {
        attempts: 1,
        breaker: BreakerPolicy {
            // No share of failures is as large.
            failure_share: 2.0,
            ..BreakerPolicy::default()
        },
        ..documented_policy()
    }
}

/// Clients of all services. Each balances over the replicas of its service.
#[derive(Debug, Clone)]
pub(crate) struct Clients {
    pub(crate) profile: ProfileServiceClient<Sister>,
    pub(crate) feedback: FeedbackServiceClient<Sister>,
    pub(crate) satisfaction: SatisfactionServiceClient<Sister>,
    pub(crate) loyalty: LoyaltyServiceClient<Sister>,
}

impl Clients {
    /// Clients of the services at these addresses, in the order of [`SERVICES`].
    pub(crate) fn at(addresses: &[String; 4], policy: CallPolicy) -> Self {
        let [profile, feedback, satisfaction, loyalty] = [0, 1, 2, 3].map(|place: usize| {
            Sister::connect(SERVICES[place], &addresses[place], None, policy)
                .expect("the addresses of proxies are addresses")
        });
        Self {
            profile: ProfileServiceClient::new(profile),
            feedback: FeedbackServiceClient::new(feedback),
            satisfaction: SatisfactionServiceClient::new(satisfaction),
            loyalty: LoyaltyServiceClient::new(loyalty),
        }
    }
}
