//! When a call is sent again, and after which wait.

use std::time::Duration;

use rapport_contract::policy::{self, Repetition};
use rapport_status::Reason;
use tonic::Code;

use crate::CallPolicy;

/// Why an attempt did not succeed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Failure {
    /// The replica could not be reached, or the connection broke. The text says how.
    Unreachable(String),
    /// No answer came in time.
    Slow,
    /// The service refused.
    Refused {
        code: Code,
        /// The reason that it gave, in `UPPER_SNAKE_CASE`; empty when it gave none.
        reason: String,
        /// After which time it wants to be asked again.
        wait: Option<Duration>,
    },
}

/// Whether a method may be sent again although it may have been carried out: the contract says so.
pub(crate) fn is_safe(path: &str) -> bool {
    policy::method(path).is_some_and(|method| {
        matches!(
            method.repetition,
            Repetition::ReadOnly | Repetition::RequestId | Repetition::NaturalKey
        )
    })
}

/// The wait that the service asks for before another attempt; none when another attempt cannot help.
pub(crate) fn wait_asked_for(failure: &Failure) -> Option<Duration> {
    match failure {
        Failure::Unreachable(_) | Failure::Slow => Some(Duration::ZERO),
        Failure::Refused { code, reason, wait } => match code {
            Code::Unavailable => Some(wait.unwrap_or_default()),
            Code::Aborted if reason == Reason::TransactionConflict.name() => Some(wait.unwrap_or_default()),
            Code::ResourceExhausted => *wait,
            _ => None,
        },
    }
}

/// The wait before an attempt; `attempt` is 1 for the second. `chance` is a random number: of the doubling wait, a half
/// to the whole is waited, so that callers who failed together do not come back together.
pub(crate) fn wait(policy: &CallPolicy, attempt: u32, chance: u64) -> Duration {
    let doubled = policy
        .first_wait
        .saturating_mul(2u32.saturating_pow(attempt.saturating_sub(1)));
    let longest = doubled.min(policy.longest_wait);
    let half = longest / 2;
    let spread = u64::try_from(half.as_micros()).unwrap_or(u64::MAX);
    half + Duration::from_micros(chance % spread.saturating_add(1))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn refused(code: Code, reason: Reason, wait: Option<Duration>) -> Failure {
        Failure::Refused {
            code,
            reason: reason.name().to_owned(),
            wait,
        }
    }

    #[test]
    fn a_method_is_safe_to_send_again_exactly_when_the_contract_says_so() {
        for method in policy::METHODS {
            let safe = method.repetition != Repetition::NotIdempotent;
            assert_eq!(is_safe(method.path), safe, "{}", method.path);
        }
        assert!(!is_safe("/grpc.health.v1.Health/Check"));
        assert!(!is_safe("/rapport.profile.v1.ProfileService/UpdateCustomer"));
        assert!(is_safe("/rapport.loyalty.v1.LoyaltyService/EarnPoints"));
    }

    #[test]
    fn only_what_may_pass_is_tried_again() {
        let second = Some(Duration::from_secs(1));
        let at_once = Some(Duration::ZERO);
        for (failure, expected) in [
            (Failure::Slow, at_once),
            (Failure::Unreachable(String::new()), at_once),
            (
                refused(Code::Unavailable, Reason::StorageUnavailable, second),
                second,
            ),
            (
                refused(Code::Unavailable, Reason::CommitOutcomeUnknown, None),
                at_once,
            ),
            (refused(Code::Aborted, Reason::TransactionConflict, None), at_once),
            (refused(Code::Aborted, Reason::EtagMismatch, None), None),
            (
                refused(Code::ResourceExhausted, Reason::Overloaded, second),
                second,
            ),
            (refused(Code::ResourceExhausted, Reason::Overloaded, None), None),
            (refused(Code::NotFound, Reason::MemberNotFound, None), None),
            (refused(Code::Internal, Reason::InternalError, None), None),
        ] {
            assert_eq!(wait_asked_for(&failure), expected, "{failure:?}");
        }
    }

    proptest! {
        #[test]
        fn waits_double_up_to_the_longest_and_half_of_them_is_chance(attempt in 1..40u32, chance: u64) {
            let policy = CallPolicy::default();
            let doubled = 0.05 * 2f64.powi(i32::try_from(attempt).unwrap() - 1);
            let expected = doubled.min(1.0);
            let waited = wait(&policy, attempt, chance).as_secs_f64();
            prop_assert!(waited >= expected / 2.0 - 1e-5 && waited <= expected + 1e-5, "{waited} of {expected}");
        }
    }
}
