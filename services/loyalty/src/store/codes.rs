//! How enumerations and moments are stored: names as filters have them, microseconds since the Unix epoch.

use jiff::Timestamp;
use rapport_status::{Error, Result};

use crate::domain::{
    expiry::Rounding,
    ledger::{Book, BurnOrder, DebtPolicy, HoldKind, HoldState, PurchaseKind, TransactionKind},
    member::MemberState,
    rewards::redemption::State,
    wallet::WalletKind,
};

/// Makes a two-way table between the variants of an enumeration and their stored names.
macro_rules! stored_as {
    ($type:ident: $($variant:ident = $code:literal),+ $(,)?) => {
        impl Code for $type {
            const CODES: &'static [(Self, &'static str)] = &[$(($type::$variant, $code)),+];
        }
    };
}

/// An enumeration that is stored by name.
pub(super) trait Code: Copy + PartialEq + 'static {
    /// Every variant with its name.
    const CODES: &'static [(Self, &'static str)];

    /// The stored name.
    fn code(self) -> &'static str {
        Self::CODES
            .iter()
            .find(|(variant, _)| *variant == self)
            .map_or("", |(_, code)| code)
    }

    /// The variant with a stored name, if there is one.
    fn known(code: &str) -> Option<Self> {
        Self::CODES
            .iter()
            .find(|(_, known)| *known == code)
            .map(|(variant, _)| *variant)
    }

    /// The variant with a stored name; another name can only have been written by somebody else.
    fn read(code: &str) -> Result<Self> {
        Self::known(code).ok_or_else(|| Error::internal(format!("the stored name {code:?} means nothing")))
    }
}

stored_as!(MemberState: Active = "ACTIVE", Closed = "CLOSED");
stored_as!(HoldState: Open = "OPEN", Captured = "CAPTURED", Released = "RELEASED", TimedOut = "TIMED_OUT");
stored_as!(PurchaseKind: Sale = "SALE", Return = "RETURN");
stored_as!(
    TransactionKind: Earn = "EARN",
    Redeem = "REDEEM",
    TakeBack = "TAKE_BACK",
    Adjust = "ADJUST",
    Compensate = "COMPENSATE",
    Expire = "EXPIRE",
    Release = "RELEASE",
    Cancel = "CANCEL",
    Refund = "REFUND",
    TransferOut = "TRANSFER_OUT",
    TransferIn = "TRANSFER_IN",
    Extend = "EXTEND",
    Reinstate = "REINSTATE",
    PayDebt = "PAY_DEBT",
    Forfeit = "FORFEIT",
);
stored_as!(
    State: Reserved = "RESERVED",
    Confirmed = "CONFIRMED",
    Preparing = "PREPARING",
    Sent = "SENT",
    Fulfilled = "FULFILLED",
    Refunded = "REFUNDED",
    Cancelled = "CANCELLED",
    TimedOut = "TIMED_OUT",
);
stored_as!(HoldKind: Reservation = "RESERVATION", Block = "BLOCK");
stored_as!(
    WalletKind: Spendable = "SPENDABLE",
    Qualifying = "QUALIFYING",
    Stamps = "STAMPS",
    Partner = "PARTNER",
);
stored_as!(Rounding: Day = "DAY", Month = "MONTH", Quarter = "QUARTER", Year = "YEAR");
stored_as!(
    BurnOrder: FirstExpiring = "FIRST_EXPIRING",
    Oldest = "OLDEST",
    Youngest = "YOUNGEST",
);
stored_as!(
    DebtPolicy: OnlyPending = "ONLY_PENDING",
    WithinBalance = "WITHIN_BALANCE",
    Unlimited = "UNLIMITED",
);
stored_as!(
    Book: Member = "MEMBER",
    Pending = "PENDING",
    Debt = "DEBT",
    Issued = "ISSUED",
    Compensated = "COMPENSATED",
    Redeemed = "REDEEMED",
    Expired = "EXPIRED",
    TakenBack = "TAKEN_BACK",
    Adjusted = "ADJUSTED",
    Cancelled = "CANCELLED",
    Transferred = "TRANSFERRED",
    Forfeited = "FORFEITED",
);

/// Stored name of what a movement does when it releases a lot.
pub(super) const RELEASES: &str = "RELEASES";

/// Stored name of what a movement does when it moves the expiry of a lot.
pub(super) const MOVES_EXPIRY: &str = "MOVES_EXPIRY";

/// A stored moment.
pub(super) fn moment(micros: i64) -> Result<Timestamp> {
    Timestamp::from_microsecond(micros)
        .map_err(|error| Error::internal(format!("the stored moment {micros} does not exist")).because(error))
}

/// A stored moment that may be absent.
pub(super) fn moment_or_never(micros: Option<i64>) -> Result<Option<Timestamp>> {
    micros.map(moment).transpose()
}
