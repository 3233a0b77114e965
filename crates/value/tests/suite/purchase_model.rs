//! BG/NBD and MBG/NBD.

use proptest::prelude::*;
use rapport_value::{
    FitError,
    purchase_model::{PurchaseFamily, PurchaseModel, PurchaseParameters, RepeatHistory},
};
use serde_json::Value;

use crate::reference::{assert_near, assert_relative, float, floats, json, list, summary};

pub(crate) fn model(family: PurchaseFamily, parameters: &[f64]) -> PurchaseModel {
    let [r, alpha, a, b] = *parameters else {
        panic!("four parameters expected, got {parameters:?}")
    };
    PurchaseModel::new(family, PurchaseParameters { r, alpha, a, b })
        .unwrap_or_else(|error| panic!("{error}"))
}

fn repeat_history(row: &Value) -> RepeatHistory {
    let repeats = row["x"].as_u64().and_then(|x| u32::try_from(x).ok());
    RepeatHistory {
        repeats: repeats.unwrap_or_else(|| panic!("no x in {row}")),
        last_repeat_weeks: float(&row["t_x"]),
        observed_weeks: float(&row["T"]),
    }
}

fn cdnow_histories() -> Vec<RepeatHistory> {
    summary().iter().map(|row| row.repeat).collect()
}

#[test]
fn both_fits_reach_the_reference_maximum() {
    let reference = json("value/btyd_cdnow_sample.json");
    let customers = cdnow_histories();
    for (name, family) in [
        ("BGNBD", PurchaseFamily::BgNbd),
        ("MBGNBD", PurchaseFamily::MbgNbd),
    ] {
        let fit = PurchaseModel::fit(family, &customers).unwrap();
        let likelihood = float(&reference[name]["LL"]);
        println!(
            "{name}: {:?}, LL {:.8}, {} iterations",
            fit.model.parameters(),
            fit.log_likelihood,
            fit.iterations
        );
        assert!(
            (fit.log_likelihood - likelihood).abs() <= 1e-3,
            "{name}: LL {}",
            fit.log_likelihood
        );
        let expected = floats(&reference[name]["params"]);
        for ((parameter, found), expected) in fit.model.parameters().named().iter().zip(&expected) {
            assert!(
                (found - expected).abs() <= 1e-3,
                "{name}: {parameter} is {found}, expected {expected}"
            );
        }
        let at_reference = model(family, &expected).log_likelihood(&customers);
        assert!(
            (at_reference - likelihood).abs() <= 1e-6,
            "{name}: LL of the reference is {at_reference}"
        );
    }
}

#[test]
fn the_order_of_customers_does_not_change_a_digit_of_the_fit() {
    let mut customers = cdnow_histories();
    let forward = PurchaseModel::fit(PurchaseFamily::BgNbd, &customers).unwrap();
    customers.reverse();
    assert_eq!(
        PurchaseModel::fit(PurchaseFamily::BgNbd, &customers).unwrap(),
        forward
    );
}

#[test]
fn conditional_expectations_agree_with_forty_digits() {
    let reference = json("value/bgnbd_expectation_40_digits.json");
    let model = model(PurchaseFamily::BgNbd, &floats(&reference["params"]));
    for row in list(&reference["rows"]) {
        let found = model.expected_purchases(&repeat_history(row), float(&row["t"]));
        assert_relative(&row.to_string(), found, float(&row["E"]), 1e-13);
    }
}

