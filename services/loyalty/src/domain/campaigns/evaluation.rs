//! What an activity earns, and why.

use std::{fmt, sync::Arc};

use jiff::Timestamp;
use rapport_money::{Currency, Money};

use super::campaign::State;
use crate::domain::{expiry::Expiry, wallet::WalletTerms};

/// What an activity earns, and why.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Evaluation {
    /// The awards: that of the base rule first, then those of campaigns in the order of their ids. Together they give at
    /// most [`MOST_POINTS`](crate::domain::ledger::MOST_POINTS) of each wallet.
    pub awards: Vec<Awarded>,
    /// What became of each campaign, in the order of their ids.
    pub explanations: Vec<Explanation>,
}

/// Points that an activity earns by one rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Awarded {
    /// The rule.
    pub origin: Origin,
    /// Id of the wallet.
    pub wallet: String,
    /// How many, at least 1.
    pub points: i64,
    /// The points by the id of the line, in the order of the lines, each at least 1; they add up to all. Empty when the
    /// activity has no lines.
    pub by_line: Vec<(Arc<str>, i64)>,
    /// Days for which they stay pending, in place of what the wallet says.
    pub pending_days: Option<i32>,
    /// Months after which they expire, in place of what the wallet says; 0: never.
    pub expiry_months: Option<i32>,
}

impl Awarded {
    /// The terms of its wallet as they are for its points: with the expiry and the pending days of the campaign where it
    /// has its own.
    #[must_use]
    pub fn terms_in(&self, wallet: &WalletTerms) -> WalletTerms {
        let mut terms = wallet.clone();
        if let Some(months) = self.expiry_months {
            terms.expiry = Expiry::after_months(months);
        }
        if let Some(days) = self.pending_days {
            terms.pending_days = days;
        }
        terms
    }
}

/// The rule that gives points.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Origin {
    /// The earning rule of the program.
    Base,
    /// A campaign.
    Campaign {
        /// Its id.
        id: String,
        /// The version of its terms.
        version: i64,
    },
}

/// What became of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Explanation {
    /// Id of the campaign.
    pub campaign: String,
    /// The version of its terms.
    pub version: i64,
    /// What became of it. As text it is one sentence without a full stop.
    pub verdict: Verdict,
}

/// What became of a campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Verdict {
    /// It gives points.
    Applied {
        /// So many.
        points: i64,
        /// How they were reckoned.
        reckoning: Reckoning,
        /// What cut them, in the order in which it did.
        cuts: Vec<Cut>,
    },
    /// It is about another kind of activity.
    OtherTrigger,
    /// It is not live.
    NotLive(State),
    /// The activity happened before its window or after it.
    OutsideWindow {
        /// Its beginning, if it has one.
        from: Option<Timestamp>,
        /// Its end, if it has one.
        until: Option<Timestamp>,
    },
    /// The amount is in another currency, or there is none.
    OtherCurrency {
        /// The one that counts.
        wanted: Currency,
    },
    /// The amount is too small.
    BelowMinimum {
        /// The least that counts.
        minimum: Money,
    },
    /// The condition does not hold.
    ConditionNotMet,
    /// The condition on lines holds for none.
    NoLineCounts,
    /// It comes to no points.
    Nothing {
        /// How that was reckoned.
        reckoning: Reckoning,
    },
    /// Another one of the same group gives points.
    Superseded {
        /// Id of the other.
        by: String,
    },
    /// The member or the activity can get no more of it.
    CapReached {
        /// What says so.
        cap: Cap,
    },
    /// Its budget has nothing left, or not enough for this award and cuts none.
    BudgetExhausted {
        /// What is left.
        left: i64,
        /// What would be needed; none when that was not reckoned, for nothing is left.
        needed: Option<i64>,
    },
    /// Something in it is wrong: it gives nothing.
    Faulty {
        /// The field, as in `campaign.condition`.
        field: &'static str,
        /// What is wrong, with its place.
        fault: String,
    },
}

/// How points were reckoned, before caps and budget.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reckoning {
    /// So many, rounded.
    pub points: i64,
    /// Of what.
    pub of: Ground,
}

