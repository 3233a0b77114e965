//! What can be asked of a redemption.

use uuid::Uuid;

/// Something that a redemption is asked to do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Command {
    /// Id of the redemption, an existing or a new one.
    pub redemption: Uuid,
    /// What is to be done.
    pub action: Action,
}

/// What is to be done with a redemption.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Action {
    /// Hold the points, and keep the units for the member.
    Reserve(Order),
    /// Reserve and confirm in one.
    Redeem {
        /// What the member wants.
        order: Order,
        /// As for [`Self::Confirm`].
        payment_reference: String,
    },
    /// Spend the points. Where money is part of the price, it must have been paid.
    Confirm {
        /// What the payment of money is known by, such as the id of a card transaction; empty where there is none.
        payment_reference: String,
    },
    /// Say that the thing is being prepared.
    Prepare {
        /// What the timeline says about it.
        note: String,
    },
    /// Say that the thing is on its way.
    Send {
        /// What the timeline says about it, such as the number of the parcel.
        note: String,
    },
    /// Hand over: show the codes, issue the vouchers, grant the privilege, or say that the thing has arrived.
    Fulfil {
        /// What the timeline says about it.
        note: String,
    },
    /// Call it off before anything is handed over; everything goes back.
    Cancel {
        /// Why.
        reason: String,
    },
    /// Give units back after they were handed over.
    Refund {
        /// Id of the refund: the same id stands for the same refund.
        id: Uuid,
        /// How many units, at least 1.
        units: i64,
        /// Why.
        reason: String,
    },
    /// Give back what a reservation keeps whose time is over. Before that it does nothing.
    TimeOut,
}

/// What a member wants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// How many units, at least 1.
    pub units: i64,
    /// Id of the price that the member chose.
    pub price: String,
    /// Points that the member wants to pay in all where the price is a range; none means the most.
    pub points: Option<i64>,
}
