//! How many calls of a method a tenant may send in a second.

use std::{collections::HashMap, fmt, num::NonZeroU32, time::Duration};

use governor::{
    Quota, RateLimiter,
    clock::{Clock, MonotonicClock},
    middleware::NoOpMiddleware,
    state::keyed::DashMapStateStore,
};
use rapport_contract::policy;
use rapport_status::{Error, Reason, Result};

use crate::{LimitOptions, Misconfigured};

/// Counts that are kept before those of tenants who have been quiet are dropped.
const MOST_COUNTS: usize = 10_000;

/// A tenant and the path of a method.
type Key = (String, &'static str);

type Limiter<C> = RateLimiter<Key, DashMapStateStore<Key>, C, NoOpMiddleware<<C as Clock>::Instant>>;

/// The rates of one process.
pub struct Rates<C: Clock + Clone = MonotonicClock> {
    /// For methods without a rate of their own.
    common: Option<Rate<C>>,
    /// For the others, by path; none where a method is without limit.
    own: HashMap<&'static str, Option<Rate<C>>>,
    clock: C,
}

struct Rate<C: Clock + Clone> {
    calls_per_second: NonZeroU32,
    limiter: Limiter<C>,
}

impl<C: Clock + Clone> fmt::Debug for Rates<C> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let common = self.common.as_ref().map(|rate| rate.calls_per_second);
        write!(formatter, "Rates({common:?}, {} methods)", self.own.len())
    }
}

impl Rates {
    /// The rates that are configured.
    pub fn new(options: &LimitOptions) -> Result<Self, Misconfigured> {
        Self::with_clock(options, MonotonicClock)
    }
}

impl<C: Clock + Clone> Rates<C> {
    /// The rates that are configured, measured with a clock that never goes back.
    pub fn with_clock(options: &LimitOptions, clock: C) -> Result<Self, Misconfigured> {
        let rate = |calls_per_second| Rate::new(calls_per_second, &clock);
        let mut own = HashMap::new();
        for (name, calls_per_second) in &options.methods {
            let path = format!("/{}", name.trim_start_matches('/'));
            let method = policy::method(&path).ok_or_else(|| {
                Misconfigured::new(
                    format!("limits.methods names {name:?}, which is no method"),
                    "write it like rapport.loyalty.v1.LoyaltyService/GetBalance",
                )
            })?;
            own.insert(method.path, rate(*calls_per_second));
        }
        Ok(Self {
            common: rate(options.calls_per_second),
            own,
            clock,
        })
    }

    /// Counts a call of a tenant, or refuses it.
    pub fn check(&self, tenant: &str, method: &'static policy::Method) -> Result<()> {
        let rate = match self.own.get(method.path) {
            Some(own) => own.as_ref(),
            None => self.common.as_ref(),
        };
        let Some(rate) = rate else { return Ok(()) };
        rate.forget_the_quiet();
        rate.limiter
            .check_key(&(tenant.to_owned(), method.path))
            .map_err(|not_until| {
                refused(
                    rate.calls_per_second,
                    method,
                    not_until.wait_time_from(self.clock.now()),
                )
            })
    }
}

impl<C: Clock + Clone> Rate<C> {
    /// A rate; none for 0, which is without limit.
    fn new(calls_per_second: u32, clock: &C) -> Option<Self> {
        NonZeroU32::new(calls_per_second).map(|calls_per_second| Self {
            calls_per_second,
            limiter: RateLimiter::dashmap_with_clock(Quota::per_second(calls_per_second), clock.clone()),
        })
    }

    /// Drops the counts that are as good as new, when there are many.
    fn forget_the_quiet(&self) {
        if self.limiter.len() > MOST_COUNTS {
            self.limiter.retain_recent();
            self.limiter.shrink_to_fit();
        }
    }
}

fn refused(calls_per_second: NonZeroU32, method: &policy::Method, wait: Duration) -> Error {
    Error::new(
        Reason::RateLimited,
        format!(
            "the tenant sends more than {calls_per_second} calls a second of {}; send it again later, and spread calls over time",
            method.path
        ),
    )
    .with("calls_per_second", calls_per_second)
    .with("method", method.path)
    .retry_after(wait)
}

#[cfg(test)]
mod tests {
    use governor::clock::FakeRelativeClock;

    use super::*;

    const BALANCE: &str = "rapport.loyalty.v1.LoyaltyService/GetBalance";
    const MEMBER: &str = "rapport.loyalty.v1.LoyaltyService/GetMember";

    fn method(name: &str) -> &'static policy::Method {
        policy::method(&format!("/{name}")).expect("the method is in the contract")
    }

    fn rates(common: u32, own: &[(&str, u32)]) -> (Rates<FakeRelativeClock>, FakeRelativeClock) {
        let clock = FakeRelativeClock::default();
        let options = LimitOptions {
            calls_per_second: common,
            methods: own
                .iter()
                .map(|(name, rate)| ((*name).to_owned(), *rate))
                .collect(),
            ..LimitOptions::default()
        };
        (Rates::with_clock(&options, clock.clone()).unwrap(), clock)
    }

    #[test]
    fn a_tenant_gets_its_rate_for_each_method_and_more_after_the_time_told() {
        let (rates, clock) = rates(2, &[]);
        for _ in 0..2 {
            rates.check("harbour", method(BALANCE)).unwrap();
        }
        let refused = rates.check("harbour", method(BALANCE)).unwrap_err();
        assert_eq!(refused.reason(), Reason::RateLimited);
        let wait = refused
            .retry_delay()
            .expect("the caller is told when to come again");
        assert!(wait <= Duration::from_millis(500), "{wait:?}");
        rates
            .check("other", method(BALANCE))
            .expect("another tenant is not held up");
        rates
            .check("harbour", method(MEMBER))
            .expect("another method is not held up");
        clock.advance(wait);
        rates
            .check("harbour", method(BALANCE))
            .expect("the time told is enough");
    }

    #[test]
    fn a_method_can_have_a_rate_of_its_own_or_none() {
        let (rates, _) = rates(1, &[(BALANCE, 3), (MEMBER, 0)]);
        for _ in 0..3 {
            rates.check("harbour", method(BALANCE)).unwrap();
        }
        rates.check("harbour", method(BALANCE)).unwrap_err();
        for _ in 0..100 {
            rates.check("harbour", method(MEMBER)).unwrap();
        }
    }

    #[test]
    fn counts_of_quiet_tenants_are_dropped() {
        let (rates, clock) = rates(1, &[]);
        for tenant in 0..=MOST_COUNTS {
            rates.check(&tenant.to_string(), method(BALANCE)).unwrap();
        }
        clock.advance(Duration::from_secs(2));
        rates.check("harbour", method(BALANCE)).unwrap();
        let kept = rates.common.as_ref().map(|rate| rate.limiter.len());
        assert_eq!(kept, Some(1));
    }

    #[test]
    fn a_rate_for_an_unknown_method_is_refused() {
        let options = LimitOptions {
            methods: [("GetBalance".to_owned(), 1)].into(),
            ..LimitOptions::default()
        };
        let wrong = Rates::new(&options).unwrap_err();
        assert!(wrong.what.contains("\"GetBalance\""), "{wrong}");
    }
}
