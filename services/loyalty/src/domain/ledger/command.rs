//! What can be asked of an account.

use jiff::Timestamp;
use uuid::Uuid;

use super::{
    award::Award,
    hold::HoldKind,
    lot::{Pending, Vintage},
    sale::{PurchaseLine, SaleKey},
};

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
        /// What they wait for before they can be spent; none means nothing.
        pending: Option<Pending>,
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
    /// Keep points.
    Hold {
        /// Why.
        kind: HoldKind,
        /// How many, at least 1.
        points: i64,
        /// When the hold is released by itself; [`NEVER`](super::NEVER) is possible.
        expire_time: Timestamp,
        /// What for.
        reason: String,
    },
    /// Spend the points of a reservation, or take those of a block away.
    Capture {
        /// The hold.
        hold: Uuid,
        /// How many; none means all. The rest is given back.
        points: Option<i64>,
    },
    /// Give held points back.
    Release {
        /// The hold.
        hold: Uuid,
    },
    /// Take note of a sale, and give the points that it earns.
    RecordSale {
        /// The sale.
        sold: Sold,
        /// For the statement.
        note: Note,
    },
    /// Take note that a sale was returned, all or a part, and take back the share of its points.
    RecordReturn {
        /// The return.
        returned: Returned,
        /// For the statement.
        note: Note,
    },
    /// Give the points that something else earns.
    Award {
        /// The points, by one rule or several.
        awards: Vec<Award>,
        /// For the statement.
        note: Note,
    },
    /// End the waiting of pending points: they can be spent.
    ReleasePending {
        /// Which.
        which: PendingChoice,
        /// For the statement.
        note: Note,
    },
    /// End the waiting of pending points: they are gone.
    CancelPending {
        /// Which.
        which: PendingChoice,
        /// For the statement.
        note: Note,
    },
    /// Reverse a transaction, all or a part, also repeatedly: spent points go back to the lots that they came from, given
    /// points are taken back.
    Reverse {
        /// The transaction.
        transaction: Uuid,
        /// How many of its points; none means all that are left.
        points: Option<i64>,
        /// For the statement.
        note: Note,
    },
    /// Give points to another member.
    TransferOut {
        /// How many, at least 1.
        points: i64,
        /// For the statement.
        note: Note,
    },
    /// Take points from another member, with their expiry and vintage.
    TransferIn {
        /// The points, in the order in which the other member's lots were used.
        parts: Vec<Part>,
        /// For the statement.
        note: Note,
    },
    /// Move the expiry of lots: no earlier than now, and not of what has expired.
    Extend {
        /// The lot; none means all that expire.
        lot: Option<Uuid>,
        /// When they expire instead; none means never.
        expire_time: Option<Timestamp>,
        /// For the statement.
        note: Note,
    },
    /// Give expired points back to their lots, with another expiry.
    Reinstate {
        /// The transaction in which they expired.
        transaction: Uuid,
        /// How many of its points; none means all that are left.
        points: Option<i64>,
        /// When they expire now; none means never. Must be in the future.
        expire_time: Option<Timestamp>,
        /// For the statement.
        note: Note,
    },
    /// Book what is due.
    Settle,
}

/// A sale and what it earns.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sold {
    /// Which sale.
    pub sale: SaleKey,
    /// Its amount in minor units, not negative.
    pub amount_minor: i64,
    /// Its lines, without their points: those stand in the awards.
    pub lines: Vec<PurchaseLine>,
    /// What it earns.
    pub awards: Vec<Award>,
}

/// A sale that was given back, all or a part.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Returned {
    /// Which sale.
    pub sale: SaleKey,
    /// Id of the return in the system that the sale comes from.
    pub source_id: String,
    /// What was given back, in minor units, not negative.
    pub amount_minor: i64,
    /// The lines of the sale that were given back, all or a part; empty when that is not known.
    pub lines: Vec<PurchaseLine>,
}

/// Which pending points are meant.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum PendingChoice {
    /// Those of one lot.
    Lot(Uuid),
    /// All that wait for the same.
    Key(String),
}

/// Points that come from another member's lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Part {
    /// How many, at least 1.
    pub points: i64,
    /// When they expire; none means never.
    pub expire_time: Option<Timestamp>,
    /// The month in which they were first given.
    pub vintage: Vintage,
}
