//! The checks of the gate.

use super::{Gate, GateConfig, GateFailure, HoldoutFigures};
use crate::{
    convert,
    purchase_model::{PurchaseModel, RepeatHistory},
};

/// One customer in the hold-out test.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct HoldoutCustomer {
    /// Repeat purchases up to the split day.
    pub calibration: RepeatHistory,
    /// Purchase days after the split day.
    pub holdout_purchases: u32,
}

/// Judges a model that was fitted on the calibration period by its predictions for the next `weeks` weeks.
///
/// The checks in this order: enough purchases in the hold-out period, parameters within their bounds, relative
/// error of the sum, mean absolute error per customer against the naive prediction x/T × weeks.
pub fn check(model: &PurchaseModel, customers: &[HoldoutCustomer], weeks: f64, config: &GateConfig) -> Gate {
    let found = customers.iter().fold(0_u32, |sum, customer| {
        sum.saturating_add(customer.holdout_purchases)
    });
    let needed = config.minimum_holdout_purchases;
    if found < needed || found == 0 {
        let reason = GateFailure::TooFewHoldoutPurchases {
            needed: needed.max(1),
            found,
        };
        return Gate::Failed {
            reason,
            figures: None,
        };
    }
    let figures = measure(model, customers, weeks);
    match judge(model, &figures, config) {
        Ok(()) => Gate::Passed { figures },
        Err(reason) => Gate::Failed {
            reason,
            figures: Some(figures),
        },
    }
}

fn judge(model: &PurchaseModel, figures: &HoldoutFigures, config: &GateConfig) -> Result<(), GateFailure> {
    check_bounds(model, config)?;
    let HoldoutFigures {
        aggregate_error,
        model_error,
        naive_error,
        ..
    } = *figures;
    // Written so that a figure that is not a number fails.
    let total_is_near = aggregate_error <= config.largest_aggregate_error;
    if !total_is_near {
        return Err(GateFailure::AggregateError {
            found: aggregate_error,
            allowed: config.largest_aggregate_error,
        });
    }
    let no_worse_than_naive = model_error <= naive_error * config.largest_error_ratio;
    if !no_worse_than_naive {
        return Err(GateFailure::NoBetterThanNaive {
            model_error,
            naive_error,
        });
    }
    Ok(())
}

fn measure(model: &PurchaseModel, customers: &[HoldoutCustomer], weeks: f64) -> HoldoutFigures {
    let (mut actual, mut predicted, mut model_error, mut naive_error) = (0.0, 0.0, 0.0, 0.0);
    for customer in customers {
        let RepeatHistory {
            repeats,
            observed_weeks,
            ..
        } = customer.calibration;
        let bought = f64::from(customer.holdout_purchases);
        let expected = model.expected_purchases(&customer.calibration, weeks);
        // Nobody has a past rate on the day of the first purchase.
        let naive = if observed_weeks > 0.0 {
            f64::from(repeats) / observed_weeks * weeks
        } else {
            0.0
        };
        actual += bought;
        predicted += expected;
        model_error += (expected - bought).abs();
        naive_error += (naive - bought).abs();
    }
    let number = convert::count(customers.len().max(1));
    HoldoutFigures {
        customers: customers.len(),
        weeks,
        actual,
        predicted,
        aggregate_error: if actual > 0.0 {
            (predicted - actual).abs() / actual
        } else {
            f64::INFINITY
        },
        model_error: model_error / number,
        naive_error: naive_error / number,
    }
}

/// Fits the configured model and checks data and parameters, without any prediction.
pub(super) fn fit_within_bounds(
    customers: &[RepeatHistory],
    config: &GateConfig,
) -> Result<PurchaseModel, GateFailure> {
    let (needed, found) = (config.minimum_customers, customers.len());
    if found < needed {
        return Err(GateFailure::TooFewCustomers { needed, found });
    }
    let needed = config.minimum_repeaters;
    let found = customers.iter().filter(|customer| customer.repeats > 0).count();
    if found < needed {
        return Err(GateFailure::TooFewRepeaters { needed, found });
    }
    let fit = PurchaseModel::fit(config.family, customers).map_err(GateFailure::Fit)?;
    check_bounds(&fit.model, config)?;
    Ok(fit.model)
}

fn check_bounds(model: &PurchaseModel, config: &GateConfig) -> Result<(), GateFailure> {
    for (parameter, value) in model.parameters().named() {
        let bounds = config.parameter_bounds(parameter);
        if !bounds.contains(&value) {
            let (smallest, largest) = (*bounds.start(), *bounds.end());
            return Err(GateFailure::ParameterOutOfBounds {
                parameter,
                value,
                smallest,
                largest,
            });
        }
    }
    Ok(())
}
