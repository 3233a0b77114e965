//! How many calls are let in at a time: as many as do not hold each other up for long.
//!
//! A fixed limit is either too low for fast calls or too high for slow ones. By Little's law, calls under way = calls
//! answered a second × time that one takes: beyond what the machine can do, each further call makes all of them slower
//! and none more. So the limit follows the time by which calls are held up: the time that a call took beyond what its
//! method usually takes when little is going on. While calls are held up for less than a tolerated time on average,
//! more are let in, step by step; when they are held up for longer, the limit goes down in proportion, down to a least
//! value. The tolerated time is a configured one, or as much as the method usually takes if that is more: on slow
//! storage calls may take twice as long as when alone.
//!
//! This is the pure part; [`crate::gate`] counts and tells the time.

use std::{
    collections::HashMap,
    time::{Duration, Instant},
};

/// The limit is set anew after this time, if enough calls have ended.
const WINDOW: Duration = Duration::from_millis(100);

/// Calls that must have ended for the limit to be set anew.
const LEAST_ENDED: u32 = 20;

/// With this many calls under way or fewer, little is going on.
const QUIET: usize = 4;

/// Most that one call counts, in tolerated times: a single odd call does not shut the others out.
const MOST_OF_ONE: f64 = 4.0;

/// Below this share of the tolerated time, more calls are let in.
const COMFORTABLE: f64 = 0.8;

/// A limit that follows what it sees.
#[derive(Debug)]
pub(crate) struct AdaptiveLimit {
    least: f64,
    most: f64,
    tolerated: f64,
    limit: f64,
    /// What calls of each method take in seconds when little is going on.
    usual: HashMap<&'static str, f64>,
    window: Option<Window>,
}

#[derive(Debug)]
struct Window {
    begun: Instant,
    ended: u32,
    held_up: f64,
    tolerated: f64,
}

impl AdaptiveLimit {
    /// A limit that begins with the most calls at a time, and never goes below the least.
    pub(crate) fn new(least: usize, most: usize, tolerated: Duration) -> Self {
        let (least, most) = (as_number(least.min(most)), as_number(most));
        Self {
            least,
            most,
            tolerated: tolerated.as_secs_f64(),
            limit: most,
            usual: HashMap::new(),
            window: None,
        }
    }

    /// Takes note of a call that ended, of how long it took, and of how many others were under way when it began or
    /// ended, whichever was more. Gives the new limit when it is time for one.
    pub(crate) fn ended(
        &mut self,
        now: Instant,
        method: &'static str,
        took: Duration,
        others: usize,
    ) -> Option<usize> {
        let took = took.as_secs_f64();
        let usual = self.learn(method, took, others);
        let tolerated = self.tolerated.max(usual);
        let window = self.window.get_or_insert(Window {
            begun: now,
            ended: 0,
            held_up: 0.0,
            tolerated: 0.0,
        });
        window.ended += 1;
        window.held_up += (took - usual).clamp(0.0, tolerated * MOST_OF_ONE);
        window.tolerated += tolerated;
        if window.ended < LEAST_ENDED || now.saturating_duration_since(window.begun) < WINDOW {
            return None;
        }
        let share = window.held_up / window.tolerated;
        self.window = None;
        Some(self.adapt(share))
    }

    /// What a call of a method takes when little is going on. As long as that was never seen, it is taken for nothing:
    /// a server that starts in the middle of a flood must not take the flood for the usual.
    fn learn(&mut self, method: &'static str, took: f64, others: usize) -> f64 {
        let usual = self.usual.get(method).copied();
        let learned = match usual {
            None if others <= QUIET => took,
            Some(usual) if took < usual => usual + (took - usual) * 0.2,
            Some(usual) if others <= QUIET => usual + (took - usual) * 0.05,
            known => return known.unwrap_or_default(),
        };
        self.usual.insert(method, learned);
        learned
    }

    /// Sets the limit by how long calls were held up, as a share of the time that is tolerated.
    fn adapt(&mut self, share: f64) -> usize {
        if share > 1.0 {
            self.limit *= (1.0 / share).clamp(0.5, 0.95);
        } else if share < COMFORTABLE {
            self.limit += self.limit.sqrt();
        }
        self.limit = self.limit.clamp(self.least, self.most);
        as_count(self.limit)
    }
}

#[allow(clippy::cast_precision_loss, reason = "limits are far below 2^52")]
fn as_number(count: usize) -> f64 {
    count as f64
}

#[allow(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a limit is between the least and the most, which were counts"
)]
fn as_count(number: f64) -> usize {
    number as usize
}

