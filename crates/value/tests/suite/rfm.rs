//! RFM scores, thresholds and groups.

use std::collections::BTreeSet;

use proptest::prelude::*;
use rapport_value::{
    history::{RecencyFrequencyMonetary, recency_frequency_monetary},
    rfm::{
        Band, FixedThresholds, RfmGroup, RfmScore, RfmTable, ThresholdOrderError, score_by_rank,
        score_by_thresholds,
    },
};

use crate::reference::{calibration_end, cdnow, float, integer, json, list};

fn customer(recency_days: i32, frequency: u32, monetary_minor: i64) -> RecencyFrequencyMonetary {
    RecencyFrequencyMonetary {
        recency_days,
        frequency,
        monetary_minor,
        units: 0,
    }
}

fn histogram(table: &RfmTable, digit: impl Fn(&RfmScore) -> u8) -> Vec<i64> {
    (1..=5)
        .map(|score| {
            let number = table.scores.iter().filter(|found| digit(found) == score).count();
            i64::try_from(number).unwrap_or(i64::MAX)
        })
        .collect()
}

/// Raw values of the customers of the raw purchase file, by id in the full data, and their scores.
fn cdnow_scores() -> (Vec<String>, Vec<RecencyFrequencyMonetary>, RfmTable) {
    let (ids, values): (Vec<String>, Vec<RecencyFrequencyMonetary>) = cdnow()
        .into_values()
        .filter_map(|customer| {
            let values = recency_frequency_monetary(&customer.purchases, calibration_end())?;
            Some((customer.master_id, values))
        })
        .unzip();
    let table = score_by_rank(&values);
    (ids, values, table)
}

#[test]
fn the_raw_purchases_give_the_reference_histograms_and_cells() {
    let reference = json("value/rfm_cdnow_sample.json");
    let (_, _, table) = cdnow_scores();
    let expected = |name: &str| list(&reference[name]).iter().map(integer).collect::<Vec<_>>();
    assert_eq!(
        histogram(&table, |score| score.recency()),
        expected("R_histogram_1_to_5"),
        "recency"
    );
    assert_eq!(
        histogram(&table, |score| score.frequency()),
        expected("F_histogram_1_to_5"),
        "frequency"
    );
    assert_eq!(
        histogram(&table, |score| score.monetary()),
        expected("M_histogram_1_to_5"),
        "monetary"
    );
    let cells: BTreeSet<u16> = table.scores.iter().map(|score| score.cell()).collect();
    let best = table.scores.iter().filter(|score| score.cell() == 555).count();
    for (name, found) in [
        ("customers", table.scores.len()),
        ("cell_555", best),
        ("distinct_cells", cells.len()),
    ] {
        assert_eq!(i64::try_from(found).unwrap(), integer(&reference[name]), "{name}");
    }
}

#[test]
fn named_customers_have_their_reference_values_and_scores() {
    let (ids, values, table) = cdnow_scores();
    for (master, expected) in json("value/rfm_cdnow_sample.json")["named"].as_object().unwrap() {
        let position = ids.iter().position(|id| id == master).unwrap();
        let (value, score) = (values[position], table.scores[position]);
        assert_eq!(
            i64::from(value.recency_days),
            integer(&expected["recency_days"]),
            "{master}"
        );
        assert_eq!(
            i64::from(value.frequency),
            integer(&expected["frequency"]),
            "{master}"
        );
        let cents = (float(&expected["monetary"]) * 100.0).round();
        assert_eq!(
            value.monetary_minor.to_string(),
            format!("{cents:.0}"),
            "{master}"
        );
        let digits = [score.recency(), score.frequency(), score.monetary()].map(i64::from);
        let expected: Vec<i64> = list(&expected["scores"]).iter().map(integer).collect();
        assert_eq!(digits.to_vec(), expected, "scores of {master}");
    }
}

#[test]
fn the_thresholds_say_which_values_got_which_score() {
    let customers: Vec<_> = (0..10).map(|i| customer(i * 10, 1, i64::from(i))).collect();
    let table = score_by_rank(&customers);
    assert_eq!(
        table.thresholds.recency_days[4],
        Some(Band {
            smallest: 0,
            largest: 10
        })
    );
    assert_eq!(
        table.thresholds.recency_days[0],
        Some(Band {
            smallest: 80,
            largest: 90
        })
    );
    assert_eq!(
        table.thresholds.monetary_minor[0],
        Some(Band {
            smallest: 0,
            largest: 1
        })
    );
    // All tie on frequency: everybody is in the middle.
    assert_eq!(
        table.thresholds.frequency,
        [
            None,
            None,
            Some(Band {
                smallest: 1,
                largest: 1
            }),
            None,
            None
        ]
    );
}

