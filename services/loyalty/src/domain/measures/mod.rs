//! What a program brings and what it owes: measures of loyalty, and finance.
//!
//! Everything here is a pure function of history. Finance rests on the [`Movement`]s of lots, which are never changed:
//! what was true **as of** a moment, as it was **known by** a moment, is the same whenever it is asked again.
//!
//! | room | what |
//! |---|---|
//! | [`movement`] | movements of lots, and the flows that they add up to |
//! | [`recognition`] | when points lapse, and what is outstanding at a moment |
//! | [`liability`] | what the points outstanding are worth, by vintage, gross and net of expected breakage |
//! | [`roll_forward`] | from the opening balance of a month to its closing one |
//! | [`breakage`] | which share of a vintage is redeemed, expired, open, and what will never be redeemed |
//! | [`statement`] | a member's month as a file |
//! | [`roll_up`] | sums by day that movements keep up to date |
//! | [`ratios`] | repeat purchase, participation, earning and burning |
//! | [`retention`] | how many of those who enrolled in a month still come |
//! | [`loyalty_index`] | one number for a member's loyalty, with its parts |

pub mod breakage;
pub mod chain_ladder;
pub mod liability;
pub mod loyalty_index;
pub mod month;
pub mod movement;
pub mod ratios;
pub mod recognition;
pub mod retention;
pub mod roll_forward;
pub mod roll_up;
pub mod statement;

#[cfg(test)]
mod examples;
#[cfg(test)]
mod histories;
#[cfg(test)]
mod tests;

pub use month::Month;
pub use movement::{Flows, Kind, Movement};

use rapport_measure::MeasureError;
use rapport_status::{Error, Reason};

/// Most months that one report covers.
pub const MOST_MONTHS: i64 = 600;

/// The number, rounded to the nearest that floating point has.
#[allow(
    clippy::cast_precision_loss,
    reason = "rounding to the nearest is what is wanted"
)]
fn real(number: i64) -> f64 {
    number as f64
}

/// A sum of points as an ordinary number. Refused when it is larger than any number of points.
fn narrow(points: i128) -> Result<i64, Error> {
    i64::try_from(points).map_err(|_| {
        let message = format!(
            "the movements add up to {points} points, which no ledger can hold; look for doubled movements"
        );
        Error::new(Reason::PointsOutOfRange, message)
    })
}

/// A share that cannot be one by the way that it was counted.
fn fault(error: MeasureError) -> Error {
    Error::internal("a share was counted wrongly").because(error)
}