#[test]
fn named_customers_have_their_reference_figures() {
    let reference = json("value/btyd_cdnow_sample.json");
    let bg = model(PurchaseFamily::BgNbd, &floats(&reference["BGNBD"]["params"]));
    let mbg = model(PurchaseFamily::MbgNbd, &floats(&reference["MBGNBD"]["params"]));
    for row in list(&reference["named"]) {
        let customer = repeat_history(row);
        for (name, model) in [("bgnbd", bg), ("mbgnbd", mbg)] {
            let alive = float(&row[format!("{name}_palive")]);
            let expected = float(&row[format!("{name}_e39")]);
            let what = format!("{name} of {}", row["master_id"]);
            assert_near(
                &format!("P(alive), {what}"),
                model.probability_alive(&customer),
                alive,
                1e-9,
            );
            assert_near(
                &format!("E[Y(39)], {what}"),
                model.expected_purchases(&customer, 39.0),
                expected,
                1e-9,
            );
        }
    }
    for (weeks, expected) in reference["expected_new_customer"].as_object().unwrap() {
        let found = bg.expected_purchases_of_new_customer(weeks.parse().unwrap());
        assert_near(
            &format!("new customer, {weeks} weeks"),
            found,
            float(expected),
            1e-9,
        );
    }
}

#[test]
fn purchase_probability_follows_its_formula() {
    let model = model(PurchaseFamily::BgNbd, &[0.243, 4.414, 0.793, 2.426]);
    let customer = RepeatHistory {
        repeats: 2,
        last_repeat_weeks: 30.43,
        observed_weeks: 38.86,
    };
    let decay = ((4.414 + 38.86_f64) / (4.414 + 38.86 + 26.0)).powf(2.243);
    let expected = model.probability_alive(&customer) * (1.0 - decay);
    assert_relative(
        "P(≥ 1)",
        model.probability_of_purchase_within(&customer, 26.0),
        expected,
        1e-13,
    );
    assert!(model.probability_of_purchase_within(&customer, 0.0).abs() < 1e-15);
}

#[test]
fn unusable_data_is_refused_with_the_reason() {
    let quiet = RepeatHistory {
        repeats: 0,
        last_repeat_weeks: 0.0,
        observed_weeks: 30.0,
    };
    let fit = |customers: &[RepeatHistory]| PurchaseModel::fit(PurchaseFamily::BgNbd, customers);
    assert_eq!(
        fit(&[quiet; 3]),
        Err(FitError::TooFewCustomers { needed: 10, found: 3 })
    );
    assert_eq!(fit(&[quiet; 50]), Err(FitError::NoRepeatPurchases));
    let mut customers = vec![quiet; 50];
    customers[7].last_repeat_weeks = 31.0;
    assert_eq!(fit(&customers), Err(FitError::InvalidCustomer { index: 7 }));
    customers[7] = RepeatHistory {
        observed_weeks: f64::NAN,
        ..quiet
    };
    assert_eq!(fit(&customers), Err(FitError::InvalidCustomer { index: 7 }));
}

#[test]
fn customers_who_are_all_the_same_are_degenerate() {
    let same = RepeatHistory {
        repeats: 5,
        last_repeat_weeks: 25.0,
        observed_weeks: 30.0,
    };
    let result = PurchaseModel::fit(PurchaseFamily::BgNbd, &[same; 100]);
    assert!(matches!(result, Err(FitError::Degenerate { .. })), "{result:?}");
}

#[test]
fn impossible_parameters_are_refused() {
    for value in [0.0, -1.0, f64::NAN, f64::INFINITY] {
        let parameters = PurchaseParameters {
            r: 1.0,
            alpha: value,
            a: 1.0,
            b: 1.0,
        };
        let error = PurchaseModel::new(PurchaseFamily::BgNbd, parameters).unwrap_err();
        assert_eq!(error.parameter, "alpha", "{error}");
    }
}

/// Expected purchases by double-exponential integration over the leaving probability p of
/// (1 − (1 + p·t/rate)^−shape)/p, whose weight is the beta distribution. Every term is positive, and no
/// hypergeometric function is used.
fn expected_while_alive(shape: f64, rate: f64, a: f64, b: f64, weeks: f64) -> f64 {
    let (mut sum, mut weight_sum) = (0.0, 0.0);
    for node in -700..=700_i32 {
        let position = f64::from(node) / 100.0;
        let logit = PI_HALF * position.sinh();
        let (ln_p, ln_rest) = (-(-logit).exp().ln_1p(), -logit.exp().ln_1p());
        let weight = (a * ln_p + b * ln_rest).exp() * position.cosh();
        let p = ln_p.exp();
        if weight > 0.0 && p > 0.0 {
            weight_sum += weight;
            sum += weight * -(-shape * (p * weeks / rate).ln_1p()).exp_m1() / p;
        }
    }
    sum / weight_sum
}