/// What points are reckoned of.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ground {
    /// The same for each activity.
    Fixed,
    /// Points for money.
    Rate {
        /// The money that counts, in minor units.
        amount_minor: i64,
        /// Points …
        points: i64,
        /// … for this much in minor units.
        per_amount_minor: i64,
    },
    /// More than the base gives.
    Multiplier {
        /// What the base gives for what counts.
        base_points: i64,
        /// How many times that in thousandths.
        thousandths: i64,
    },
    /// What an expression gave.
    Amount {
        /// Its value, as text.
        value: String,
    },
    /// Points for money by category.
    Table {
        /// The money that counts, in minor units.
        amount_minor: i64,
    },
}

/// Something that cut points.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Cut {
    /// What.
    pub cap: Cap,
    /// From so many points …
    pub from: i64,
    /// … to so many.
    pub to: i64,
}

/// What bounds the points of a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cap {
    /// Points for one activity.
    Order,
    /// Points for one member.
    Member,
    /// Points for one member on one day.
    MemberDay,
    /// Points for one member in one month.
    MemberMonth,
    /// Activities of one member that get points.
    MemberAwards,
    /// The budget.
    Budget,
    /// What a balance can hold, of all awards for the activity together.
    Balance,
}

impl fmt::Display for Cap {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Order => "the cap for one activity",
            Self::Member => "the cap for one member",
            Self::MemberDay => "the cap for one member and day",
            Self::MemberMonth => "the cap for one member and month",
            Self::MemberAwards => "the cap of awards for one member",
            Self::Budget => "the budget",
            Self::Balance => "what a balance can hold",
        })
    }
}

impl fmt::Display for Reckoning {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let points = self.points;
        match &self.of {
            Ground::Fixed => write!(f, "{points} for each activity"),
            Ground::Rate {
                amount_minor,
                points: rate,
                per_amount_minor,
            } => write!(
                f,
                "{points}: {rate} for each {per_amount_minor} of {amount_minor} minor units"
            ),
            Ground::Multiplier {
                base_points,
                thousandths,
            } => {
                let (whole, part) = (thousandths / 1000, thousandths % 1000);
                write!(
                    f,
                    "{points}: from 1 to {whole}.{part:03} times the base of {base_points}"
                )
            }
            Ground::Amount { value } => write!(f, "{points}: the expression gave {value}"),
            Ground::Table { amount_minor } => {
                write!(f, "{points}: by the categories of {amount_minor} minor units")
            }
        }
    }
}

impl fmt::Display for Verdict {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Applied {
                points,
                reckoning,
                cuts,
            } => {
                write!(f, "gives {points} points (reckoned {reckoning}")?;
                for cut in cuts {
                    write!(f, "; {} cut {} to {}", cut.cap, cut.from, cut.to)?;
                }
                f.write_str(")")
            }
            Self::OtherTrigger => f.write_str("is about another kind of activity"),
            Self::NotLive(state) => write!(f, "is {state}"),
            Self::OutsideWindow { from, until } => {
                f.write_str("runs ")?;
                match (from, until) {
                    (Some(from), Some(until)) => write!(f, "from {from} until before {until}"),
                    (Some(from), None) => write!(f, "from {from} on"),
                    (None, Some(until)) => write!(f, "until before {until}"),
                    (None, None) => f.write_str("always"),
                }
            }
            Self::OtherCurrency { wanted } => write!(f, "counts amounts in {wanted} only"),
            Self::BelowMinimum { minimum } => write!(f, "counts amounts from {minimum} on"),
            Self::ConditionNotMet => f.write_str("has a condition that does not hold"),
            Self::NoLineCounts => f.write_str("counts none of the lines"),
            Self::Nothing { reckoning } => write!(f, "comes to no points (reckoned {reckoning})"),
            Self::Superseded { by } => write!(f, "stands back behind {by:?} of the same group"),
            Self::CapReached { cap } => write!(f, "gives no more: {cap} is reached"),
            Self::BudgetExhausted {
                left,
                needed: Some(needed),
            } => write!(
                f,
                "gives nothing: {left} points are left of its budget, {needed} would be needed"
            ),
            Self::BudgetExhausted { needed: None, .. } => f.write_str("gives nothing: its budget is used up"),
            Self::Faulty { field, fault } => write!(f, "gives nothing, for {field} goes wrong: {fault}"),
        }
    }
}
