//! The mathematics of satisfaction: what the answers of customers say, and how surely.
//!
//! Answers are whole numbers on a scale. A [`Tally`] holds what has to be known of a set of them, exactly and in
//! constant space, and can be added to and subtracted from; every measure is a function of a tally:
//!
//! | measure | scale | what |
//! |---|---|---|
//! | [`NetPromoter`] | 0–10 | share of promoters less share of detractors, in points |
//! | [`satisfaction_share`] | 1–5 | share of answers of 4 or 5 |
//! | [`Effort`] | 1–7, 7 is easiest | mean, share of the three easiest answers, net easy share |
//! | [`Mean`] | any | mean and spread |
//! | [`Index`] | any declared | mean, standardised to 0–100 |
//! | [`Proportion`] | – | any share, such as a response rate or complaint rate |
//!
//! Each comes with an interval at a [`Confidence`] level. The measure of no answers is `None`, and what one answer
//! cannot tell (its spread) is `None` in the measure: no result is ever "not a number".
//!
//! The crate is pure: no clock, no randomness, no input or output.
//!
//! ```
//! use rapport_measure::{Confidence, NetPromoter, Tally};
//!
//! # fn main() -> Result<(), rapport_measure::MeasureError> {
//! let mut tally = Tally::of([10, 9, 9, 7, 3])?;
//! tally.subtract_value(9)?;
//! if let Some(net_promoter) = NetPromoter::of(&tally, Confidence::default())? {
//!     assert_eq!((net_promoter.promoters, net_promoter.passives, net_promoter.detractors), (2, 1, 1));
//!     assert!((net_promoter.score - 25.0).abs() < 1e-12);
//! }
//! # Ok(())
//! # }
//! ```

pub mod distribution;
mod effort;
mod error;
mod interval;
mod mean;
mod net_promoter;
mod proportion;
mod real;
mod tally;

pub use effort::Effort;
pub use error::MeasureError;
pub use interval::{Confidence, Interval};
pub use mean::{Index, Mean, Scale};
pub use net_promoter::{AdjustedNetPromoter, NetPromoter};
pub use proportion::{Proportion, ProportionInterval, satisfaction_share};
pub use tally::Tally;
