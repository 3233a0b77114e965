//! Reductions of the raw purchases.

use proptest::prelude::*;
use rapport_value::{
    Day,
    history::{Purchase, calibration_summary, purchase_days, recency_frequency_monetary},
};

use crate::reference::{calibration_end, cdnow, summary};

fn row(day: i32, amount_minor: i64) -> Purchase {
    Purchase {
        day: Day(day),
        amount_minor,
        quantity: if amount_minor < 0 { -1 } else { 1 },
    }
}

#[test]
fn the_raw_file_reduces_to_the_published_summary() {
    let (customers, summary) = (cdnow(), summary());
    assert_eq!(customers.len(), summary.len(), "number of customers");
    for expected in &summary {
        let customer = &customers[&expected.id];
        let master = &customer.master_id;
        let found = calibration_summary(&customer.purchases, calibration_end()).unwrap();
        let numbers = [
            (
                "t_x",
                found.repeat.last_repeat_weeks,
                expected.repeat.last_repeat_weeks,
            ),
            ("T", found.repeat.observed_weeks, expected.repeat.observed_weeks),
            ("mean value", found.mean_repeat_minor / 100.0, expected.mean_value),
        ];
        assert_eq!(
            found.repeat.repeats, expected.repeat.repeats,
            "repeats of customer {master}"
        );
        for (name, found, expected) in numbers {
            // Half of the last decimal, and a little for halves that were rounded the other way.
            assert!(
                (found - expected).abs() <= 0.005_000_1,
                "{name} of {master}: {found} is not {expected}"
            );
        }
    }
}

#[test]
fn a_return_lowers_the_money_and_is_no_purchase_day() {
    let purchases = [row(0, 1_000), row(10, 2_000), row(30, -500)];
    let found = recency_frequency_monetary(&purchases, Day(40)).unwrap();
    assert_eq!(
        (
            found.recency_days,
            found.frequency,
            found.monetary_minor,
            found.units
        ),
        (30, 2, 2_500, 1)
    );
    let summary = calibration_summary(&purchases, Day(40)).unwrap();
    assert_eq!(summary.repeat.repeats, 1);
    assert!(
        (summary.mean_repeat_minor - 2_000.0).abs() < 1e-9,
        "mean value {}",
        summary.mean_repeat_minor
    );
}

#[test]
fn several_rows_on_one_day_are_one_purchase_day_with_their_sum() {
    let purchases = [row(0, 100), row(7, 300), row(7, 500), row(7, -200), row(14, 200)];
    let summary = calibration_summary(&purchases, Day(21)).unwrap();
    assert_eq!(summary.repeat.repeats, 2);
    assert!(
        (summary.repeat.last_repeat_weeks - 2.0).abs() < 1e-12,
        "{summary:?}"
    );
    assert!((summary.repeat.observed_weeks - 3.0).abs() < 1e-12, "{summary:?}");
    assert!(
        (summary.mean_repeat_minor - 400.0).abs() < 1e-9,
        "(600 + 200)/2, found {summary:?}"
    );
}

#[test]
fn nothing_is_known_before_the_first_purchase_or_from_returns_alone() {
    assert_eq!(recency_frequency_monetary(&[row(5, 100)], Day(4)), None);
    assert_eq!(calibration_summary(&[row(5, 100)], Day(4)), None);
    assert_eq!(recency_frequency_monetary(&[row(5, -100)], Day(9)), None);
    assert_eq!(calibration_summary(&[row(5, -100)], Day(9)), None);
}

#[test]
fn a_free_item_is_a_purchase() {
    assert_eq!(purchase_days(&[row(3, 0)], Day(3)), vec![Day(3)]);
}

proptest! {
    #[test]
    fn order_and_later_rows_do_not_matter(
        rows in prop::collection::vec((0..200_i32, -5_000..20_000_i64), 0..30),
        as_of in 0..250_i32,
    ) {
        let forward: Vec<Purchase> = rows.iter().map(|&(day, amount)| row(day, amount)).collect();
        let known_only: Vec<Purchase> =
            forward.iter().rev().copied().filter(|purchase| purchase.day <= Day(as_of)).collect();
        let as_of = Day(as_of);
        prop_assert_eq!(
            recency_frequency_monetary(&forward, as_of),
            recency_frequency_monetary(&known_only, as_of)
        );
        prop_assert_eq!(calibration_summary(&forward, as_of), calibration_summary(&known_only, as_of));
    }

    #[test]
    fn the_summaries_agree_with_each_other(
        rows in prop::collection::vec((0..200_i32, -5_000..20_000_i64), 1..30),
    ) {
        let purchases: Vec<Purchase> = rows.iter().map(|&(day, amount)| row(day, amount)).collect();
        let as_of = Day(220);
        let rfm = recency_frequency_monetary(&purchases, as_of);
        let summary = calibration_summary(&purchases, as_of);
        prop_assert_eq!(rfm.is_some(), summary.is_some());
        if let (Some(rfm), Some(summary)) = (rfm, summary) {
            prop_assert_eq!(rfm.frequency, summary.repeat.repeats + 1);
            prop_assert!(summary.repeat.is_consistent(), "{:?}", summary);
            let silence = (summary.repeat.observed_weeks - summary.repeat.last_repeat_weeks) * 7.0;
            prop_assert!((silence - f64::from(rfm.recency_days)).abs() < 1e-9, "{rfm:?} {summary:?}");
        }
    }
}
