//! The one place where uses of vouchers are counted.

use std::fmt;

use jiff::Timestamp;
use rapport_money::Money;
use rapport_status::Error;

use super::{offer::Offer, order::Order};

/// Longest id of a use.
const LONGEST_USE_ID: usize = 100;

/// A voucher that was issued.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Voucher {
    /// What it promises.
    pub offer: Offer,
    /// Uses that were not undone.
    pub used: i64,
    /// When it was cancelled, if it was.
    pub cancel_time: Option<Timestamp>,
}

/// Whether a voucher can be used at a moment.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum VoucherState {
    /// Its time has not come.
    Waiting,
    /// It can be used.
    Usable,
    /// It was used as often as it can be.
    UsedUp,
    /// Its time is over.
    Expired,
    /// It was taken back.
    Cancelled,
}

/// One use of a voucher.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Use {
    /// Its id, which the caller chooses: that of the order, as a rule.
    pub id: String,
    /// When the till took the voucher.
    pub use_time: Timestamp,
    /// The total of the order in minor units, before the discount.
    pub order_minor: i64,
    /// What was taken off.
    pub discount: Money,
    /// When it was undone, if it was: then it does not count.
    pub undo_time: Option<Timestamp>,
}

/// Something that a voucher is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Command {
    /// Take it for an order.
    Use {
        /// Id of the use.
        id: String,
        /// The order.
        order: Order,
        /// When the till took it, if that was earlier and is told only now.
        use_time: Option<Timestamp>,
    },
    /// Give a use back, because the order was returned.
    Undo {
        /// Id of the use.
        id: String,
    },
    /// Take the voucher back: it cannot be used any more.
    Cancel,
}

/// What a decision changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A use is added, and counts.
    Used(Use),
    /// A use stands here as it is afterwards, and counts no more.
    Undone(Use),
    /// The voucher was cancelled at a moment.
    Cancelled(Timestamp),
}

/// What was decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Decision {
    /// The change; none when the command had been carried out before.
    pub change: Option<Change>,
    /// The use that the command was about, as it is afterwards.
    pub of: Option<Use>,
}

impl fmt::Display for VoucherState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::Waiting => "not valid yet",
            Self::Usable => "usable",
            Self::UsedUp => "used up",
            Self::Expired => "expired",
            Self::Cancelled => "cancelled",
        })
    }
}

impl Voucher {
    /// A voucher that was not used yet.
    pub fn new(offer: Offer) -> Self {
        Self {
            offer,
            used: 0,
            cancel_time: None,
        }
    }

    /// Uses that are left, whatever its state.
    pub fn uses_left(&self) -> i64 {
        self.offer.terms.uses - self.used
    }

    /// Whether it can be used at a moment. Of several reasons why not, the most lasting is told.
    pub fn state(&self, now: Timestamp) -> VoucherState {
        if self.cancel_time.is_some() {
            VoucherState::Cancelled
        } else if self.offer.valid.has_ended(now) {
            VoucherState::Expired
        } else if self.uses_left() < 1 {
            VoucherState::UsedUp
        } else if self.offer.valid.begins_after(now) {
            VoucherState::Waiting
        } else {
            VoucherState::Usable
        }
    }

    /// What would be taken off an order now: the same function as for a use, which nothing changes.
    pub fn check(&self, order: &Order, now: Timestamp) -> Result<Money, Error> {
        self.require_usable()?;
        self.offer.check(order, now)
    }

    /// Carries out a change that was decided on this voucher.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Used(_) => self.used += 1,
            Change::Undone(_) => self.used -= 1,
            Change::Cancelled(at) => self.cancel_time = Some(*at),
        }
    }

    /// Refuses a voucher that was cancelled or used up; its validity is checked with the order.
    fn require_usable(&self) -> Result<(), Error> {
        let name = self.offer.name();
        if let Some(at) = self.cancel_time {
            return Err(self
                .offer
                .not_usable(format!("{name} was cancelled at {at}; use another voucher")));
        }
        if self.uses_left() < 1 {
            return Err(self.offer.not_usable(format!(
                "{name} is used up: {} of {} uses were taken; use another voucher, or undo a use whose order was returned",
                self.used, self.offer.terms.uses
            )));
        }
        Ok(())
    }
}

/// Decides what a command does to a voucher at a moment. `known` is the use that the command names, if there is one.
///
/// The same command again is told the same use and changes nothing; an id that stands for another order is refused. A
/// refusal changes nothing.
pub fn decide(
    voucher: &Voucher,
    known: Option<&Use>,
    command: &Command,
    now: Timestamp,
) -> Result<Decision, Error> {
    match command {
        Command::Use { id, order, use_time } => {
            take(voucher, known, (id, order), (use_time.unwrap_or(now), now))
        }
        Command::Undo { id } => undo(voucher, known, id, now),
        Command::Cancel => Ok(Decision {
            change: voucher.cancel_time.is_none().then_some(Change::Cancelled(now)),
            of: None,
        }),
    }
}

fn take(
    voucher: &Voucher,
    known: Option<&Use>,
    (id, order): (&str, &Order),
    (use_time, now): (Timestamp, Timestamp),
) -> Result<Decision, Error> {
    let order_minor = order.total()?;
    if let Some(known) = known {
        return repeated(voucher, known, (order_minor, order));
    }
    if id.trim().is_empty() || id.len() > LONGEST_USE_ID {
        return Err(Error::invalid_field(
            "use",
            format!("must have 1 to {LONGEST_USE_ID} bytes: take the id of the order"),
        ));
    }
    if use_time > now {
        return Err(Error::invalid_field(
            "use_time",
            format!("must not be in the future; it is {now} now"),
        ));
    }
    let discount = voucher.check(order, use_time)?;
    let taken = Use {
        id: id.to_owned(),
        use_time,
        order_minor,
        discount,
        undo_time: None,
    };
    Ok(Decision {
        change: Some(Change::Used(taken.clone())),
        of: Some(taken),
    })
}

fn repeated(voucher: &Voucher, known: &Use, (order_minor, order): (i64, &Order)) -> Result<Decision, Error> {
    let name = voucher.offer.name();
    if let Some(at) = known.undo_time {
        return Err(voucher.offer.not_usable(format!(
            "the use {:?} of {name} was undone at {at}; use the voucher again under another id",
            known.id
        )));
    }
    if known.order_minor != order_minor || known.discount.currency != order.currency {
        return Err(voucher.offer.not_usable(format!(
            "{name} was used as {:?} for an order of another amount; choose another id for this order",
            known.id
        )));
    }
    Ok(unchanged(known))
}

fn undo(voucher: &Voucher, known: Option<&Use>, id: &str, now: Timestamp) -> Result<Decision, Error> {
    let Some(known) = known else {
        return Err(voucher.offer.not_usable(format!(
            "{} was never used as {id:?}; take the id that the use was given",
            voucher.offer.name()
        )));
    };
    if known.undo_time.is_some() {
        return Ok(unchanged(known));
    }
    let undone = Use {
        undo_time: Some(now),
        ..known.clone()
    };
    Ok(Decision {
        change: Some(Change::Undone(undone.clone())),
        of: Some(undone),
    })
}

fn unchanged(known: &Use) -> Decision {
    Decision {
        change: None,
        of: Some(known.clone()),
    }
}
