//! When a service is left alone: after many failures calls are refused at once, until one that is let through for a
//! trial succeeds.

use std::{
    collections::VecDeque,
    time::{Duration, Instant},
};

/// Parts that the window is divided into.
const PARTS: u32 = 10;

/// When a service is left alone.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct BreakerPolicy {
    /// The time over which outcomes are counted.
    pub window: Duration,
    /// Outcomes within it before they say anything.
    pub least_outcomes: u32,
    /// The share of failures among them from which the service is left alone, 0 to 1.
    pub failure_share: f64,
    /// For how long it is left alone, before one call is tried.
    pub pause: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            window: Duration::from_secs(10),
            least_outcomes: 6,
            failure_share: 0.5,
            pause: Duration::from_secs(2),
        }
    }
}

/// What became of an attempt.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The service answered, be it with a refusal.
    Answered,
    /// It could not be reached, was not available, or did not answer in time.
    Failed,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum State {
    /// Calls go through.
    Closed,
    /// Calls are refused until then.
    Open(Instant),
    /// One call was let through for a trial. If nothing is heard of it until then, another is.
    Trial(Instant),
}

#[derive(Debug)]
struct Part {
    begun: Instant,
    outcomes: u32,
    failures: u32,
}

/// A circuit breaker. It knows no clock: the time is passed in.
#[derive(Debug)]
pub(crate) struct Breaker {
    policy: BreakerPolicy,
    state: State,
    parts: VecDeque<Part>,
}

impl Breaker {
    pub(crate) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: State::Closed,
            parts: VecDeque::new(),
        }
    }

    /// Whether a call may be made; otherwise how long calls will still be refused.
    pub(crate) fn admit(&mut self, now: Instant) -> Result<(), Duration> {
        match self.state {
            State::Closed => Ok(()),
            State::Open(until) | State::Trial(until) if now < until => Err(until - now),
            State::Open(_) | State::Trial(_) => {
                self.state = State::Trial(now + self.policy.pause);
                Ok(())
            }
        }
    }

    /// Takes an outcome in. Returns whether the service is left alone because of it, and was not before.
    pub(crate) fn record(&mut self, now: Instant, outcome: Outcome) -> bool {
        match (self.state, outcome) {
            // Of a call that was under way when the circuit opened.
            (State::Open(_), _) => false,
            (State::Trial(_), Outcome::Answered) => {
                self.state = State::Closed;
                self.parts.clear();
                false
            }
            (State::Trial(_), Outcome::Failed) => {
                self.state = State::Open(now + self.policy.pause);
                false
            }
            (State::Closed, outcome) => {
                self.count(now, outcome);
                self.open_if_bad(now)
            }
        }
    }

    fn count(&mut self, now: Instant, outcome: Outcome) {
        let part = self.policy.window / PARTS;
        if self.parts.back().is_none_or(|last| now >= last.begun + part) {
            self.parts.push_back(Part {
                begun: now,
                outcomes: 0,
                failures: 0,
            });
        }
        while self
            .parts
            .front()
            .is_some_and(|first| now >= first.begun + self.policy.window)
        {
            self.parts.pop_front();
        }
        if let Some(last) = self.parts.back_mut() {
            last.outcomes = last.outcomes.saturating_add(1);
            last.failures = last
                .failures
                .saturating_add(u32::from(outcome == Outcome::Failed));
        }
    }

    fn open_if_bad(&mut self, now: Instant) -> bool {
        let outcomes: u32 = self.parts.iter().map(|part| part.outcomes).sum();
        let failures: u32 = self.parts.iter().map(|part| part.failures).sum();
        let bad = outcomes >= self.policy.least_outcomes
            && f64::from(failures) >= self.policy.failure_share * f64::from(outcomes);
        if bad {
            self.state = State::Open(now + self.policy.pause);
            self.parts.clear();
        }
        bad
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn policy() -> BreakerPolicy {
        BreakerPolicy {
            window: 10 * SECOND,
            least_outcomes: 4,
            failure_share: 0.5,
            pause: 2 * SECOND,
        }
    }

    fn opened_at(now: Instant) -> Breaker {
        let mut breaker = Breaker::new(policy());
        for _ in 0..3 {
            assert!(!breaker.record(now, Outcome::Failed));
        }
        assert!(
            breaker.record(now, Outcome::Failed),
            "the fourth failure opens the circuit"
        );
        breaker
    }

    #[test]
    fn a_few_failures_among_many_answers_change_nothing() {
        let mut breaker = Breaker::new(policy());
        let mut now = Instant::now();
        for call in 0..1_000 {
            let outcome = if call % 5 == 0 {
                Outcome::Failed
            } else {
                Outcome::Answered
            };
            assert_eq!(breaker.admit(now), Ok(()));
            assert!(!breaker.record(now, outcome));
            now += SECOND / 50;
        }
    }

    #[test]
    fn old_failures_are_forgotten() {
        let mut breaker = Breaker::new(policy());
        let now = Instant::now();
        for _ in 0..3 {
            breaker.record(now, Outcome::Failed);
        }
        assert!(!breaker.record(now + 11 * SECOND, Outcome::Failed));
        assert_eq!(breaker.admit(now + 11 * SECOND), Ok(()));
    }

    #[test]
    fn many_failures_have_calls_refused_until_the_pause_is_over() {
        let now = Instant::now();
        let mut breaker = opened_at(now);
        assert_eq!(breaker.admit(now), Err(2 * SECOND));
        assert_eq!(breaker.admit(now + SECOND), Err(SECOND));
        assert_eq!(breaker.admit(now + 2 * SECOND), Ok(()));
    }

    #[test]
    fn after_the_pause_one_call_is_tried_and_its_success_lets_all_through() {
        let now = Instant::now();
        let mut breaker = opened_at(now);
        let later = now + 2 * SECOND;
        assert_eq!(breaker.admit(later), Ok(()));
        assert_eq!(breaker.admit(later), Err(2 * SECOND), "one trial at a time");
        breaker.record(later, Outcome::Answered);
        assert_eq!(breaker.admit(later), Ok(()));
        assert!(!breaker.record(later, Outcome::Failed), "it begins to count anew");
    }

    #[test]
    fn a_trial_that_fails_begins_the_pause_again() {
        let now = Instant::now();
        let mut breaker = opened_at(now);
        let later = now + 2 * SECOND;
        assert_eq!(breaker.admit(later), Ok(()));
        assert!(!breaker.record(later, Outcome::Failed), "it was open before");
        assert_eq!(breaker.admit(later + SECOND), Err(SECOND));
        assert_eq!(breaker.admit(later + 2 * SECOND), Ok(()));
    }

    #[test]
    fn a_trial_of_which_nothing_is_heard_is_followed_by_another() {
        let now = Instant::now();
        let mut breaker = opened_at(now);
        assert_eq!(breaker.admit(now + 2 * SECOND), Ok(()));
        assert_eq!(breaker.admit(now + 4 * SECOND), Ok(()));
    }

    #[test]
    fn what_was_under_way_when_the_circuit_opened_does_not_close_it() {
        let now = Instant::now();
        let mut breaker = opened_at(now);
        breaker.record(now + SECOND, Outcome::Answered);
        assert_eq!(breaker.admit(now + SECOND), Err(SECOND));
    }
}
