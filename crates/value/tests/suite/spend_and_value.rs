//! Gamma-Gamma and lifetime value.

use proptest::prelude::*;
use rapport_value::{
    FitError,
    lifetime_value::{LifetimeValueConfig, lifetime_value},
    purchase_model::{PurchaseFamily, RepeatHistory},
    spend_model::{SpendHistory, SpendModel, SpendParameters},
};

use crate::{
    purchase_model::model,
    reference::{assert_near, assert_relative, float, floats, json, list, summary},
};

fn cdnow_spend() -> Vec<SpendHistory> {
    let histories = summary();
    histories
        .iter()
        .map(|row| SpendHistory {
            repeats: row.repeat.repeats,
            mean_value: row.mean_value,
        })
        .collect()
}

fn reference_model() -> SpendModel {
    let parameters = floats(&json("value/btyd_cdnow_sample.json")["GammaGamma"]["params"]);
    let [p, q, gamma] = *parameters else {
        panic!("three parameters expected, got {parameters:?}")
    };
    SpendModel::new(SpendParameters { p, q, gamma }).unwrap_or_else(|error| panic!("{error}"))
}

#[test]
fn the_spend_fit_reaches_the_reference_maximum() {
    let reference = &json("value/btyd_cdnow_sample.json")["GammaGamma"];
    let fit = SpendModel::fit(&cdnow_spend()).unwrap();
    let likelihood = float(&reference["LL"]);
    println!(
        "{:?}, LL {:.8}, {} iterations",
        fit.model.parameters(),
        fit.log_likelihood,
        fit.iterations
    );
    assert!(
        (fit.log_likelihood - likelihood).abs() <= 1e-3,
        "LL {}",
        fit.log_likelihood
    );
    let SpendParameters { p, q, gamma } = fit.model.parameters();
    for (found, expected) in [p, q, gamma].iter().zip(floats(&reference["params"])) {
        assert!(
            (found - expected).abs() <= 1e-3,
            "found {found}, expected {expected}"
        );
    }
    let at_reference = reference_model().log_likelihood(&cdnow_spend());
    assert!(
        (at_reference - likelihood).abs() <= 1e-6,
        "LL of the reference is {at_reference}"
    );
}

#[test]
fn dollars_and_cents_give_the_same_fit() {
    let dollars = SpendModel::fit(&cdnow_spend()).unwrap().model.parameters();
    let cents: Vec<SpendHistory> = cdnow_spend()
        .iter()
        .map(|customer| SpendHistory {
            mean_value: customer.mean_value * 100.0,
            ..*customer
        })
        .collect();
    let cents = SpendModel::fit(&cents).unwrap().model.parameters();
    assert_relative("p", cents.p, dollars.p, 1e-7);
    assert_relative("q", cents.q, dollars.q, 1e-7);
    assert_relative("γ", cents.gamma, dollars.gamma * 100.0, 1e-7);
}

#[test]
fn named_customers_have_their_reference_spend_and_value() {
    let reference = json("value/btyd_cdnow_sample.json");
    let purchases = model(PurchaseFamily::BgNbd, &floats(&reference["BGNBD"]["params"]));
    let spend = reference_model();
    for row in list(&reference["named"]) {
        let repeats = u32::try_from(row["x"].as_u64().unwrap()).unwrap();
        let expected_spend = spend.expected_spend(&SpendHistory {
            repeats,
            mean_value: float(&row["zbar"]),
        });
        let who = &row["master_id"];
        assert_near(
            &format!("spend of {who}"),
            expected_spend,
            float(&row["gg_expected_spend"]),
            1e-9,
        );
        let history = RepeatHistory {
            repeats,
            last_repeat_weeks: float(&row["t_x"]),
            observed_weeks: float(&row["T"]),
        };
        let value = lifetime_value(
            &purchases,
            &history,
            expected_spend,
            &LifetimeValueConfig::default(),
        );
        assert_near(
            &format!("lifetime value of {who}"),
            value,
            float(&row["clv_12m_1pct"]),
            1e-9,
        );
    }
}

#[test]
fn customers_without_repeat_spend_get_the_mean_and_do_not_enter_the_fit() {
    let nobody = SpendHistory {
        repeats: 0,
        mean_value: 0.0,
    };
    let free = SpendHistory {
        repeats: 3,
        mean_value: 0.0,
    };
    let spend = reference_model();
    assert_near(
        "no repeats",
        spend.expected_spend(&nobody),
        spend.mean_spend(),
        1e-15,
    );
    assert_eq!(
        SpendModel::fit(&[nobody, free, nobody]),
        Err(FitError::TooFewCustomers { needed: 10, found: 0 })
    );
}

#[test]
fn equal_spend_of_all_is_degenerate_and_infinite_mean_spend_is_refused() {
    let same = SpendHistory {
        repeats: 4,
        mean_value: 20.0,
    };
    let result = SpendModel::fit(&[same; 50]);
    assert!(matches!(result, Err(FitError::Degenerate { .. })), "{result:?}");
    let error = SpendModel::new(SpendParameters {
        p: 1.0,
        q: 1.0,
        gamma: 1.0,
    })
    .unwrap_err();
    assert_eq!(
        (error.parameter, error.to_string().contains("greater than 1")),
        ("q", true),
        "{error}"
    );
}

proptest! {
    #[test]
    fn expected_spend_lies_between_the_own_mean_and_the_mean_of_all(
        repeats in 1..100_u32, mean_value in 0.01..1e5_f64,
    ) {
        let spend = reference_model();
        let found = spend.expected_spend(&SpendHistory { repeats, mean_value });
        let (low, high) = (mean_value.min(spend.mean_spend()), mean_value.max(spend.mean_spend()));
        prop_assert!(low <= found * (1.0 + 1e-12) && found <= high * (1.0 + 1e-12), "{low} {found} {high}");
    }

    #[test]
    fn a_discount_lowers_and_more_months_raise_the_value(
        repeats in 1..20_u32, discount in 0.001..0.1_f64, months in 1..36_u32,
    ) {
        let purchases = model(PurchaseFamily::MbgNbd, &[0.5, 6.0, 0.9, 1.6]);
        let history = RepeatHistory { repeats, last_repeat_weeks: 20.0, observed_weeks: 30.0 };
        let value = |months, monthly_discount| {
            lifetime_value(&purchases, &history, 10.0, &LifetimeValueConfig { months, monthly_discount })
        };
        prop_assert!(value(months, discount) < value(months, 0.0));
        prop_assert!(value(months, discount) < value(months + 1, discount));
        let undiscounted = 10.0 * purchases.expected_purchases(&history, 4.345 * f64::from(months));
        prop_assert!((value(months, 0.0) / undiscounted - 1.0).abs() < 1e-12);
    }
}
