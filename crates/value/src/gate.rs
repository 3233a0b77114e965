//! The fit gate: may the purchase model be trusted on this data?
//!
//! A model can be fitted to almost anything. Before its numbers are used it has to pass three checks:
//!
//! 1. there is enough data, and the fit converged;
//! 2. the parameters lie within bounds that real populations have ([`GateConfig::parameter_bounds`]);
//! 3. on a hold-out period that the fit did not see, the predicted sum of repeat purchases is near the actual
//!    one, and customer by customer the prediction is better than a naive one.
//!
//! If a check fails the result says which one, and the caller uses the recency rule instead.
//! [`fit_with_gate`] does all of it.

mod check;
mod config;

use std::fmt;

pub use check::{HoldoutCustomer, check};
pub use config::GateConfig;

use crate::{
    Day, FitError,
    history::{CalibrationSummary, Purchase, calibration_summary, purchase_days},
    purchase_model::{PurchaseModel, RepeatHistory},
    spend_model::{SpendHistory, SpendModel},
};

/// How well the model predicted the hold-out period.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HoldoutFigures {
    /// Customers in the test.
    pub customers: usize,
    /// Length of the hold-out period in weeks.
    pub weeks: f64,
    /// Repeat purchase days in the hold-out period.
    pub actual: f64,
    /// The same, as predicted.
    pub predicted: f64,
    /// |predicted − actual| / actual; infinite when `actual` is 0.
    pub aggregate_error: f64,
    /// Mean over customers of |predicted − actual|.
    pub model_error: f64,
    /// The same for the naive prediction: everyone goes on at their own past rate, x/T × weeks.
    pub naive_error: f64,
}

/// The verdict.
#[derive(Clone, Debug, PartialEq)]
pub enum Gate {
    /// The model may be used.
    Passed {
        /// How well it predicted the hold-out period.
        figures: HoldoutFigures,
    },
    /// The model may not be used: the recency rule applies.
    Failed {
        /// Why.
        reason: GateFailure,
        /// How well it predicted, if it came to a prediction.
        figures: Option<HoldoutFigures>,
    },
}

impl Gate {
    /// Whether the model may be used.
    pub fn passed(&self) -> bool {
        matches!(self, Self::Passed { .. })
    }
}

impl fmt::Display for Gate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed { figures } => write!(
                f,
                "the purchase model passed: {:.1} % off in total over {:.1} weeks of hold-out",
                figures.aggregate_error * 100.0,
                figures.weeks
            ),
            Self::Failed { reason, .. } => write!(f, "the recency rule applies, because {reason}"),
        }
    }
}

/// Why the model may not be used.
#[derive(Clone, Debug, PartialEq)]
#[non_exhaustive]
pub enum GateFailure {
    /// Too few customers bought before the split day.
    TooFewCustomers {
        /// Customers needed.
        needed: usize,
        /// Customers found.
        found: usize,
    },
    /// Too few customers bought on more than one day before the split day.
    TooFewRepeaters {
        /// Repeaters needed.
        needed: usize,
        /// Repeaters found.
        found: usize,
    },
    /// The history is too short to be split.
    TooShort {
        /// Days needed from the first purchase to the as-of day.
        needed_days: i32,
        /// Days found.
        found_days: i32,
    },
    /// The hold-out period saw too few purchases to judge by.
    TooFewHoldoutPurchases {
        /// Purchase days needed.
        needed: u32,
        /// Purchase days found.
        found: u32,
    },
    /// The model could not be fitted.
    Fit(FitError),
    /// A parameter lies outside its bounds.
    ParameterOutOfBounds {
        /// Name of the parameter.
        parameter: &'static str,
        /// Its value.
        value: f64,
        /// Smallest acceptable value.
        smallest: f64,
        /// Largest acceptable value.
        largest: f64,
    },
    /// The predicted sum of purchases is too far off.
    AggregateError {
        /// Relative error found.
        found: f64,
        /// Relative error allowed.
        allowed: f64,
    },
    /// Customer by customer the model is not better than the naive prediction.
    NoBetterThanNaive {
        /// Mean absolute error of the model.
        model_error: f64,
        /// Mean absolute error of the naive prediction.
        naive_error: f64,
    },
}

