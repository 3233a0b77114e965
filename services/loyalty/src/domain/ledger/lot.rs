//! Lots: points that came together, are released together and expire together.

use jiff::{Timestamp, tz::Offset};
use uuid::Uuid;

/// Points that came together.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Its id. A transaction that opens one lot gives it its own id.
    pub id: Uuid,
    /// Number of the transaction that opened it: tells which of two lots is older.
    pub number: i64,
    /// Points at first.
    pub original: i64,
    /// Points left, reserved ones included.
    pub remaining: i64,
    /// Points that open holds keep.
    pub reserved: i64,
    /// From when on its points no longer count; none means never.
    pub expire_time: Option<Timestamp>,
    /// The month in which its points were first given; a transfer to another member keeps it.
    pub vintage: Vintage,
    /// What its points wait for before they can be spent; none means that they can be.
    pub pending: Option<Pending>,
}

/// What points wait for before they can be spent.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Pending {
    /// They are released by themselves from then on; none means that somebody has to release them.
    pub release_time: Option<Timestamp>,
    /// Names what releases or cancels them, such as a stay or an order; may be empty.
    pub release_key: String,
}

impl Pending {
    fn is_due(&self, now: Timestamp) -> bool {
        self.release_time.is_some_and(|release_time| release_time <= now)
    }
}

impl Lot {
    /// Points that no hold keeps.
    pub fn free(&self) -> i64 {
        self.remaining - self.reserved
    }

    /// Points that can be spent unless they have expired: none while the lot is pending.
    pub fn spendable(&self) -> i64 {
        if self.pending.is_some() { 0 } else { self.free() }
    }

    /// Whether its points no longer count at a moment.
    pub fn has_expired(&self, now: Timestamp) -> bool {
        self.expire_time.is_some_and(|expire_time| expire_time <= now)
    }

    /// Whether its points wait no longer at a moment.
    pub(super) fn is_to_be_released(&self, now: Timestamp) -> bool {
        self.pending.as_ref().is_some_and(|pending| pending.is_due(now))
    }

    /// When something happens to it by itself: it is released, or expires.
    pub fn due_time(&self) -> Option<Timestamp> {
        let release = self.pending.as_ref().and_then(|pending| pending.release_time);
        let expiry = self
            .expire_time
            .filter(|_| self.spendable() > 0 || self.pending.is_some());
        release
            .into_iter()
            .chain(expiry)
            .min()
            .filter(|_| self.free() > 0)
    }
}

/// Which lots are spent first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Default)]
pub enum BurnOrder {
    /// What expires first; of lots that expire together or never, the older.
    #[default]
    FirstExpiring,
    /// The oldest.
    Oldest,
    /// The youngest.
    Youngest,
}

impl BurnOrder {
    /// By this, lots are sorted.
    pub(super) fn place(self, lot: &Lot) -> (Timestamp, bool, i64, Uuid) {
        match self {
            Self::FirstExpiring => (
                lot.expire_time.unwrap_or(Timestamp::MAX),
                lot.expire_time.is_none(),
                lot.number,
                lot.id,
            ),
            Self::Oldest => (Timestamp::MIN, false, lot.number, lot.id),
            Self::Youngest => (Timestamp::MIN, false, -lot.number, lot.id),
        }
    }
}

/// A calendar month (UTC): when points were first given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Vintage {
    year: i16,
    month: i8,
}

impl Vintage {
    /// The month of a moment.
    pub fn of(moment: Timestamp) -> Self {
        let day = Offset::UTC.to_datetime(moment).date();
        Self {
            year: day.year(),
            month: day.month(),
        }
    }
}

/// As `2026-11`.
impl std::fmt::Display for Vintage {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{:04}-{:02}", self.year, self.month)
    }
}

/// The reverse of its display.
impl std::str::FromStr for Vintage {
    type Err = NotAMonth;

    fn from_str(text: &str) -> Result<Self, NotAMonth> {
        let (year, month) = text.rsplit_once('-').ok_or(NotAMonth)?;
        let year = year.parse().map_err(|_| NotAMonth)?;
        let month = month.parse().map_err(|_| NotAMonth)?;
        if (1..=12).contains(&month) {
            Ok(Self { year, month })
        } else {
            Err(NotAMonth)
        }
    }
}

/// A text is no month such as `2026-11`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotAMonth;

impl std::fmt::Display for NotAMonth {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter.write_str("a month has the form 2026-11")
    }
}

impl std::error::Error for NotAMonth {}

#[cfg(test)]
mod tests {
    use super::*;

    fn moment(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    fn lot(expire_time: Option<&str>, number: i64) -> Lot {
        Lot {
            id: Uuid::from_u128(u128::from(number.unsigned_abs())),
            number,
            original: 10,
            remaining: 10,
            reserved: 0,
            expire_time: expire_time.map(moment),
            vintage: Vintage::of(moment("2026-11-05T00:00:00Z")),
            pending: None,
        }
    }

    #[test]
    fn a_vintage_is_a_month_of_universal_time() {
        let vintage = Vintage::of(moment("2026-11-30T23:30:00-02:00"));
        assert_eq!(vintage.to_string(), "2026-12");
        assert_eq!("2026-12".parse(), Ok(vintage));
        for wrong in ["", "2026", "2026-13", "2026-00", "x-01", "2026-x"] {
            assert_eq!(wrong.parse::<Vintage>(), Err(NotAMonth), "{wrong:?}");
        }
    }

    #[test]
    fn each_burn_order_sorts_lots_its_own_way() {
        let lots = [
            lot(None, 1),
            lot(Some("2027-02-01T00:00:00Z"), 2),
            lot(Some("2027-01-01T00:00:00Z"), 3),
            lot(Some("2027-01-01T00:00:00Z"), 4),
        ];
        for (order, expected) in [
            (BurnOrder::FirstExpiring, [3, 4, 2, 1]),
            (BurnOrder::Oldest, [1, 2, 3, 4]),
            (BurnOrder::Youngest, [4, 3, 2, 1]),
        ] {
            let mut sorted = lots.to_vec();
            sorted.sort_by_key(|lot| order.place(lot));
            let numbers: Vec<i64> = sorted.iter().map(|lot| lot.number).collect();
            assert_eq!(numbers, expected, "{order:?}");
        }
    }

    #[test]
    fn a_lot_is_due_when_it_is_released_or_expires_and_has_points_of_its_own() {
        let (release, expiry) = ("2026-12-01T00:00:00Z", "2027-01-01T00:00:00Z");
        let mut lot = lot(Some(expiry), 1);
        assert_eq!(lot.due_time(), Some(moment(expiry)));
        lot.reserved = 10;
        assert_eq!(lot.due_time(), None, "a hold keeps all of it");
        lot.reserved = 9;
        assert_eq!(lot.due_time(), Some(moment(expiry)));
        lot.pending = Some(Pending {
            release_time: Some(moment(release)),
            release_key: String::new(),
        });
        assert_eq!(lot.due_time(), Some(moment(release)));
        assert_eq!((lot.free(), lot.spendable()), (1, 0));
    }
}
