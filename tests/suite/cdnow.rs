//! The real purchases of the reference data, as a CSV file for the import and as the figures that must come out.

use std::{collections::BTreeSet, fmt::Write as _, fs, path::Path};

/// Lines of the sample: id in the full data, id in the sample, day, number of CDs, dollars.
const SAMPLE: &str = include_str!("../data/reference/purchases/cdnow_sample.txt");

/// What the sample comes to, counted in the plainest way.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Figures {
    pub(crate) purchases: usize,
    pub(crate) customers: usize,
    /// Sum of all amounts in cents.
    pub(crate) cents: i64,
    /// A point for each whole dollar of each purchase.
    pub(crate) points: i64,
}

/// The figures of the whole sample.
pub(crate) fn figures() -> Figures {
    let mut customers = BTreeSet::new();
    let mut figures = Figures::default();
    for [customer, _, _, _, dollars] in lines() {
        customers.insert(customer);
        let cents = cents(dollars);
        figures.purchases += 1;
        figures.cents += cents;
        figures.points += cents / 100;
    }
    figures.customers = customers.len();
    figures
}

/// Writes the sample as a file that `rapport import purchases` takes.
pub(crate) fn write_csv(path: &Path) {
    let mut text = String::from("source_id,customer,time,amount,quantity\n");
    for (number, [customer, _, day, quantity, dollars]) in lines().enumerate() {
        let (year, month, date) = (&day[..4], &day[4..6], &day[6..]);
        let _ = writeln!(
            text,
            "{},{customer},{year}-{month}-{date},{dollars},{quantity}",
            number + 1
        );
    }
    fs::write(path, text).expect("a temporary file can be written");
}

fn lines() -> impl Iterator<Item = [&'static str; 5]> {
    SAMPLE.lines().map(|line| {
        let parts: Vec<&str> = line.split_whitespace().collect();
        parts
            .try_into()
            .unwrap_or_else(|_| panic!("the sample has the line {line:?}"))
    })
}

fn cents(dollars: &str) -> i64 {
    let (whole, rest) = dollars.split_once('.').unwrap_or((dollars, "00"));
    let fraction = format!("{rest:0<2}");
    whole.parse::<i64>().expect("whole dollars") * 100 + fraction.parse::<i64>().expect("cents")
}
