//! The redemption of a reward, as one decision over points, money, stock, limits and codes.
//!
//! ```text
//!             reserve           confirm            prepare, send           fulfil
//!  (nothing) ────────▶ reserved ───────▶ confirmed ─────▶ preparing ─▶ sent ─────▶ fulfilled
//!                        │   │               │                │         │              │
//!                 time   │   │ cancel        │ cancel         │ cancel  │ refund       │ refund
//!                        ▼   ▼               ▼                ▼         ▼              ▼
//!                timed out   cancelled ◀─────┴────────────────┘         refunded, unit by unit
//! ```
//!
//! Only physical things are prepared and sent. A reward may be fulfilled by its confirmation, and [`Action::Redeem`] is
//! reserve and confirm in one.
//!
//! [`decide`] looks at the reward, at what the member has redeemed of it, and at a command. It yields the redemption as it
//! is afterwards and a list of [`Effect`]s; whoever asked carries them all out in one transaction, or none. Points are
//! moved by the ledger: the hold of a redemption has the redemption's id. What is given back goes by what was agreed when
//! the redemption was reserved, whatever the terms have become since.
//!
//! The same command again is told the redemption as it stands, and has no effects.

mod command;
mod decide;
mod decision;
mod draft;
mod giving_back;
mod record;
mod state;

pub use command::{Action, Command, Order};
pub use decide::decide;
pub use decision::{Decision, Effect, MemberUse, RewardState};
pub use record::{Agreed, Passage, ReceivedVoucher, Redemption, Refund};
pub use state::State;

use rapport_status::Error;

use super::reasons;

/// Type of redemptions in errors.
pub const RESOURCE_TYPE: &str = "rapport.example/Redemption";

/// Most units of one redemption.
pub const MOST_UNITS: i64 = 100;

/// Most characters of a note or reference.
pub const LONGEST_NOTE: usize = 500;

/// The error that a redemption is not there.
pub fn not_found(name: &str) -> Error {
    Error::about(
        reasons::REDEMPTION_NOT_FOUND,
        RESOURCE_TYPE,
        name,
        format!("there is no redemption {name}; reserve the reward first"),
    )
}
