//! Time and new identifiers: the only place where either is taken from outside.
//!
//! Everything that needs the time is given a [`Clock`]. Tests give a [`ManualClock`] and move it by years.

use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicI64, Ordering},
    },
};

use jiff::Timestamp;
use uuid::{NoContext, Uuid};

/// Where the time comes from. Cheap to clone.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> Timestamp + Send + Sync>);

impl Clock {
    /// The machine's clock.
    pub fn system() -> Self {
        Self(Arc::new(Timestamp::now))
    }

    /// The present moment, to the microsecond: that is how moments are stored.
    pub fn now(&self) -> Timestamp {
        let exact = (self.0)();
        Timestamp::from_microsecond(exact.as_microsecond()).unwrap_or(exact)
    }

    /// A new identifier (UUID version 7): ordered by time, unique for ever.
    pub fn new_id(&self) -> Uuid {
        let now = self.now();
        let seconds = u64::try_from(now.as_second()).unwrap_or_default();
        let nanos = u32::try_from(now.subsec_nanosecond()).unwrap_or_default();
        Uuid::new_v7(uuid::Timestamp::from_unix(NoContext, seconds, nanos))
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Clock({})", self.now())
    }
}

/// A clock that stands still until it is moved: for tests and for replays.
#[derive(Debug, Clone)]
pub struct ManualClock(Arc<AtomicI64>);

impl ManualClock {
    /// A clock that stands at a moment.
    pub fn at(moment: Timestamp) -> Self {
        Self(Arc::new(AtomicI64::new(moment.as_microsecond())))
    }

    /// Moves the clock to a moment, forward or back.
    pub fn set(&self, moment: Timestamp) {
        self.0.store(moment.as_microsecond(), Ordering::SeqCst);
    }

    /// The clock as others see it.
    pub fn clock(&self) -> Clock {
        let micros = Arc::clone(&self.0);
        Clock(Arc::new(move || {
            Timestamp::from_microsecond(micros.load(Ordering::SeqCst)).unwrap_or(Timestamp::UNIX_EPOCH)
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_manual_clock_moves_only_when_it_is_set() {
        let manual = ManualClock::at("1997-01-01T00:00:00Z".parse().unwrap());
        let clock = manual.clock();
        assert_eq!(clock.now().to_string(), "1997-01-01T00:00:00Z");
        manual.set("2030-02-28T12:00:00Z".parse().unwrap());
        assert_eq!(clock.now().to_string(), "2030-02-28T12:00:00Z");
    }

    #[test]
    fn new_identifiers_differ_and_are_of_version_seven() {
        let clock = Clock::system();
        let (first, second) = (clock.new_id(), clock.new_id());
        assert_ne!(first, second);
        assert_eq!(first.get_version_num(), 7);
    }
}
