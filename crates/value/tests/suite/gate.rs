//! The fit gate.

use rapport_value::{
    Day,
    gate::{Gate, GateConfig, GateFailure, HoldoutCustomer, Outlook, check, fit_with_gate},
    history::Purchase,
    purchase_model::{PurchaseFamily, RepeatHistory},
};

use crate::{
    purchase_model::model,
    reference::{assert_relative, calibration_end, cdnow, date},
};

fn histories() -> Vec<Vec<Purchase>> {
    cdnow().into_values().map(|customer| customer.purchases).collect()
}

fn failure(gate: &Gate) -> &GateFailure {
    match gate {
        Gate::Failed { reason, .. } => reason,
        Gate::Passed { figures } => panic!("the gate passed with {figures:?}"),
    }
}

#[test]
fn the_reference_purchases_pass_with_both_families() {
    for (family, r) in [(PurchaseFamily::BgNbd, 0.2426), (PurchaseFamily::MbgNbd, 0.5248)] {
        let config = GateConfig {
            family,
            ..GateConfig::default()
        };
        let fitted = fit_with_gate(&histories(), calibration_end(), &config);
        println!("{family:?}, split {:?}: {:?}", fitted.split(), fitted.gate());
        assert!(fitted.gate().passed(), "{}", fitted.gate());
        let parameters = fitted.purchase_model().unwrap().parameters();
        // Exact weeks instead of the rounded ones of the reference: nearly the same parameters.
        assert_relative("r", parameters.r, r, 0.01);
        assert_relative(
            "mean spend",
            fitted.spend_model().unwrap().mean_spend(),
            3_517.0,
            0.01,
        );
    }
}

#[test]
fn a_passed_gate_gives_modelled_outlooks() {
    let (histories, as_of) = (histories(), calibration_end());
    let fitted = fit_with_gate(&histories, as_of, &GateConfig::default());
    let outlook = fitted.outlook(&histories[0], as_of, 39.0).unwrap();
    let Outlook::Modelled {
        probability_of_purchase,
        probability_alive,
        expected_purchases,
        expected_spend_minor,
    } = outlook
    else {
        panic!("{outlook:?}")
    };
    assert_relative("P(alive)", probability_alive, 0.7266, 0.01);
    assert_relative("E[Y(39)]", expected_purchases, 1.2259, 0.01);
    assert_relative("spend", expected_spend_minor.unwrap(), 2_465.9, 0.01);
    assert!(probability_of_purchase < probability_alive);
    assert_eq!(fitted.outlook(&[], as_of, 39.0), None);
}

#[test]
fn too_little_data_fails_and_leaves_the_recency_rule() {
    let histories = &histories()[..50];
    let fitted = fit_with_gate(histories, calibration_end(), &GateConfig::default());
    assert_eq!(
        failure(fitted.gate()),
        &GateFailure::TooFewCustomers {
            needed: 100,
            found: 50
        }
    );
    assert!(fitted.purchase_model().is_none());
    assert!(
        fitted.gate().to_string().contains("recency rule"),
        "{}",
        fitted.gate()
    );
    let outlook = fitted.outlook(&histories[0], calibration_end(), 39.0);
    assert_eq!(
        outlook,
        Some(Outlook::RecencyRule {
            silence_days: 59,
            active: true
        })
    );
    let later = fitted.outlook(&histories[0], calibration_end().plus_days(36_500), 39.0);
    assert!(
        matches!(later, Some(Outlook::RecencyRule { active: false, .. })),
        "{later:?}"
    );
}

#[test]
fn a_short_or_empty_history_fails() {
    let fitted = fit_with_gate(&histories(), date(1997, 2, 1), &GateConfig::default());
    assert_eq!(
        failure(fitted.gate()),
        &GateFailure::TooShort {
            needed_days: 84,
            found_days: 31
        }
    );
    assert_eq!(fitted.split(), None);
    let nobody: [Vec<Purchase>; 0] = [];
    let fitted = fit_with_gate(&nobody, date(1997, 2, 1), &GateConfig::default());
    assert!(
        matches!(failure(fitted.gate()), GateFailure::TooShort { .. }),
        "{}",
        fitted.gate()
    );
}

#[test]
fn a_business_that_stopped_fails() {
    // Everyone buys every week for half a year; then the shop closes.
    let history = |start: i32| -> Vec<Purchase> {
        let weeks = 20 + start % 7;
        (0..weeks)
            .map(|week| Purchase {
                day: Day(start % 30 + week * 7),
                amount_minor: 500,
                quantity: 1,
            })
            .collect()
    };
    let histories: Vec<_> = (0..200).map(history).collect();
    let fitted = fit_with_gate(&histories, Day(400), &GateConfig::default());
    assert!(!fitted.gate().passed(), "{}", fitted.gate());
}

#[test]
fn the_checks_name_what_failed() {
    let customer = HoldoutCustomer {
        calibration: RepeatHistory {
            repeats: 2,
            last_repeat_weeks: 20.0,
            observed_weeks: 30.0,
        },
        holdout_purchases: 1,
    };
    let customers = [customer; 100];
    let config = GateConfig::default();
    let sound = model(PurchaseFamily::BgNbd, &[1.0, 10.0, 0.5, 3.0]);
    let quiet = [HoldoutCustomer {
        holdout_purchases: 0,
        ..customer
    }; 100];
    let gate = check(&sound, &quiet, 13.0, &config);
    assert_eq!(
        failure(&gate),
        &GateFailure::TooFewHoldoutPurchases { needed: 30, found: 0 }
    );
    let gate = check(&sound, &customers, 1.0, &config);
    assert!(
        matches!(failure(&gate), GateFailure::AggregateError { found, .. } if *found > 0.25),
        "{gate}"
    );
    let odd = model(PurchaseFamily::BgNbd, &[1.0, 10.0, 1e-5, 3.0]);
    let gate = check(&odd, &customers, 13.0, &config);
    assert!(
        matches!(
            failure(&gate),
            GateFailure::ParameterOutOfBounds { parameter: "a", .. }
        ),
        "{gate}"
    );
    // Going on at the past rate is exactly right here, so no model can be better.
    let steady = HoldoutCustomer {
        calibration: RepeatHistory {
            repeats: 3,
            last_repeat_weeks: 29.0,
            observed_weeks: 30.0,
        },
        holdout_purchases: 3,
    };
    let keen = model(PurchaseFamily::BgNbd, &[1.0, 10.0, 0.01, 30.0]);
    let gate = check(&keen, &[steady; 50], 30.0, &config);
    assert!(
        matches!(failure(&gate), GateFailure::NoBetterThanNaive { .. }),
        "{gate}"
    );
}
