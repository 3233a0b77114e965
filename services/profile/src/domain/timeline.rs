//! The timeline of a customer: purchases, returns, and moves between lifecycle stages, the newest first.

use std::cmp::Reverse;

use jiff::{Timestamp, tz::Offset};

use super::{purchase::Purchase, stage::StageChange};

/// One thing that happened with a customer.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum TimelineEntry {
    /// A sale or a return.
    Purchase(Purchase),
    /// A move to another lifecycle stage.
    StageChange(StageChange),
}

/// Where an entry stands. The newest first; of one moment, the change of stage before the purchase that caused it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Position {
    /// When it happened; a change of stage at the beginning of its day.
    pub time: Timestamp,
    /// [`PURCHASE_RANK`] or [`STAGE_CHANGE_RANK`].
    pub rank: i64,
    /// Tells entries of one moment and kind apart.
    pub id: String,
}

/// The rank of purchases within a moment.
pub(crate) const PURCHASE_RANK: i64 = 0;
/// The rank of changes of stage within a moment.
pub(crate) const STAGE_CHANGE_RANK: i64 = 1;

impl TimelineEntry {
    /// Where the entry stands.
    pub(crate) fn position(&self) -> Position {
        match self {
            Self::Purchase(purchase) => Position {
                time: purchase.content.time,
                rank: PURCHASE_RANK,
                id: purchase.id.clone(),
            },
            Self::StageChange(change) => Position {
                time: beginning_of(change.date),
                rank: STAGE_CHANGE_RANK,
                id: format!("{:010}", change.number),
            },
        }
    }
}

/// Merges entries into one list, the newest first.
pub(crate) fn merged(mut entries: Vec<TimelineEntry>) -> Vec<TimelineEntry> {
    entries.sort_by_cached_key(|entry| Reverse(entry.position()));
    entries
}

/// The first moment of a day (UTC).
pub(crate) fn beginning_of(date: jiff::civil::Date) -> Timestamp {
    let midnight = date.at(0, 0, 0, 0);
    Offset::UTC.to_timestamp(midnight).unwrap_or(Timestamp::MIN)
}
