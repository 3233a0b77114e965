//! How urgent a case is.

use jiff::{SignedDuration, Timestamp};

/// How urgent a case is, the least urgent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub enum Priority {
    /// Can wait behind everything else.
    Low,
    /// The usual order.
    #[default]
    Normal,
    /// Before the usual ones.
    High,
    /// At once.
    Urgent,
}

impl Priority {
    /// Every priority, the least urgent first.
    pub const ALL: [Self; 4] = [Self::Low, Self::Normal, Self::High, Self::Urgent];

    /// Its word in filters and in the store: the name in the contract without the prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Low => "LOW",
            Self::Normal => "NORMAL",
            Self::High => "HIGH",
            Self::Urgent => "URGENT",
        }
    }

    /// The priority with a word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|priority| priority.name() == name)
    }

    /// Its place in the order of urgency: 1 for low to 4 for urgent.
    pub const fn rank(self) -> i32 {
        match self {
            Self::Low => 1,
            Self::Normal => 2,
            Self::High => 3,
            Self::Urgent => 4,
        }
    }

    /// Hours within which a case of this priority is to be resolved unless something else was said.
    pub const fn hours(self) -> i32 {
        match self {
            Self::Low => 168,
            Self::Normal => 72,
            Self::High => 24,
            Self::Urgent => 4,
        }
    }

    /// The deadline of a case of this priority that begins at a moment.
    pub fn due_time(self, from: Timestamp) -> Timestamp {
        hours_after(from, self.hours())
    }
}

/// The moment some hours after another; the last one that can be told when that would be beyond it.
pub fn hours_after(from: Timestamp, hours: i32) -> Timestamp {
    from.checked_add(SignedDuration::from_hours(i64::from(hours)))
        .unwrap_or(Timestamp::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn deadlines_are_those_of_the_contract() {
        let noon: Timestamp = "2026-03-01T12:00:00Z".parse().unwrap();
        for (priority, due) in [
            (Priority::Urgent, "2026-03-01T16:00:00Z"),
            (Priority::High, "2026-03-02T12:00:00Z"),
            (Priority::Normal, "2026-03-04T12:00:00Z"),
            (Priority::Low, "2026-03-08T12:00:00Z"),
        ] {
            assert_eq!(priority.due_time(noon), due.parse().unwrap(), "{priority:?}");
        }
    }

    #[test]
    fn a_deadline_beyond_the_end_of_time_is_the_end_of_time() {
        assert_eq!(Priority::Low.due_time(Timestamp::MAX), Timestamp::MAX);
    }

    #[test]
    fn the_order_of_priorities_is_the_order_of_their_ranks() {
        for pair in Priority::ALL.windows(2) {
            assert!(pair[0] < pair[1] && pair[0].rank() < pair[1].rank(), "{pair:?}");
        }
        assert_eq!(Priority::named("HIGH"), Some(Priority::High));
        assert_eq!(Priority::named("PRIORITY_HIGH"), None);
    }
}
