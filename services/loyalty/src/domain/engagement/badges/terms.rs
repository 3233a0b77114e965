//! What the owner of a program decides about a badge.

use std::collections::BTreeMap;

use rapport_status::FieldViolation;

use crate::domain::engagement::{check_range, check_text};

/// Most levels of a badge.
pub const MOST_LEVELS: usize = 10;

/// Largest count that a rule asks for, and highest rank or level that it names.
pub const LARGEST_COUNT: i64 = 1_000_000_000_000;

/// The terms of a badge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Terms {
    /// Counts the changes of the terms.
    pub version: i64,
    /// Name that members see.
    pub title: String,
    /// The levels, the lowest first.
    pub levels: Vec<Level>,
    /// Whether a level is revoked when its rule no longer holds; otherwise it stays once earned.
    pub revocable: bool,
}

/// A level of a badge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Level {
    /// Name that members see.
    pub title: String,
    /// How it is earned.
    pub rule: Rule,
}

/// How a level is earned.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rule {
    /// Somebody awards it.
    ByHand,
    /// So many levels of a challenge are reached.
    Challenge {
        /// Id of the challenge.
        challenge: String,
        /// How many levels, at least 1.
        levels: i64,
    },
    /// A tier is reached.
    Tier {
        /// Id of the tier set.
        tier_set: String,
        /// The tier's rank in its set, or a higher one; the lowest tier has rank 1.
        rank: i64,
    },
    /// Something was done so often: referrals, reviews, visits.
    Count {
        /// What is counted.
        counter: String,
        /// How often, at least 1.
        at_least: i64,
    },
}

/// What is known of a member. What is not named is 0.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Facts {
    /// Levels reached, by challenge.
    pub challenges: BTreeMap<String, i64>,
    /// Rank of the tier, by tier set.
    pub tiers: BTreeMap<String, i64>,
    /// How often something was done, by what is counted.
    pub counters: BTreeMap<String, i64>,
}

impl Rule {
    /// Why the rule holds, in words; none when it does not hold. One that asks for a hand never holds by itself.
    pub fn holds(&self, facts: &Facts) -> Option<String> {
        let reached = |known: &BTreeMap<String, i64>, name: &str, wanted: i64| {
            let number = known.get(name).copied().unwrap_or_default();
            (number >= wanted).then_some(number)
        };
        match self {
            Self::ByHand => None,
            Self::Challenge { challenge, levels } => reached(&facts.challenges, challenge, *levels)
                .map(|_| format!("reached level {levels} of the challenge {challenge}")),
            Self::Tier { tier_set, rank } => reached(&facts.tiers, tier_set, *rank)
                .map(|_| format!("reached rank {rank} of the tiers {tier_set}")),
            Self::Count { counter, at_least } => {
                reached(&facts.counters, counter, *at_least).map(|_| format!("{counter} reached {at_least}"))
            }
        }
    }

    fn check(&self, field: &str, found: &mut Vec<FieldViolation>) {
        let (name, number) = match self {
            Self::ByHand => return,
            Self::Challenge { challenge, levels } => (("challenge", challenge), ("levels", *levels)),
            Self::Tier { tier_set, rank } => (("tier_set", tier_set), ("rank", *rank)),
            Self::Count { counter, at_least } => (("counter", counter), ("at_least", *at_least)),
        };
        check_text(&format!("{field}.{}", name.0), name.1, found);
        check_range(
            &format!("{field}.{}", number.0),
            number.1,
            (1, LARGEST_COUNT),
            found,
        );
    }
}

impl Terms {
    /// Everything that is wrong with the terms, each with the path of its field under `badge.`.
    pub fn check(&self) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        check_text("badge.title", &self.title, &mut found);
        if !(1..=MOST_LEVELS).contains(&self.levels.len()) {
            let description = format!(
                "must be 1 to {MOST_LEVELS} levels; there are {}",
                self.levels.len()
            );
            found.push(FieldViolation::new("badge.levels", description));
        }
        for (place, level) in self.levels.iter().take(MOST_LEVELS).enumerate() {
            let field = format!("badge.levels[{place}]");
            check_text(&format!("{field}.title"), &level.title, &mut found);
            level.rule.check(&format!("{field}.rule"), &mut found);
        }
        found
    }
}
