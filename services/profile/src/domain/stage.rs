//! Moves between lifecycle stages, as they are kept and told.

use std::fmt::Write as _;

use jiff::civil::Date;
use rapport_value::lifecycle::{Evaluation, Stage, Transition};

use super::history::date_of;

/// Every stage.
pub(crate) const STAGES: [Stage; 7] = [
    Stage::Potential,
    Stage::New,
    Stage::Growth,
    Stage::Mature,
    Stage::Declining,
    Stage::Churned,
    Stage::WonBack,
];

/// A move to another lifecycle stage.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct StageChange {
    /// The id of the customer.
    pub customer: String,
    /// Counts the customer's moves, from 1.
    pub number: i32,
    /// Stage before.
    pub from: Stage,
    /// Stage after.
    pub to: Stage,
    /// The day on which it took place.
    pub date: Date,
    /// Why, in plain English.
    pub reason: String,
    /// Version of the lifecycle rules that decided.
    pub rules_version: i32,
}

/// The moves of a customer up to the day of an evaluation.
pub(crate) fn changes(customer: &str, evaluation: &Evaluation) -> Vec<StageChange> {
    (1..)
        .zip(&evaluation.transitions)
        .map(|(number, transition)| StageChange {
            customer: customer.to_owned(),
            number,
            from: transition.from,
            to: transition.to,
            date: date_of(transition.day),
            reason: reason(transition),
            rules_version: i32::try_from(evaluation.config_version).unwrap_or(i32::MAX),
        })
        .collect()
}

/// Why a customer moved, with the numbers that decided.
fn reason(transition: &Transition) -> String {
    let inputs = &transition.inputs;
    let mut text = format!("{}: purchase day {}", transition.reason, inputs.purchases);
    if let Some(days) = inputs.silence_days {
        let _ = write!(text, ", {days} days after the one before");
    }
    match inputs.probability {
        Some(probability) => {
            let _ = write!(
                text,
                ", probability of a purchase within a year {:.1} %",
                probability * 100.0
            );
        }
        None => {
            let _ = write!(text, ", usual pace {:.0} days", inputs.rhythm_days);
        }
    }
    text
}