const PI_HALF: f64 = std::f64::consts::FRAC_PI_2;

fn compare_with_integral(
    parameters: &[f64; 4],
    repeats: u32,
    observed: f64,
    weeks: f64,
) -> Result<(), String> {
    let customer = RepeatHistory {
        repeats,
        last_repeat_weeks: if repeats == 0 { 0.0 } else { 0.9 * observed },
        observed_weeks: observed,
    };
    for (family, extra) in [(PurchaseFamily::BgNbd, 0.0), (PurchaseFamily::MbgNbd, 1.0)] {
        let model = model(family, parameters);
        let [r, alpha, a, b] = *parameters;
        let x = f64::from(repeats);
        let alive = model.probability_alive(&customer);
        let expected = alive * expected_while_alive(r + x, alpha + observed, a, b + x + extra, weeks);
        let found = model.expected_purchases(&customer, weeks);
        let error = (found - expected).abs() / expected;
        if error > 1e-11 {
            return Err(format!(
                "{family:?} {parameters:?} {customer:?} {weeks}: {found:e}, integral {expected:e}"
            ));
        }
    }
    Ok(())
}

#[test]
fn expectations_at_the_removable_singularities_agree_with_the_integral() {
    for a in [1.0, 1.0 + 1e-13, 1.0 - 1e-9, 0.4, 0.6, 2.0, 3.0] {
        for (repeats, weeks) in [(0, 0.01), (0, 52.0), (3, 5.0), (40, 52.0), (400, 520.0), (2, 1e5)] {
            // b = 0.6 makes a + b − 1 vanish for a = 0.4.
            compare_with_integral(&[0.5, 6.0, a, 0.6], repeats, 40.0, weeks).unwrap();
            compare_with_integral(&[30.0, 6.0, a, 0.6], repeats, 40.0, weeks).unwrap();
        }
    }
}

proptest! {
    #[test]
    fn expectations_agree_with_the_integral(
        r in 0.05..15.0_f64, alpha in 0.5..40.0_f64, a in 0.05..8.0_f64, b in 0.1..12.0_f64,
        repeats in 0..120_u32, observed in 0.5..150.0_f64, weeks in 0.1..1_000.0_f64,
    ) {
        let outcome = compare_with_integral(&[r, alpha, a, b], repeats, observed, weeks);
        prop_assert!(outcome.is_ok(), "{outcome:?}");
    }

    #[test]
    fn probabilities_are_probabilities_and_fall_with_silence(
        r in 0.05..5.0_f64, alpha in 0.5..40.0_f64, a in 0.05..5.0_f64, b in 0.1..8.0_f64,
        repeats in 0..200_u32, last in 0.1..80.0_f64, silence in 0.0..400.0_f64, more in 0.1..400.0_f64,
        horizon in 0.1..200.0_f64,
    ) {
        let last = if repeats == 0 { 0.0 } else { last };
        let now = RepeatHistory { repeats, last_repeat_weeks: last, observed_weeks: last + silence };
        let later = RepeatHistory { observed_weeks: last + silence + more, ..now };
        for family in [PurchaseFamily::BgNbd, PurchaseFamily::MbgNbd] {
            let model = model(family, &[r, alpha, a, b]);
            let p = model.probability_of_purchase_within(&now, horizon);
            let alive = model.probability_alive(&now);
            let q = model.probability_of_purchase_within(&later, horizon);
            prop_assert!((0.0..=1.0).contains(&p) && p <= alive, "P(≥ 1) = {p}, P(alive) = {alive}");
            prop_assert!(q <= p, "after {more} more weeks of silence {q} is above {p}");
            let expected = model.expected_purchases(&now, horizon);
            prop_assert!(expected >= p * (1.0 - 1e-9), "E = {expected} is below P(≥ 1) = {p}");
        }
    }
}
