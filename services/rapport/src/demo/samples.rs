//! The sample data, shipped with the program.

use std::collections::BTreeMap;

use jiff::civil::Date;
use rapport_money::{Currency, Money};

use rapport_process::Failure;

/// CDNOW purchases (Fader and Hardie, note 026 of brucehardie.com; the sample that the MIT-licensed Python package
/// `lifetimes` ships): id in the full data, id in the sample, day, number of CDs, dollars.
const PURCHASES: &str = include_str!("../../../../tests/data/reference/purchases/cdnow_sample.txt");

/// SYNTHETIC answers of 250 hotel guests on scales of 1 to 10, made for this project.
const STAYS: &str = include_str!("../../../../tests/data/reference/satisfaction/hotel_ecsi_synth_250x24.csv");

/// One purchase.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Purchase {
    /// The customer's id.
    pub(super) customer: String,
    /// The purchase's id: the customer's id and the place among that customer's purchases.
    pub(super) source_id: String,
    pub(super) day: Date,
    pub(super) quantity: i64,
    pub(super) amount: Money,
}

/// One guest's answers.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Stay {
    /// Question id and score on 1 to 10, in the order of the questionnaire.
    pub(super) scores: Vec<(String, i32)>,
}

impl Stay {
    /// The score of a question.
    pub(super) fn score(&self, question: &str) -> i32 {
        self.scores
            .iter()
            .find(|(id, _)| id == question)
            .map_or(0, |(_, score)| *score)
    }
}

fn damaged(line: usize) -> Failure {
    Failure::new(format!(
        "the sample data shipped with the program are damaged in line {line}"
    ))
}

/// All purchases, in the order of the file.
pub(super) fn purchases() -> Result<Vec<Purchase>, Failure> {
    let mut counts: BTreeMap<String, usize> = BTreeMap::new();
    let mut purchases = Vec::new();
    for (index, line) in PURCHASES.lines().enumerate() {
        let [customer, _, day, quantity, dollars] = line.split_whitespace().collect::<Vec<_>>()[..] else {
            return Err(damaged(index + 1));
        };
        let number = counts.entry(customer.to_owned()).or_default();
        *number += 1;
        purchases.push(Purchase {
            customer: customer.to_owned(),
            source_id: format!("{customer}-{number}"),
            day: Date::strptime("%Y%m%d", day).map_err(|_| damaged(index + 1))?,
            quantity: quantity.parse().map_err(|_| damaged(index + 1))?,
            amount: Money::parse(dollars, Currency::USD).map_err(|_| damaged(index + 1))?,
        });
    }
    Ok(purchases)
}

/// Every customer once, in the order of the file.
pub(super) fn customers(purchases: &[Purchase]) -> Vec<&str> {
    let mut customers: Vec<&str> = purchases
        .iter()
        .map(|purchase| purchase.customer.as_str())
        .collect();
    customers.dedup();
    customers
}

/// All answers, in the order of the file.
pub(super) fn stays() -> Result<Vec<Stay>, Failure> {
    let mut lines = STAYS.lines().enumerate();
    let (_, heading) = lines.next().ok_or_else(|| damaged(1))?;
    let questions: Vec<String> = heading.split(',').map(str::to_lowercase).collect();
    lines
        .map(|(index, line)| {
            let scores = line
                .split(',')
                .map(|score| score.parse::<i32>().map_err(|_| damaged(index + 1)))
                .collect::<Result<Vec<_>, _>>()?;
            if scores.len() != questions.len() {
                return Err(damaged(index + 1));
            }
            Ok(Stay {
                scores: questions.iter().cloned().zip(scores).collect(),
            })
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_samples_have_the_published_sizes() {
        let purchases = purchases().unwrap();
        assert_eq!(purchases.len(), 6_919);
        assert_eq!(customers(&purchases).len(), 2_357);
        let stays = stays().unwrap();
        assert_eq!(stays.len(), 250);
        assert!(stays.iter().all(|stay| stay.scores.len() == 24));
    }
}
