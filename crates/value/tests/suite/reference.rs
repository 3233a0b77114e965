//! Reading the reference data. Where it comes from: `tests/data/reference/README.md` of the workspace.

use std::{collections::BTreeMap, path::Path};

use rapport_value::{Day, history::Purchase, purchase_model::RepeatHistory};
use serde_json::Value;

/// One line of the summary file.
pub(crate) struct SummaryRow {
    pub(crate) id: usize,
    pub(crate) repeat: RepeatHistory,
    pub(crate) mean_value: f64,
}

fn read(name: &str) -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../../tests/data/reference")
        .join(name);
    std::fs::read_to_string(&path).unwrap_or_else(|error| panic!("cannot read {}: {error}", path.display()))
}

fn number<T: std::str::FromStr>(text: &str) -> T {
    text.trim()
        .parse()
        .unwrap_or_else(|_| panic!("{text:?} is not the expected kind of number"))
}

pub(crate) fn json(name: &str) -> Value {
    serde_json::from_str(&read(name)).unwrap_or_else(|error| panic!("{name} is not JSON: {error}"))
}

/// A number in the reference data, also when it is written as a string.
pub(crate) fn float(value: &Value) -> f64 {
    match value {
        Value::String(text) => number(text),
        other => other
            .as_f64()
            .unwrap_or_else(|| panic!("{other} is not a number")),
    }
}

pub(crate) fn integer(value: &Value) -> i64 {
    value
        .as_i64()
        .unwrap_or_else(|| panic!("{value} is not a whole number"))
}

pub(crate) fn floats(value: &Value) -> Vec<f64> {
    list(value).iter().map(float).collect()
}

pub(crate) fn list(value: &Value) -> &[Value] {
    value
        .as_array()
        .unwrap_or_else(|| panic!("{value} is not a list"))
}

pub(crate) fn date(year: i32, month: u32, day: u32) -> Day {
    Day::from_civil(year, month, day).unwrap_or_else(|| panic!("{year}-{month}-{day} is not a date"))
}

/// A date as the purchase file writes it: yyyymmdd.
fn compact_date(text: &str) -> Day {
    date(number(&text[..4]), number(&text[4..6]), number(&text[6..]))
}

/// The last day of the calibration period of all reference numbers.
pub(crate) fn calibration_end() -> Day {
    date(1997, 9, 30)
}

/// One customer of the raw purchase file.
pub(crate) struct CdnowCustomer {
    /// Id in the full data.
    pub(crate) master_id: String,
    pub(crate) purchases: Vec<Purchase>,
}

/// The 2,357 customers of the raw purchase file by their id in the sample, ascending.
pub(crate) fn cdnow() -> BTreeMap<usize, CdnowCustomer> {
    let mut customers: BTreeMap<usize, CdnowCustomer> = BTreeMap::new();
    for line in read("purchases/cdnow_sample.txt")
        .lines()
        .filter(|line| !line.trim().is_empty())
    {
        let fields: Vec<&str> = line.split_whitespace().collect();
        let (units, cents) = fields[4]
            .split_once('.')
            .unwrap_or_else(|| panic!("{line:?}: no decimal point in the amount"));
        assert_eq!(cents.len(), 2, "{line:?}: the amount must have two decimals");
        let purchase = Purchase {
            day: compact_date(fields[2]),
            amount_minor: number::<i64>(units) * 100 + number::<i64>(cents),
            quantity: number(fields[3]),
        };
        let customer = customers
            .entry(number(fields[1]))
            .or_insert_with(|| CdnowCustomer {
                master_id: fields[0].to_owned(),
                purchases: Vec::new(),
            });
        assert_eq!(
            customer.master_id, fields[0],
            "{line:?}: two ids for one customer"
        );
        customer.purchases.push(purchase);
    }
    customers
}

/// The summary file: the same customers, rounded to two decimals.
pub(crate) fn summary() -> Vec<SummaryRow> {
    read("value/cdnow_customers_summary_with_transactions.csv")
        .lines()
        .skip(1)
        .map(|line| {
            let fields: Vec<&str> = line.split(',').collect();
            SummaryRow {
                id: number(fields[0]),
                repeat: RepeatHistory {
                    repeats: number(fields[1]),
                    last_repeat_weeks: number(fields[2]),
                    observed_weeks: number(fields[3]),
                },
                mean_value: number(fields[4]),
            }
        })
        .collect()
}

/// Fails when the numbers differ by more than `tolerance` relative to the larger of 1 and the expected one.
#[track_caller]
pub(crate) fn assert_near(what: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs().max(1.0);
    assert!(
        error <= tolerance,
        "{what}: found {found:.15e}, expected {expected:.15e}, off by {error:.1e}"
    );
}

/// Fails when the numbers differ by more than `tolerance` relative to the expected one.
#[track_caller]
pub(crate) fn assert_relative(what: &str, found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs();
    assert!(
        error <= tolerance,
        "{what}: found {found:.15e}, expected {expected:.15e}, off by {error:.1e}"
    );
}
