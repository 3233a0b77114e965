//! What is wrong with a version of a tier set: all of it at once, with field paths.

use std::collections::BTreeSet;

use rapport_status::FieldViolation;

use super::{
    MOST_AMOUNT, MOST_BENEFITS, MOST_THRESHOLDS, MOST_TIERS,
    config::{Combination, Grace, Qualification, Threshold, Tier, TierSet, Validity, Window},
    measure::{KnownMeasures, Measure},
};

/// Most characters of an id.
const LONGEST_ID: usize = 63;

/// Longest rolling window, validity and grace.
const MOST_MONTHS: i32 = 120;
const MOST_DAYS: i32 = 3_660;
const MOST_GRACE_MONTHS: i32 = 24;
const MOST_GRACE_DAYS: i32 = 731;

/// Collects violations under field paths.
struct Found(Vec<FieldViolation>);

impl Found {
    fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.0.push(FieldViolation::new(field, description));
    }

    fn id(&mut self, field: String, id: &str) {
        let starts = id.starts_with(|first: char| first.is_ascii_lowercase());
        let allowed = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if !starts || id.len() > LONGEST_ID || !id.bytes().all(allowed) {
            self.add(
                field,
                format!(
                    "must be 1 to {LONGEST_ID} lower-case letters, digits and hyphens, beginning with a letter"
                ),
            );
        }
    }

    fn range(&mut self, field: String, value: i32, most: i32, unit: &str) {
        if !(1..=most).contains(&value) {
            self.add(field, format!("must be 1 to {most} {unit}"));
        }
    }
}

impl TierSet {
    /// Everything that is wrong with this version. Field paths begin with `path`, such as `tier_set`.
    pub fn check(&self, path: &str, known: &KnownMeasures) -> Vec<FieldViolation> {
        let mut found = Found(Vec::new());
        found.id(format!("{path}.id"), &self.id);
        if self.version == 0 {
            found.add(format!("{path}.version"), "must be at least 1");
        }
        self.check_times(path, &mut found);
        if !(2..=MOST_TIERS).contains(&self.tiers.len()) {
            found.add(
                format!("{path}.tiers"),
                format!(
                    "must be 2 to {MOST_TIERS} tiers: the base tier that everybody has, and those above it"
                ),
            );
        }
        let mut ids = BTreeSet::new();
        for (place, tier) in self.tiers.iter().take(MOST_TIERS).enumerate() {
            let path = format!("{path}.tiers[{place}]");
            tier.check(&path, known, &mut found);
            if !ids.insert(&tier.id) {
                found.add(
                    format!("{path}.id"),
                    "is the id of another tier too; each tier has its own",
                );
            }
            if place == 0 {
                tier.check_base(&path, &mut found);
            } else {
                self.check_order(place, &path, &mut found);
            }
        }
        found.0
    }

    fn check_times(&self, path: &str, found: &mut Found) {
        match self.window {
            Window::CalendarYear { first_month } => {
                if !(1..=12).contains(&first_month) {
                    found.add(
                        format!("{path}.window.first_month"),
                        "must be 1 (January) to 12 (December)",
                    );
                }
            }
            Window::MembershipYear => {}
            Window::RollingMonths(months) => {
                found.range(format!("{path}.window.months"), months, MOST_MONTHS, "months");
            }
            Window::RollingDays(days) => {
                found.range(format!("{path}.window.days"), days, MOST_DAYS, "days");
            }
        }
        match self.validity {
            Validity::Months(months) => {
                found.range(format!("{path}.validity.months"), months, MOST_MONTHS, "months");
            }
            Validity::EndOfWindow | Validity::EndOfNextWindow if self.window.is_rolling() => found.add(
                format!("{path}.validity"),
                "must be a number of months: a rolling window has no end",
            ),
            Validity::EndOfWindow | Validity::EndOfNextWindow => {}
        }
        match self.grace {
            Grace::None => {}
            Grace::Days(days) => found.range(format!("{path}.grace.days"), days, MOST_GRACE_DAYS, "days"),
            Grace::Months(months) => {
                found.range(
                    format!("{path}.grace.months"),
                    months,
                    MOST_GRACE_MONTHS,
                    "months",
                );
            }
        }
        if self.carry_over && self.window.is_rolling() {
            found.add(
                format!("{path}.carry_over"),
                "must be off with a rolling window: there is no next window to carry anything over to",
            );
        }
    }

    /// Compares a tier with the ones below it.
    fn check_order(&self, place: usize, path: &str, found: &mut Found) {
        let tier = &self.tiers[place];
        if tier.rank <= self.tiers[place - 1].rank {
            found.add(
                format!("{path}.rank"),
                "must be higher than the rank of the tier before it: tiers are listed from the lowest to the highest",
            );
        }
        for lower in &self.tiers[..place] {
            for (field, higher, lower_one) in [
                ("qualification", &tier.qualification, &lower.qualification),
                ("lifetime", &tier.lifetime, &lower.lifetime),
            ] {
                if let (Some(higher), Some(lower_one)) = (higher, lower_one) {
                    higher.check_above(lower_one, &lower.id, &format!("{path}.{field}"), found);
                }
            }
        }
    }
}