impl fmt::Display for GateFailure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooFewCustomers { needed, found } => {
                write!(
                    f,
                    "only {found} customers bought before the split day and {needed} are needed"
                )
            }
            Self::TooFewRepeaters { needed, found } => {
                write!(
                    f,
                    "only {found} customers bought again before the split day and {needed} are needed"
                )
            }
            Self::TooShort {
                needed_days,
                found_days,
            } => {
                write!(
                    f,
                    "the history covers {found_days} days and {needed_days} are needed"
                )
            }
            Self::TooFewHoldoutPurchases { needed, found } => {
                write!(
                    f,
                    "the hold-out period saw {found} repeat purchases and {needed} are needed"
                )
            }
            Self::Fit(error) => write!(f, "the model could not be fitted: {error}"),
            Self::ParameterOutOfBounds {
                parameter,
                value,
                smallest,
                largest,
            } => {
                write!(
                    f,
                    "parameter {parameter} is {value:.3e}, outside {smallest:.0e} to {largest:.0e}"
                )
            }
            Self::AggregateError { found, allowed } => write!(
                f,
                "the predicted total is {:.1} % off and {:.1} % is allowed",
                found * 100.0,
                allowed * 100.0
            ),
            Self::NoBetterThanNaive {
                model_error,
                naive_error,
            } => write!(
                f,
                "per customer the model errs by {model_error:.3} and the past rate by {naive_error:.3}"
            ),
        }
    }
}

/// What is known about the future purchases of a population: models that passed the gate, or the recency rule.
#[derive(Clone, Debug, PartialEq)]
pub struct ValueModel {
    as_of: Day,
    split: Option<Day>,
    purchase: Option<PurchaseModel>,
    spend: Result<SpendModel, FitError>,
    gate: Gate,
    config: GateConfig,
}

/// What can be said about one customer.
#[derive(Clone, Debug, PartialEq)]
pub enum Outlook {
    /// The purchase model passed the gate.
    Modelled {
        /// P(at least one purchase within the horizon).
        probability_of_purchase: f64,
        /// P(alive). Not a churn figure: see [`PurchaseModel::probability_alive`].
        probability_alive: f64,
        /// Expected purchase days within the horizon.
        expected_purchases: f64,
        /// Expected value of a purchase day in minor units; none when the spend model could not be fitted.
        expected_spend_minor: Option<f64>,
    },
    /// The gate failed: active means that the last purchase is recent enough.
    RecencyRule {
        /// Days since the last purchase.
        silence_days: i32,
        /// Whether these are at most [`GateConfig::recency_active_days`].
        active: bool,
    },
}

impl ValueModel {
    /// The day as of which the models were fitted.
    pub fn as_of(&self) -> Day {
        self.as_of
    }

    /// Last day of the calibration period of the gate; none when the history could not be split.
    pub fn split(&self) -> Option<Day> {
        self.split
    }

    /// The purchase model, fitted on the whole history; none when the gate failed.
    pub fn purchase_model(&self) -> Option<&PurchaseModel> {
        self.purchase.as_ref()
    }

    /// The spend model in minor units, fitted on the whole history, or why there is none.
    ///
    /// It is fitted whatever the gate says: the mean spend is useful with the recency rule too.
    pub fn spend_model(&self) -> Result<&SpendModel, &FitError> {
        self.spend.as_ref()
    }

    /// The verdict and its figures.
    pub fn gate(&self) -> &Gate {
        &self.gate
    }

    /// What can be said about a customer with these purchases over the next `horizon_weeks` from `as_of` on;
    /// none without a purchase on or before that day.
    pub fn outlook(&self, purchases: &[Purchase], as_of: Day, horizon_weeks: f64) -> Option<Outlook> {
        let summary = calibration_summary(purchases, as_of)?;
        let Some(model) = &self.purchase else {
            let last = *purchase_days(purchases, as_of).last()?;
            let silence_days = as_of.days_since(last);
            let active = silence_days <= self.config.recency_active_days;
            return Some(Outlook::RecencyRule { silence_days, active });
        };
        let spend = self.spend.as_ref().ok();
        Some(Outlook::Modelled {
            probability_of_purchase: model.probability_of_purchase_within(&summary.repeat, horizon_weeks),
            probability_alive: model.probability_alive(&summary.repeat),
            expected_purchases: model.expected_purchases(&summary.repeat, horizon_weeks),
            expected_spend_minor: spend.map(|spend| spend.expected_spend(&spend_history(&summary))),
        })
    }
}