#[cfg(test)]
mod tests {
    use super::*;

    const METHOD: &str = "/rapport.loyalty.v1.LoyaltyService/EarnPoints";

    /// A machine that answers so many calls a second, whatever comes, and each at best after so long.
    struct Machine {
        calls_per_second: f64,
        alone: Duration,
        now: Instant,
    }

    impl Machine {
        fn new(calls_per_second: f64, alone_millis: u64) -> Self {
            Self {
                calls_per_second,
                alone: Duration::from_millis(alone_millis),
                now: Instant::now(),
            }
        }

        /// How long a call takes with so many under way: Little's law.
        fn takes(&self, under_way: usize) -> Duration {
            let queued = Duration::from_secs_f64(as_number(under_way) / self.calls_per_second);
            queued.max(self.alone)
        }

        /// Offers `wanted` calls at a time for some seconds; gives the number that were let in at the end.
        fn run(&mut self, limit: &mut AdaptiveLimit, wanted: usize, seconds: f64) -> usize {
            let end = self.now + Duration::from_secs_f64(seconds);
            let mut most = as_count(limit.limit);
            while self.now < end {
                let under_way = wanted.min(most);
                let took = self.takes(under_way);
                // Calls end one after the other, at the pace of the machine or at that of their callers.
                self.now += took.div_f64(as_number(under_way.max(1)));
                if let Some(new) = limit.ended(self.now, METHOD, took, under_way) {
                    most = new;
                }
            }
            wanted.min(most)
        }
    }

    #[test]
    fn under_a_flood_calls_are_held_up_no_longer_than_tolerated() {
        for (calls_per_second, alone) in [(2_000.0, 1), (20_000.0, 1), (50_000.0, 2)] {
            let mut machine = Machine::new(calls_per_second, alone);
            let mut limit = AdaptiveLimit::new(8, 4_096, Duration::from_millis(10));
            machine.run(&mut limit, 2, 1.0);
            let let_in = machine.run(&mut limit, 1_000_000, 5.0);
            let held_up = machine.takes(let_in).saturating_sub(machine.alone);
            assert!(
                held_up < Duration::from_millis(14) && held_up > Duration::from_millis(5),
                "{let_in} calls at a time at {calls_per_second}/s are held up for {held_up:?}"
            );
        }
    }

    #[test]
    fn a_flood_is_dammed_within_a_second_and_forgotten_within_five() {
        let mut machine = Machine::new(8_000.0, 1);
        let mut limit = AdaptiveLimit::new(8, 1_024, Duration::from_millis(10));
        machine.run(&mut limit, 2, 1.0);
        assert_eq!(as_count(limit.limit), 1_024, "it begins open");
        let let_in = machine.run(&mut limit, 10_000, 1.0);
        assert!(let_in < 150, "{let_in} calls at a time after a second");
        machine.run(&mut limit, 10, 5.0);
        assert_eq!(as_count(limit.limit), 1_024, "five quiet seconds open it again");
    }

    #[test]
    fn on_slow_storage_calls_may_take_twice_as_long_as_alone() {
        let mut machine = Machine::new(1_000.0, 100);
        let mut limit = AdaptiveLimit::new(8, 4_096, Duration::from_millis(10));
        machine.run(&mut limit, 2, 10.0);
        let let_in = machine.run(&mut limit, 1_000_000, 20.0);
        let takes = machine.takes(let_in);
        assert!(
            takes > Duration::from_millis(150) && takes < Duration::from_millis(250),
            "{let_in} calls at a time take {takes:?}"
        );
    }

    #[test]
    fn never_fewer_than_the_least_nor_more_than_the_most_are_let_in() {
        let mut machine = Machine::new(100.0, 1);
        let mut limit = AdaptiveLimit::new(64, 1_024, Duration::from_millis(10));
        assert_eq!(machine.run(&mut limit, 1_000_000, 60.0), 64);
        let mut machine = Machine::new(1e9, 1);
        assert_eq!(machine.run(&mut limit, 1_000_000, 10.0), 1_024);
    }

    #[test]
    fn one_odd_call_shuts_nobody_out() {
        let mut limit = AdaptiveLimit::new(8, 1_024, Duration::from_millis(10));
        let mut now = Instant::now();
        for call in 0..1_000 {
            now += Duration::from_millis(5);
            let took = Duration::from_millis(if call % 100 == 99 { 20_000 } else { 1 });
            limit.ended(now, METHOD, took, 10);
        }
        assert_eq!(as_count(limit.limit), 1_024);
    }
}