#[test]
fn no_customers_give_an_empty_table() {
    let table = score_by_rank(&[]);
    assert!(table.scores.is_empty());
    assert_eq!(table.thresholds.frequency, [None; 5]);
}

#[test]
fn fixed_thresholds_score_by_the_agreed_numbers() {
    let thresholds = FixedThresholds {
        recency_days_at_most: [30, 60, 90, 180],
        frequency_at_least: [10, 5, 3, 2],
        monetary_minor_at_least: [100_000, 50_000, 10_000, 5_000],
    };
    let customers = [
        customer(30, 10, 100_000),
        customer(31, 9, 99_999),
        customer(181, 1, -5),
    ];
    let table = score_by_thresholds(&customers, &thresholds).unwrap();
    let cells: Vec<u16> = table.scores.iter().map(|score| score.cell()).collect();
    assert_eq!(cells, [555, 444, 111]);
    let confused = FixedThresholds {
        frequency_at_least: [2, 3, 5, 10],
        ..thresholds
    };
    let error = ThresholdOrderError {
        list: "frequency_at_least",
    };
    assert_eq!(score_by_thresholds(&customers, &confused), Err(error));
}

#[test]
fn every_cell_has_a_group_and_every_group_has_cells() {
    let mut seen = BTreeSet::new();
    for cell in 0..125_u8 {
        let score = RfmScore::new(cell / 25 + 1, cell / 5 % 5 + 1, cell % 5 + 1).unwrap();
        seen.insert(score.group());
    }
    assert_eq!(
        seen.len(),
        RfmGroup::ALL.len(),
        "groups without a cell: compare {seen:?}"
    );
    assert_eq!(RfmScore::new(5, 5, 5).unwrap().group(), RfmGroup::Champions);
    assert_eq!(RfmScore::new(1, 1, 1).unwrap().group(), RfmGroup::Lost);
    assert_eq!(RfmScore::new(1, 5, 5).unwrap().group(), RfmGroup::CannotLose);
    assert_eq!(RfmScore::new(5, 1, 1).unwrap().group(), RfmGroup::New);
    assert_eq!(RfmScore::new(0, 1, 1), None);
    assert_eq!(RfmScore::new(1, 1, 6), None);
}

/// The definition, literally: quadratic, and in fractions of 2n.
fn by_definition(values: &[i64], position: usize) -> usize {
    let less = values.iter().filter(|&&value| value < values[position]).count();
    let equal = values.iter().filter(|&&value| value == values[position]).count();
    (1 + 5 * (2 * less + equal) / (2 * values.len())).min(5)
}

proptest! {
    #[test]
    fn scores_follow_the_definition_in_any_order(
        raw in prop::collection::vec((0..40_i32, 1..6_u32, -50..50_i64), 1..60),
        rotation in 0..60_usize,
    ) {
        let customers: Vec<_> = raw.iter().map(|&(r, f, m)| customer(r, f, m)).collect();
        let table = score_by_rank(&customers);
        let reversed: Vec<i64> = raw.iter().map(|&(r, _, _)| -i64::from(r)).collect();
        let frequency: Vec<i64> = raw.iter().map(|&(_, f, _)| i64::from(f)).collect();
        let money: Vec<i64> = raw.iter().map(|&(_, _, m)| m).collect();
        for (position, score) in table.scores.iter().enumerate() {
            prop_assert_eq!(usize::from(score.recency()), by_definition(&reversed, position));
            prop_assert_eq!(usize::from(score.frequency()), by_definition(&frequency, position));
            prop_assert_eq!(usize::from(score.monetary()), by_definition(&money, position));
        }
        let mut turned = customers.clone();
        turned.rotate_left(rotation % raw.len());
        let mut expected = table.scores.clone();
        expected.rotate_left(rotation % raw.len());
        let turned = score_by_rank(&turned);
        prop_assert_eq!(turned.scores, expected);
        prop_assert_eq!(turned.thresholds, table.thresholds);
    }
}