/// Fits the models of a population and decides whether the purchase model may be used.
///
/// One history per customer, rows in any order. The span from the first purchase of all to `as_of` is split:
/// the last [`GateConfig::holdout_share`] of it is the hold-out period. A first fit sees the purchases up to the
/// split day only and predicts, for every customer who had bought by then, the repeat purchases of the
/// hold-out period ([`check`]). If it passes, the model is fitted again on everything up to `as_of`; the
/// parameters of this second fit must lie within the bounds too.
pub fn fit_with_gate<H: AsRef<[Purchase]>>(histories: &[H], as_of: Day, config: &GateConfig) -> ValueModel {
    let summaries: Vec<CalibrationSummary> = histories
        .iter()
        .filter_map(|history| calibration_summary(history.as_ref(), as_of))
        .collect();
    let spend_histories: Vec<SpendHistory> = summaries.iter().map(spend_history).collect();
    let spend = SpendModel::fit(&spend_histories).map(|fit| fit.model);
    let split = split_day(histories, as_of, config);
    let split_at = split.as_ref().ok().copied();
    let tested = split
        .map_err(|reason| (reason, None))
        .and_then(|split| test_on_holdout(histories, split, as_of, config));
    let judged = tested.and_then(|figures| {
        let all: Vec<RepeatHistory> = summaries.iter().map(|summary| summary.repeat).collect();
        let refitted = check::fit_within_bounds(&all, config);
        refitted
            .map(|model| (model, figures))
            .map_err(|reason| (reason, Some(figures)))
    });
    let (purchase, gate) = match judged {
        Ok((model, figures)) => (Some(model), Gate::Passed { figures }),
        Err((reason, figures)) => (None, Gate::Failed { reason, figures }),
    };
    ValueModel {
        as_of,
        split: split_at,
        purchase,
        spend,
        gate,
        config: *config,
    }
}

fn spend_history(summary: &CalibrationSummary) -> SpendHistory {
    SpendHistory {
        repeats: summary.repeat.repeats,
        mean_value: summary.mean_repeat_minor,
    }
}

fn split_day<H: AsRef<[Purchase]>>(
    histories: &[H],
    as_of: Day,
    config: &GateConfig,
) -> Result<Day, GateFailure> {
    let first_days = histories
        .iter()
        .filter_map(|history| purchase_days(history.as_ref(), as_of).first().copied());
    let found_days = first_days.min().map_or(0, |first| as_of.days_since(first));
    let needed_days = config.minimum_span_days;
    if found_days < needed_days {
        return Err(GateFailure::TooShort {
            needed_days,
            found_days,
        });
    }
    let share = config.holdout_share.clamp(0.05, 0.5);
    // At most half of an i32, so the cast keeps the number.
    #[expect(
        clippy::cast_possible_truncation,
        reason = "rounded, and within the range of i32"
    )]
    let holdout_days = (f64::from(found_days) * share).round() as i32;
    Ok(as_of.plus_days(-holdout_days))
}

fn test_on_holdout<H: AsRef<[Purchase]>>(
    histories: &[H],
    split: Day,
    as_of: Day,
    config: &GateConfig,
) -> Result<HoldoutFigures, (GateFailure, Option<HoldoutFigures>)> {
    let customers: Vec<HoldoutCustomer> = histories
        .iter()
        .filter_map(|history| {
            let calibration = calibration_summary(history.as_ref(), split)?.repeat;
            let until_end = calibration_summary(history.as_ref(), as_of)?.repeat;
            Some(HoldoutCustomer {
                calibration,
                holdout_purchases: until_end.repeats - calibration.repeats,
            })
        })
        .collect();
    let calibration: Vec<RepeatHistory> = customers.iter().map(|customer| customer.calibration).collect();
    let model = check::fit_within_bounds(&calibration, config).map_err(|reason| (reason, None))?;
    match check(&model, &customers, as_of.weeks_since(split), config) {
        Gate::Passed { figures } => Ok(figures),
        Gate::Failed { reason, figures } => Err((reason, figures)),
    }
}
