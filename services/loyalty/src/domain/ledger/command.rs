//! What can be asked of an account.

use jiff::Timestamp;
use uuid::Uuid;

use super::sale::SaleKey;

/// What a statement says about a movement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Note {
    /// Why, in words.
    pub reason: String,
    /// What caused it: a purchase, a case, a hold, or the request id of a call.
    pub cause: String,
}

/// Something that an account is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Give points.
    Earn {
        /// How many, at least 1.
        points: i64,
        /// When they expire; none means never. Must be in the future.
        expire_time: Option<Timestamp>,
        /// For the statement.
        note: Note,
    },
    /// Give points because a case was resolved.
    Compensate {
        /// How many, at least 1.
        points: i64,
        /// When they expire; none means never.
        expire_time: Option<Timestamp>,
        /// For the statement.
        note: Note,
    },
    /// Spend points.
    Redeem {
        /// How many, at least 1.
        points: i64,
        /// For the statement.
        note: Note,
    },
    /// Correct the balance.
    Adjust {
        /// How many more, or fewer when negative.
        points: i64,
        /// When points that are added expire; none means never.
        expire_time: Option<Timestamp>,
        /// For the statement.
        note: Note,
    },
    /// Keep points for an order.
    Reserve {
        /// How many, at least 1.
        points: i64,
        /// When the hold is released by itself.
        expire_time: Timestamp,
        /// What for.
        reason: String,
    },
    /// Spend the points of a hold; the rest goes back.
    Capture {
        /// The hold.
        hold: Uuid,
        /// How many; none means all.
        points: Option<i64>,
    },
    /// Give the points of a hold back.
    Release {
        /// The hold.
        hold: Uuid,
    },
    /// Take note of a sale, and give the points that it earns.
    RecordSale {
        /// The sale.
        sale: SaleKey,
        /// Its amount, in minor units.
        amount_minor: i64,
        /// Points that it earns.
        points: i64,
        /// When they expire; none means never.
        expire_time: Option<Timestamp>,
        /// For the statement.
        note: Note,
    },
    /// Take note of a return, and take back the points that the sale earned.
    RecordReturn {
        /// The sale that is returned, in whole or in part.
        sale: SaleKey,
        /// Id of the return in the sale's source.
        source_id: String,
        /// What was given back, in minor units.
        amount_minor: i64,
        /// For the statement.
        note: Note,
    },
    /// Book what is due: holds that timed out and points that expired.
    Settle,
}
