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

/// A tenant, and the place of a method in the contract's table.
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
