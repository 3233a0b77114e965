//! The program's own vouchers: what they are worth, who may use them when, and how often they were used.
//!
//! An [`Offer`] is what a voucher promises and never changes. All that a till needs to know is in it: so a till that holds
//! a signed code reckons the discount with the same function as the service, without a network. A [`Voucher`] is an offer
//! with the count of its uses. [`decide`] is the only place where that count changes:
//!
//! ```text
//!                    use (n times)
//!                    ┌────┐
//!  issue ──▶ usable ─┴────┴─▶ used up          usable, used up ──▶ expired     (time)
//!               ▲               │              usable, used up ──▶ cancelled   (cancel)
//!               └──── undo ─────┘
//! ```
//!
//! What holds after every decision: `0 ≤ used ≤ uses`, and `used` is the number of uses that were not undone.

mod decide;
mod offer;
mod order;
mod terms;

pub use decide::{Change, Command, Decision, Use, Voucher, VoucherState, decide};
pub use offer::Offer;
pub use order::{MOST_LINES, Order, OrderLine};
pub use terms::{Benefit, LONGEST_ITEM, MOST_CATEGORIES, MOST_USES, Rounding, Terms, WHOLE_BASIS_POINTS};

use rapport_status::Error;

use super::reasons;

/// Type of vouchers in errors.
pub const RESOURCE_TYPE: &str = "rapport.example/Voucher";

/// The error that a voucher is not there.
pub fn not_found(name: &str) -> Error {
    Error::about(
        reasons::VOUCHER_NOT_FOUND,
        RESOURCE_TYPE,
        name,
        format!("there is no voucher {name}; look at the code once more"),
    )
}
