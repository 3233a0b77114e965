//! Recomputes every roll-up from the facts, and tells where the stored ones differ.

use std::fmt::Write as _;

use jiff::civil::Date;
use rapport_status::Result;
use rapport_storage::Store;
use sea_orm::DatabaseTransaction;

use crate::{
    domain::{
        answer_set::{Digest, INDEX_UNITS_PER_POINT},
        rollup::{Key, Rollups, Sums},
    },
    store::{
        facts::{self, StoredAnswerSet},
        rollups, snapshot,
    },
};

/// Answer sets that are read at a time.
const CHUNK: u64 = 500;

/// Differences that are told in words; the others are counted.
const MOST_TOLD: usize = 100;

/// What a recomputation found.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Verification {
    /// Scores read.
    pub scores: i64,
    /// Roll-ups compared.
    pub rollups: i64,
    /// Rows that differ.
    pub differences: i64,
    /// The first 100 rows that differ, in plain English.
    pub told: Vec<String>,
}

/// Recomputes the roll-ups of a tenant.
///
/// It goes day by day, each in one snapshot: an event changes facts and roll-ups together, so that they agree in every
/// snapshot, and no transaction stays open for long. What is in memory at a time is the roll-ups of a day and a few
/// hundred answer sets.
pub async fn verify(store: &Store, tenant: &str) -> Result<Verification> {
    let mut found = Verification::default();
    let mut done: Option<Date> = None;
    loop {
        let snapshot = snapshot(store).await?;
        let with_facts = facts::next_day(&snapshot, tenant, done).await?;
        let with_rollups = rollups::next_day(&snapshot, tenant, done).await?;
        let Some(day) = with_facts.into_iter().chain(with_rollups).min() else {
            return Ok(found);
        };
        found.verify_day(&snapshot, tenant, day).await?;
        done = Some(day);
    }
}

impl Verification {
    async fn verify_day(&mut self, snapshot: &DatabaseTransaction, tenant: &str, day: Date) -> Result<()> {
        let mut recomputed = self.recompute(snapshot, tenant, day).await?;
        for (key, stored) in rollups::of_day(snapshot, tenant, day).await? {
            let expected = recomputed.take(&key).unwrap_or_default();
            self.compare(&key, &stored, &expected);
        }
        // What is left has no stored row.
        for (key, expected) in recomputed.by_key() {
            self.compare(key, &Sums::default(), expected);
        }
        Ok(())
    }

    async fn recompute(
        &mut self,
        snapshot: &DatabaseTransaction,
        tenant: &str,
        day: Date,
    ) -> Result<Rollups> {
        let mut recomputed = Rollups::default();
        let mut after = String::new();
        loop {
            let answer_sets = facts::of_day(snapshot, tenant, day, &after, CHUNK).await?;
            let Some(last) = answer_sets.last() else {
                return Ok(recomputed);
            };
            after.clone_from(&last.id);
            for answer_set in answer_sets {
                self.scores += i64::try_from(answer_set.content.scores.len()).unwrap_or(i64::MAX);
                self.check_digest(&answer_set);
                recomputed.add(&answer_set.content);
            }
        }
    }

    /// What an answer set says of its customer is stored beside its scores.
    fn check_digest(&mut self, answer_set: &StoredAnswerSet) {
        let (stored, expected) = (answer_set.digest, answer_set.content.digest());
        if stored != expected {
            self.tell(format!(
                "answer set {}: the stored digest is {}; the scores give {}",
                answer_set.id,
                digest_in_words(stored),
                digest_in_words(expected)
            ));
        }
    }

    fn compare(&mut self, key: &Key, stored: &Sums, expected: &Sums) {
        self.rollups += 1;
        if stored != expected {
            self.tell(format!("{}: {}", described(key), difference(stored, expected)));
        }
    }

    fn tell(&mut self, difference: String) {
        self.differences += 1;
        if self.told.len() < MOST_TOLD {
            self.told.push(difference);
        }
    }
}

/// Names a roll-up by those of its dimensions that have a value.
fn described(key: &Key) -> String {
    let mut text = format!("{} on {}", key.metric, key.day);
    let dimensions = [
        ("survey", &key.survey),
        ("question", &key.question),
        ("touchpoint", &key.touchpoint),
        ("location", &key.location),
    ];
    for (name, value) in dimensions {
        if !value.is_empty() {
            let _ = write!(text, ", {name} {value}");
        }
    }
    text
}

fn digest_in_words(digest: Digest) -> String {
    let say = |score: Option<u8>| score.map_or("none".to_owned(), |score| score.to_string());
    let index = digest.index.map_or("none".to_owned(), |index| {
        format!(
            "{}.{:03}",
            index.div_euclid(INDEX_UNITS_PER_POINT),
            index.rem_euclid(INDEX_UNITS_PER_POINT)
        )
    });
    format!(
        "index {index}, NPS answer {}, CSAT answer {}",
        say(digest.nps),
        say(digest.csat)
    )
}

fn difference(stored: &Sums, expected: &Sums) -> String {
    if stored.is_zero() {
        return format!("there is no roll-up; the scores give {}", answers(expected.count));
    }
    if expected.is_zero() {
        return format!("the roll-up has {}; there are no scores", answers(stored.count));
    }
    let mut parts = Vec::new();
    let mut part = |what: &str, stored: i64, expected: i64| {
        if stored != expected {
            parts.push(format!("the {what} is {stored}, the scores give {expected}"));
        }
    };
    part("number of answers", stored.count, expected.count);
    part("sum", stored.sum, expected.sum);
    part("sum of squares", stored.squares, expected.squares);
    for (score, (stored, expected)) in stored.by_score.into_iter().zip(expected.by_score).enumerate() {
        part(&format!("number of answers of {score}"), stored, expected);
    }
    parts.join("; ")
}

fn answers(count: i64) -> String {
    match count {
        1 => "1 answer".to_owned(),
        count => format!("{count} answers"),
    }
}
