//! What members do, and what of it is undone.

use jiff::{Timestamp, civil::Date};
use rapport_money::Money;
use rapport_status::{Error, FieldViolation, Reason};

use crate::domain::engagement::{check_range, check_text, require_past};

/// Largest amount of an activity in minor units. Sums of many such amounts still fit.
pub const LARGEST_AMOUNT: i64 = 1_000_000_000_000;

/// Something that a member did. An order of several categories is one activity for each line.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Activity {
    /// Its id, unique for the member.
    pub id: String,
    /// What it was, such as `purchase`, `visit` or `review`.
    pub kind: String,
    /// When.
    pub time: Timestamp,
    /// What the member paid; none when there was nothing to pay.
    pub amount: Option<Money>,
    /// The category of what was bought.
    pub category: Option<String>,
    /// Where.
    pub location: Option<String>,
}

/// That an activity is undone, in whole or in part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reversal {
    /// Its id, unique for the activity.
    pub id: String,
    /// The activity.
    pub activity: String,
    /// How much of its amount, in minor units; none means all of it.
    pub minor: Option<i64>,
}

/// Which instance of a challenge: the first day of its day, week or month; none for a challenge that does not recur.
pub type Instance = Option<Date>;

impl Activity {
    /// Refuses an activity that nobody can have done.
    pub(super) fn check(&self, now: Timestamp) -> Result<(), Error> {
        let mut found: Vec<FieldViolation> = Vec::new();
        check_text("activity.id", &self.id, &mut found);
        check_text("activity.kind", &self.kind, &mut found);
        for (field, text) in [("category", &self.category), ("location", &self.location)] {
            if let Some(text) = text {
                check_text(&format!("activity.{field}"), text, &mut found);
            }
        }
        if let Some(amount) = self.amount {
            check_range("activity.amount", amount.minor, (0, LARGEST_AMOUNT), &mut found);
        }
        if !found.is_empty() {
            return Err(Error::invalid(Reason::InvalidFields, found));
        }
        require_past("activity.time", self.time, now)
    }

    /// What is left of it after some reversals: the amount in minor units, 0 when there was nothing to pay; none when it
    /// is undone. An activity with an amount is undone when all of it was given back; one without, by a reversal of all.
    pub(super) fn left_after<'r>(&self, reversals: impl Iterator<Item = &'r Reversal>) -> Option<i64> {
        let amount = self.amount.map_or(0, |amount| amount.minor);
        let mut left = i128::from(amount);
        for reversal in reversals {
            left -= i128::from(reversal.minor?);
        }
        if amount > 0 && left <= 0 {
            return None;
        }
        i64::try_from(left.max(0)).ok()
    }
}

impl Reversal {
    /// Refuses a reversal that says nothing.
    pub(super) fn check(&self) -> Result<(), Error> {
        let mut found: Vec<FieldViolation> = Vec::new();
        check_text("reversal.id", &self.id, &mut found);
        check_text("reversal.activity", &self.activity, &mut found);
        if let Some(minor) = self.minor {
            check_range("reversal.minor", minor, (1, LARGEST_AMOUNT), &mut found);
        }
        if found.is_empty() {
            Ok(())
        } else {
            Err(Error::invalid(Reason::InvalidFields, found))
        }
    }
}
