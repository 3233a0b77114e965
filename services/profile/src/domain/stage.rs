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
    let mut text = format!("{}; {} purchase days so far", transition.reason, inputs.purchases);
    if let Some(days) = inputs.silence_days {
        let _ = write!(text, ", after {days} days without a purchase");
    }
    match inputs.probability {
        Some(probability) => {
            let percent = probability * 100.0;
            let _ = write!(text, ", probability of another one within a year {percent:.1} %");
        }
        None => {
            let _ = write!(text, ", usual pace {:.0} days", inputs.rhythm_days);
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use rapport_value::{
        Day,
        lifecycle::{LifecycleConfig, evaluate},
    };

    use super::*;

    #[test]
    fn moves_are_numbered_in_their_order_and_say_why_with_the_numbers_that_decided() {
        let days = [Day(10_000), Day(10_017)];
        let evaluation = evaluate(days[0], &days, &LifecycleConfig::default(), None, Day(10_200));
        let changes = changes("ada", &evaluation);
        let told: Vec<_> = changes
            .iter()
            .map(|change| format!("{} {}: {}", change.number, change.to, change.reason))
            .collect();
        assert_eq!(
            told,
            [
                "1 new: first purchase; 1 purchase days so far, usual pace 60 days",
                "2 growth: bought again; 2 purchase days so far, after 17 days without a purchase, usual pace 60 days",
                "3 declining: silent for longer than usual (recency rule); 2 purchase days so far, after 120 days \
                 without a purchase, usual pace 60 days",
            ]
        );
    }
}
