//! When something is valid: periods, and how long what was received can be used.

use jiff::{Timestamp, tz::TimeZone};
use rapport_status::FieldViolation;

use crate::domain::calendar::end_of_days_after;

/// Most days of a lifetime or a deadline: a hundred years.
pub const MOST_DAYS: i32 = 36_500;

/// From when until when something is so. An end that is not set is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Period {
    /// The first moment.
    pub from: Option<Timestamp>,
    /// The first moment after it.
    pub until: Option<Timestamp>,
}

impl Period {
    /// Whether a moment lies in the period.
    pub fn contains(&self, moment: Timestamp) -> bool {
        !self.begins_after(moment) && !self.has_ended(moment)
    }

    /// Whether the period has not begun at a moment.
    pub fn begins_after(&self, moment: Timestamp) -> bool {
        self.from.is_some_and(|from| moment < from)
    }

    /// Whether the period is over at a moment.
    pub fn has_ended(&self, moment: Timestamp) -> bool {
        self.until.is_some_and(|until| until <= moment)
    }

    /// Reports an end that does not lie after the beginning.
    pub fn check(&self, path: &str, found: &mut Vec<FieldViolation>) {
        if let (Some(from), Some(until)) = (self.from, self.until)
            && until <= from
        {
            found.push(FieldViolation::new(
                format!("{path}.until"),
                format!("must lie after its beginning, {from}"),
            ));
        }
    }
}

/// How long something that a member received can be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Lifetime {
    /// For ever.
    #[default]
    Unlimited,
    /// Until the end of the day that lies this many days after that of receiving it, 0 (the same day) or more.
    Days(i32),
    /// Until a moment, whenever it was received.
    Until(Timestamp),
}

impl Lifetime {
    /// The first moment at which what was received at a moment can be used no more; none means never.
    pub fn end(self, received: Timestamp, time_zone: &TimeZone) -> Option<Timestamp> {
        match self {
            Self::Unlimited => None,
            Self::Days(days) => Some(end_of_days_after(received, days, time_zone)),
            Self::Until(until) => Some(until),
        }
    }

    /// Reports days out of range.
    pub fn check(self, path: &str, found: &mut Vec<FieldViolation>) {
        if let Self::Days(days) = self
            && !(0..=MOST_DAYS).contains(&days)
        {
            found.push(FieldViolation::new(
                format!("{path}.days"),
                format!("must be 0 (the same day) to {MOST_DAYS}"),
            ));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[test]
    fn a_period_contains_its_first_moment_and_not_its_end() {
        let period = Period {
            from: Some(moment("2026-01-01T00:00:00Z")),
            until: Some(moment("2026-02-01T00:00:00Z")),
        };
        for (at, inside) in [
            ("2025-12-31T23:59:59.999999Z", false),
            ("2026-01-01T00:00:00Z", true),
            ("2026-01-31T23:59:59.999999Z", true),
            ("2026-02-01T00:00:00Z", false),
        ] {
            assert_eq!(period.contains(moment(at)), inside, "{at}");
        }
        assert!(Period::default().contains(Timestamp::MIN) && Period::default().contains(Timestamp::MAX));
    }

    #[test]
    fn a_period_ends_after_it_begins() {
        let at = Some(moment("2026-01-01T00:00:00Z"));
        let later = Some(moment("2026-01-01T00:00:00.000001Z"));
        for (from, until, wrong) in [
            (at, at, 1),
            (later, at, 1),
            (at, later, 0),
            (None, at, 0),
            (at, None, 0),
        ] {
            let mut found = Vec::new();
            Period { from, until }.check("reward.published", &mut found);
            assert_eq!(found.len(), wrong, "{from:?} {until:?}");
            assert!(
                found
                    .iter()
                    .all(|violation| violation.field == "reward.published.until")
            );
        }
    }

    #[test]
    fn lifetimes_have_bounds() {
        for (days, wrong) in [(-1, 1), (0, 0), (MOST_DAYS, 0), (MOST_DAYS + 1, 1)] {
            let mut found = Vec::new();
            Lifetime::Days(days).check("reward.received", &mut found);
            assert_eq!(found.len(), wrong, "{days}");
            assert!(
                found
                    .iter()
                    .all(|violation| violation.field == "reward.received.days")
            );
        }
    }

    #[test]
    fn what_is_received_ends_as_its_lifetime_says() {
        let received = moment("2026-01-31T10:00:00Z");
        let until = moment("2026-06-01T00:00:00Z");
        for (lifetime, end) in [
            (Lifetime::Unlimited, None),
            (Lifetime::Days(0), Some(moment("2026-02-01T00:00:00Z"))),
            (Lifetime::Days(28), Some(moment("2026-03-01T00:00:00Z"))),
            (Lifetime::Until(until), Some(until)),
        ] {
            assert_eq!(lifetime.end(received, &TimeZone::UTC), end, "{lifetime:?}");
        }
    }
}
