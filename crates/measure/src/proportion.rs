//! Shares and their intervals.

use crate::distribution::beta_inverse;
use crate::error::MeasureError;
use crate::interval::{Confidence, Interval};
use crate::real::real;
use crate::tally::Tally;

/// How the interval of a share is computed. Compared in L. Brown and others, "Interval Estimation for a
/// Binomial Proportion", Statistical Science 16 (2001) 101–133. All limits lie within 0 … 1.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Default)]
pub enum ProportionInterval {
    /// Wilson's score interval (1927): the shares that a score test would not reject. Good at every size.
    #[default]
    Wilson,
    /// Share ± z standard errors (Wald). Too narrow for small numbers, of no width at the shares 0 and 1.
    Normal,
    /// The normal interval after adding z²/2 successes and z²/2 failures (Agresti, Coull 1998).
    AgrestiCoull,
    /// The exact interval (Clopper, Pearson 1934): never covers less than the level, often more.
    ClopperPearson,
    /// The quantiles of the posterior beta distribution under Jeffreys' prior Beta(½, ½). At the shares 0 and 1 it
    /// does not contain the share itself.
    Jeffreys,
}

/// A share of a whole, with its interval. As fractions, not per cent.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Proportion {
    /// The number of successes.
    pub part: i64,
    /// The number of trials, at least one.
    pub whole: i64,
    /// The share, part / whole, from 0 to 1.
    pub share: f64,
    /// The interval of the share, within 0 … 1.
    pub interval: Interval,
}

impl Proportion {
    /// The share of `part` in `whole`; `None` when the whole is zero.
    ///
    /// The error is [`MeasureError::Share`] unless `0 ≤ part ≤ whole`.
    pub fn of(
        part: i64,
        whole: i64,
        confidence: Confidence,
        method: ProportionInterval,
    ) -> Result<Option<Self>, MeasureError> {
        if part < 0 || part > whole {
            return Err(MeasureError::Share { part, whole });
        }
        if whole == 0 {
            return Ok(None);
        }
        let share = real(part) / real(whole);
        let z = confidence.normal();
        let interval = match method {
            ProportionInterval::Wilson => wilson(part, whole, z),
            ProportionInterval::Normal => wald(share, real(whole), z),
            ProportionInterval::AgrestiCoull => {
                let trials = real(whole) + z * z;
                wald((real(part) + 0.5 * z * z) / trials, trials, z)
            }
            ProportionInterval::ClopperPearson => clopper_pearson(part, whole, confidence.tail()),
            ProportionInterval::Jeffreys => {
                let (successes, failures) = (real(part) + 0.5, real(whole - part) + 0.5);
                let tail = confidence.tail();
                Interval {
                    low: beta_inverse(tail, 1.0 - tail, successes, failures),
                    high: beta_inverse(1.0 - tail, tail, successes, failures),
                }
            }
        };
        Ok(Some(Self {
            part,
            whole,
            share,
            interval: interval.within(0.0, 1.0),
        }))
    }
}

/// The satisfaction share (CSAT): the share of answers of 4 or 5 among answers from 1 to 5; `None` when there are
/// none.
///
/// The error is [`MeasureError::OffScale`] when the tally holds answers that are not from 1 to 5.
pub fn satisfaction_share(
    tally: &Tally,
    confidence: Confidence,
    method: ProportionInterval,
) -> Result<Option<Proportion>, MeasureError> {
    tally.check_scale(1, 5)?;
    Proportion::of(tally.count(4..=5), tally.n(), confidence, method)
}

fn wald(share: f64, trials: f64, z: f64) -> Interval {
    Interval::around(share, z * (share * (1.0 - share) / trials).sqrt())
}

fn wilson(part: i64, whole: i64, z: f64) -> Interval {
    let n = real(whole);
    let share = real(part) / n;
    let scale = 1.0 + z * z / n;
    let centre = (share + 0.5 * z * z / n) / scale;
    let half_width = z / scale * (share * (1.0 - share) / n + 0.25 * z * z / (n * n)).sqrt();
    let interval = Interval::around(centre, half_width);
    // Exactly so by the formula; rounding would leave a trace.
    Interval {
        low: if part == 0 { 0.0 } else { interval.low },
        high: if part == whole { 1.0 } else { interval.high },
    }
}

fn clopper_pearson(part: i64, whole: i64, tail: f64) -> Interval {
    let (successes, failures) = (real(part), real(whole - part));
    // The beta distributions of the limits degenerate where the share cannot be lower or higher.
    Interval {
        low: if part == 0 {
            0.0
        } else {
            beta_inverse(tail, 1.0 - tail, successes, failures + 1.0)
        },
        high: if part == whole {
            1.0
        } else {
            beta_inverse(1.0 - tail, tail, successes + 1.0, failures)
        },
    }
}
