//! Windows, and when validity ends. Ends are the first day on which something does not hold any more.

use jiff::{ToSpan as _, civil::Date};

use super::config::{Grace, Validity, Window};
use crate::domain::calendar::{tomorrow, yesterday};

impl Window {
    /// The first day of the window that a day lies in, and the first day of the one after. `None` for rolling windows.
    pub fn span(self, day: Date, enrolled: Date) -> Option<(Date, Date)> {
        match self {
            Self::CalendarYear { first_month } => {
                let years_back = i16::from(day.month() < first_month);
                let start = first_of_month(day.year() - years_back, first_month);
                Some((start, start.saturating_add(1.year())))
            }
            Self::MembershipYear => {
                let anniversary = |year| anniversary(enrolled, year);
                let year = day.year() - i16::from(anniversary(day.year()) > day);
                Some((anniversary(year), anniversary(year + 1)))
            }
            Self::RollingMonths(_) | Self::RollingDays(_) => None,
        }
    }

    /// The first day on which an event of a day does not count any more. `None` when the window is not rolling.
    pub fn leave_day(self, day: Date) -> Option<Date> {
        match self {
            Self::RollingMonths(months) => Some(day.saturating_add(months.months())),
            Self::RollingDays(days) => Some(day.saturating_add(days.days())),
            Self::CalendarYear { .. } | Self::MembershipYear => None,
        }
    }
}

impl Validity {
    /// The first day on which a tier is not valid any more that was reached on a day.
    pub fn end(self, window: Window, day: Date, enrolled: Date) -> Date {
        let after = |day| window.span(day, enrolled).map_or(day, |(_, next)| next);
        match self {
            Self::EndOfWindow => after(day),
            Self::EndOfNextWindow => after(after(day)),
            Self::Months(months) => tomorrow(day.saturating_add(months.months()).last_of_month()),
        }
    }

    /// The first day after a soft landing that happens on a day.
    pub(super) fn landing_end(self, window: Window, day: Date, enrolled: Date) -> Date {
        match self {
            Self::EndOfWindow | Self::EndOfNextWindow => Self::EndOfWindow.end(window, day, enrolled),
            Self::Months(_) => self.end(window, yesterday(day), enrolled),
        }
    }
}

impl Grace {
    /// The first day after the grace period that begins on a day. `None` without grace.
    pub fn end(self, day: Date) -> Option<Date> {
        match self {
            Self::None => None,
            Self::Days(days) => Some(day.saturating_add(days.days())),
            Self::Months(months) => Some(day.saturating_add(months.months())),
        }
    }
}

/// The anniversary of a day in a year: 28 February for a leap day in a year that has none.
fn anniversary(day: Date, year: i16) -> Date {
    Date::new(year, day.month(), day.day())
        .or_else(|_| Date::new(year, day.month(), 28))
        .unwrap_or(Date::MAX)
}

fn first_of_month(year: i16, month: i8) -> Date {
    Date::new(year, month, 1).unwrap_or(Date::MIN)
}
