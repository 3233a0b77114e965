//! What the owner of a campaign decides.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::DateTime, tz::AmbiguousOffset, tz::TimeZone};
use rapport_money::{Currency, Money};

use crate::domain::activity::Trigger;

/// What the owner of a campaign decides.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Name that members see.
    pub title: String,
    /// The kind of activity that it is about.
    pub trigger: Trigger,
    /// When it runs.
    pub window: Window,
    /// An expression of `order` (purchases) or `activity` (anything else), `member`, `now` and `zone` that gives a bool:
    /// whether the activity counts. Empty: always.
    pub condition: String,
    /// An expression of `line` besides that gives a bool: which lines count. Empty: the activity as a whole. When no line
    /// counts, the campaign gives nothing.
    pub line_condition: String,
    /// How many points it gives.
    pub award: Award,
    /// How fractions of points are rounded, once for each award.
    pub rounding: Rounding,
    /// Id of the wallet that the points go into.
    pub wallet: String,
    /// Which other campaigns it goes together with.
    pub stacking: Stacking,
    /// The least amount of an activity that counts, in the currency that its amounts must have; none: any.
    pub minimum: Option<Money>,
    /// How much one activity or one member can get.
    pub caps: Caps,
    /// How many points it gives in all; none: without end.
    pub budget: Option<Budget>,
    /// Days for which its points stay pending, in place of what the wallet says; none: as the wallet says.
    pub pending_days: Option<i32>,
    /// Months after which its points expire, in place of what the wallet says; 0: never; none: as the wallet says.
    pub expiry_months: Option<i32>,
}

/// When a campaign runs: as the clocks of the program's time zone show it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Window {
    /// From this time on; none: without a beginning, so that what happened earlier counts as well when it is told late.
    pub from: Option<DateTime>,
    /// Up to but without this time; none: until it is ended.
    pub until: Option<DateTime>,
}

impl Window {
    /// The moments from which and before which it runs.
    ///
    /// A time that the clocks skip is the moment at which they jump, and of a time that they show twice it is the first:
    /// a window that ends when another begins neither overlaps it nor leaves a gap, also there.
    pub fn moments(&self, zone: &TimeZone) -> (Option<Timestamp>, Option<Timestamp>) {
        let moment = |time| moment_of(time, zone);
        (self.from.map(moment), self.until.map(moment))
    }
}

/// The first moment at which the clocks show a time or a later one; beyond the range of moments its end.
fn moment_of(time: DateTime, zone: &TimeZone) -> Timestamp {
    let beyond = if time.year() > 0 {
        Timestamp::MAX
    } else {
        Timestamp::MIN
    };
    let ambiguous = zone.to_ambiguous_timestamp(time);
    let offset = ambiguous.offset();
    match ambiguous.earlier() {
        // The earlier reading lies before the jump, which is the next change of the clocks.
        Ok(before) if matches!(offset, AmbiguousOffset::Gap { .. }) => zone
            .following(before)
            .next()
            .map_or(before, |jump| jump.timestamp()),
        Ok(moment) => moment,
        Err(_) => beyond,
    }
}

/// How many points an activity gets.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Award {
    /// The same for each activity.
    Fixed {
        /// How many, 1 to [`MOST_POINTS`](crate::domain::ledger::MOST_POINTS).
        points: i64,
    },
    /// Points for money: those of the lines that count, or of the whole amount without a condition on lines.
    Rate {
        /// Currency of the activities that count.
        currency: Currency,
        /// Points …
        points: i64,
        /// … for this much money in minor units.
        per_amount_minor: i64,
    },
    /// More than the base rule of the program gives: 2500 thousandths are two and a half times as much, of which the
    /// base gives the first and the campaign an extra award of one and a half. Purchases only. With a condition on
    /// lines, more for the lines that count.
    Multiplier {
        /// How many times the base in thousandths, 1001 to [`MOST_THOUSANDTHS`](super::MOST_THOUSANDTHS).
        thousandths: i64,
    },
    /// What an expression gives: of what conditions can speak of, and `lines`, those that count. An int, or a double,
    /// which is rounded.
    Amount {
        /// The expression.
        expression: String,
    },
    /// Points for money, by the category of the line.
    Table {
        /// Currency of the activities that count.
        currency: Currency,
        /// Points for so much money, by category, 0 or more, at most
        /// [`MOST_CATEGORIES`](super::MOST_CATEGORIES).
        points: BTreeMap<String, i64>,
        /// Points for so much money of any other category, 0 or more.
        default_points: i64,
        /// So much money in minor units.
        per_amount_minor: i64,
    },
}

/// What becomes of fractions of a point.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum Rounding {
    /// They are dropped.
    #[default]
    Down,
    /// From a half on they make a point.
    HalfUp,
    /// They always make a point.
    Up,
}

/// Which campaigns go together.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Stacking {
    /// Of the campaigns with the same group only one gives points for an activity; empty: it goes together with all.
    pub group: String,
    /// The one with the highest priority gives points; of the same priority the one that gives more, then the first id.
    pub priority: i32,
}

/// How much one activity or one member can get, in the whole life of the campaign where nothing else is said. None: no
/// bound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Caps {
    /// Most points for one activity.
    pub order_points: Option<i64>,
    /// Most points for one member.
    pub member_points: Option<i64>,
    /// Most points for one member on one day of the program's time zone.
    pub member_day_points: Option<i64>,
    /// Most points for one member in one calendar month.
    pub member_month_points: Option<i64>,
    /// Most activities of one member that get points.
    pub member_awards: Option<i64>,
}

/// How many points a campaign gives in all.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Budget {
    /// So many.
    pub points: i64,
    /// What becomes of an award for which not enough is left.
    pub when_exhausted: WhenExhausted,
}

/// What becomes of an award for which not enough of the budget is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum WhenExhausted {
    /// It is cut to what is left.
    #[default]
    Cut,
    /// It is not given; smaller ones can still be.
    Skip,
}