impl Tier {
    fn check(&self, path: &str, known: &KnownMeasures, found: &mut Found) {
        found.id(format!("{path}.id"), &self.id);
        self.titles.check(&format!("{path}.titles"), &mut found.0);
        for (field, qualification) in [
            ("qualification", &self.qualification),
            ("lifetime", &self.lifetime),
        ] {
            if let Some(qualification) = qualification {
                qualification.check(&format!("{path}.{field}"), known, found);
            }
        }
        if self.benefits.len() > MOST_BENEFITS {
            found.add(
                format!("{path}.benefits"),
                format!("must be at most {MOST_BENEFITS} benefits"),
            );
        }
        let mut ids = BTreeSet::new();
        for (place, benefit) in self.benefits.iter().take(MOST_BENEFITS).enumerate() {
            let path = format!("{path}.benefits[{place}]");
            found.id(format!("{path}.id"), &benefit.id);
            if !ids.insert(&benefit.id) {
                found.add(
                    format!("{path}.id"),
                    "is the id of another benefit of the tier too; each has its own",
                );
            }
            benefit.check(&path, &mut found.0);
        }
    }

    fn check_base(&self, path: &str, found: &mut Found) {
        for (field, there) in [
            ("qualification", self.qualification.is_some()),
            ("lifetime", self.lifetime.is_some()),
            ("inherits", self.inherits),
        ] {
            if there {
                found.add(
                    format!("{path}.{field}"),
                    "must not be set: the first tier is the base tier, which everybody has",
                );
            }
        }
    }
}

impl Qualification {
    /// Adds what is wrong with the thresholds by themselves.
    fn check(&self, path: &str, known: &KnownMeasures, found: &mut Found) {
        for violation in self.violations(path) {
            found.0.push(violation);
        }
        for (place, threshold) in self.thresholds.iter().take(MOST_THRESHOLDS).enumerate() {
            if !known.contains(&threshold.measure) {
                found.add(
                    format!("{path}.thresholds[{place}].measure"),
                    format!("the program does not record {}", threshold.measure),
                );
            }
        }
    }

    /// Everything that is wrong with it; field paths begin with `path`.
    pub fn violations_among(&self, path: &str, known: &KnownMeasures) -> Vec<FieldViolation> {
        let mut found = Found(Vec::new());
        self.check(path, known, &mut found);
        found.0
    }

    /// What is wrong with the thresholds whatever measures there are.
    pub(super) fn violations(&self, path: &str) -> Vec<FieldViolation> {
        let mut found = Found(Vec::new());
        if !(1..=MOST_THRESHOLDS).contains(&self.thresholds.len()) {
            found.add(
                format!("{path}.thresholds"),
                format!("must be 1 to {MOST_THRESHOLDS} thresholds"),
            );
        }
        let mut measures: BTreeSet<&Measure> = BTreeSet::new();
        for (place, threshold) in self.thresholds.iter().take(MOST_THRESHOLDS).enumerate() {
            let path = format!("{path}.thresholds[{place}]");
            if !(1..=MOST_AMOUNT).contains(&threshold.at_least) {
                found.add(format!("{path}.at_least"), format!("must be 1 to {MOST_AMOUNT}"));
            }
            if !measures.insert(&threshold.measure) {
                found.add(
                    format!("{path}.measure"),
                    "has another threshold too; each measure has one",
                );
            }
        }
        found.0
    }

    /// Adds what is wrong beside the qualification of a lower tier: no measure may ask for less, and whoever reaches
    /// the lower tier must not have reached the higher one by that alone.
    fn check_above(&self, lower: &Self, lower_id: &str, path: &str, found: &mut Found) {
        for (place, threshold) in self.thresholds.iter().take(MOST_THRESHOLDS).enumerate() {
            if let Some(below) = lower.of(&threshold.measure)
                && threshold.at_least < below.at_least
            {
                found.add(
                    format!("{path}.thresholds[{place}].at_least"),
                    format!(
                        "must be at least {}, which the lower tier {lower_id} asks for",
                        below.at_least
                    ),
                );
            }
        }
        if !self.thresholds.is_empty() && lower.implies(self) {
            found.add(
                path,
                format!("must ask for more than the lower tier {lower_id}: whoever reached that one has reached this"),
            );
        }
    }

    fn of(&self, measure: &Measure) -> Option<&Threshold> {
        self.thresholds
            .iter()
            .find(|threshold| threshold.measure == *measure)
    }

    /// Whether amounts that meet this always meet the other.
    fn implies(&self, other: &Self) -> bool {
        match self.combination {
            Combination::All => other.is_met_by(&self.thresholds),
            Combination::Any => self
                .thresholds
                .iter()
                .all(|threshold| other.is_met_by(std::slice::from_ref(threshold))),
        }
    }

    /// Whether amounts that reach all of some thresholds, and have nothing of other measures, meet this.
    fn is_met_by(&self, reached: &[Threshold]) -> bool {
        let mut thresholds = self.thresholds.iter().map(|asked| {
            reached
                .iter()
                .any(|reached| reached.measure == asked.measure && reached.at_least >= asked.at_least)
        });
        match self.combination {
            Combination::All => thresholds.all(|met| met),
            Combination::Any => thresholds.any(|met| met),
        }
    }
}
