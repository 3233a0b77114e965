//! An evaluation: the models fitted to all customers' purchases as of a date, and whether they may be trusted.

use jiff::{Timestamp, civil::Date};
use rapport_money::Currency;
use rapport_value::{
    Day,
    gate::{GateConfig, fit_with_gate},
    history::{CalibrationSummary, Purchase, calibration_summary},
    purchase_model::{PurchaseFamily, PurchaseModel, RepeatHistory},
    rfm::EffectiveThresholds,
    spend_model::{SpendHistory, SpendModel, SpendParameters},
};

/// A computation of all customers' values.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Evaluation {
    /// The date as of which it holds.
    pub as_of: Date,
    /// When it was computed.
    pub create_time: Timestamp,
    /// The currency of the purchases that counted.
    pub currency: Currency,
    /// Customers evaluated.
    pub customer_count: i64,
    /// Customers with at least one purchase.
    pub buyer_count: i64,
    /// The fitted models.
    pub models: Models,
    /// The values at which each score begins and ends.
    pub thresholds: EffectiveThresholds,
}

impl Evaluation {
    /// The id: one evaluation is kept for each date and currency.
    pub(crate) fn id(&self) -> String {
        format!("{}-{}", self.as_of, self.currency.code().to_lowercase())
    }
}

/// The models of repeat purchase and spend, and what the fit gate found.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Models {
    /// Whether both passed the gate.
    pub accepted: bool,
    /// What the gate found, in plain English.
    pub finding: String,
    /// The purchase model with its log-likelihood; none when no fit was possible.
    pub purchase: Option<(PurchaseModel, f64)>,
    /// The spend model, in minor units, with its log-likelihood in major units; none when no fit was possible.
    pub spend: Option<(SpendModel, f64)>,
}

impl Models {
    /// The purchase and the spend model, when they may be used.
    pub(crate) fn usable(&self) -> Option<(&PurchaseModel, &SpendModel)> {
        match (self.accepted, &self.purchase, &self.spend) {
            (true, Some((purchase, _)), Some((spend, _))) => Some((purchase, spend)),
            _ => None,
        }
    }
}

/// Fits the models to the histories of all customers and has the gate judge them.
pub(crate) fn fit(histories: &[Vec<Purchase>], as_of: Day, currency: Currency) -> Models {
    let config = GateConfig::default();
    let judged = fit_with_gate(histories, as_of, &config);
    let summaries: Vec<CalibrationSummary> = histories
        .iter()
        .filter_map(|history| calibration_summary(history, as_of))
        .collect();
    let repeats: Vec<RepeatHistory> = summaries.iter().map(|summary| summary.repeat).collect();
    let purchase = match judged.purchase_model() {
        Some(model) => Some((*model, model.log_likelihood(&repeats))),
        // A model that did not pass is shown all the same, for whoever wants to know why.
        None => PurchaseModel::fit(PurchaseFamily::BgNbd, &repeats)
            .ok()
            .map(|fit| (fit.model, fit.log_likelihood)),
    };
    let spend = judged
        .spend_model()
        .map(|model| (*model, spend_log_likelihood(model, &summaries, currency)));
    let finding = match &spend {
        Err(error) if judged.gate().passed() => {
            format!("the recency rule applies, because the spend model could not be fitted: {error}")
        }
        _ => judged.gate().to_string(),
    };
    Models {
        accepted: judged.gate().passed() && spend.is_ok(),
        finding,
        purchase,
        spend: spend.ok(),
    }
}

/// What the spend model needs to know of a customer, in minor units.
pub(crate) fn spend_history(summary: &CalibrationSummary) -> SpendHistory {
    SpendHistory {
        repeats: summary.repeat.repeats,
        mean_value: summary.mean_repeat_minor,
    }
}

/// The parameters of a spend model for amounts in major units: only the scale has the unit of the amounts.
pub(crate) fn in_major_units(model: &SpendModel, currency: Currency) -> SpendParameters {
    let parameters = model.parameters();
    SpendParameters {
        gamma: parameters.gamma / minor_per_major(currency),
        ..parameters
    }
}

/// The log-likelihood of spend in major units. It is a density, so that it depends on the unit.
fn spend_log_likelihood(model: &SpendModel, summaries: &[CalibrationSummary], currency: Currency) -> f64 {
    let histories: Vec<SpendHistory> = summaries
        .iter()
        .map(|summary| SpendHistory {
            mean_value: summary.mean_repeat_minor / minor_per_major(currency),
            ..spend_history(summary)
        })
        .collect();
    match SpendModel::new(in_major_units(model, currency)) {
        Ok(model) => model.log_likelihood(&histories),
        // A fitted model has valid parameters, and dividing the scale keeps them valid.
        Err(_) => f64::NAN,
    }
}

fn minor_per_major(currency: Currency) -> f64 {
    10_f64.powi(i32::try_from(currency.decimal_places()).unwrap_or_default())
}
