//! What a tier brings: data that other services ask for.

use jiff::Timestamp;
use rapport_status::FieldViolation;

use super::{config::TierSet, rules::Rules, standing::Standing, titles::Titles};

/// Largest multiplier, in percent: a hundredfold.
pub(super) const MOST_PERCENT: u32 = 10_000;

/// Most characters of a text or the name of a service level.
pub(super) const LONGEST_TEXT: usize = 2_000;

/// A benefit of a tier.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Benefit {
    /// Id within the tier, such as `late-checkout`. The same benefit has the same id in all tiers.
    pub id: String,
    /// What it is.
    pub kind: BenefitKind,
    /// Name that members see, by language.
    pub titles: Titles,
}

/// Kinds of benefits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum BenefitKind {
    /// Points are multiplied: 150 percent is half as many again.
    Multiplier {
        /// The factor in percent.
        percent: u32,
    },
    /// Something that the member may do or gets.
    Privilege,
    /// The level at which the member is served, in the words of whoever serves, such as `priority`.
    ServiceLevel(String),
    /// Anything else, as a text.
    Text(String),
}

impl Benefit {
    /// Adds what is wrong with the benefit.
    pub(super) fn check(&self, path: &str, found: &mut Vec<FieldViolation>) {
        match &self.kind {
            BenefitKind::Multiplier { percent } if !(1..=MOST_PERCENT).contains(percent) => {
                found.push(FieldViolation::new(
                    format!("{path}.percent"),
                    format!("must be 1 to {MOST_PERCENT} percent; 100 changes nothing"),
                ));
            }
            BenefitKind::ServiceLevel(text) | BenefitKind::Text(text)
                if text.trim().is_empty() || text.chars().count() > LONGEST_TEXT =>
            {
                found.push(FieldViolation::new(
                    format!("{path}.text"),
                    format!("must have 1 to {LONGEST_TEXT} characters, not only spaces"),
                ));
            }
            _ => {}
        }
        self.titles.check(&format!("{path}.titles"), found);
    }
}

/// The benefits of a tier, those that it inherits included: its own first, then those of each lower tier that it
/// inherits from, without the ones whose id came before. Nothing for a tier that the version does not have.
pub fn benefits<'s>(set: &'s TierSet, tier: &str) -> Vec<&'s Benefit> {
    let mut found: Vec<&Benefit> = Vec::new();
    let Some(top) = set.tiers.iter().position(|candidate| candidate.id == tier) else {
        return found;
    };
    for tier in set.tiers[..=top].iter().rev() {
        for benefit in &tier.benefits {
            if !found.iter().any(|known| known.id == benefit.id) {
                found.push(benefit);
            }
        }
        if !tier.inherits {
            break;
        }
    }
    found
}

/// The benefits of a member as of a moment, by the version in force then. `standing` is the member's at that moment.
pub fn benefits_now<'r>(rules: &'r Rules, standing: &Standing, as_of: Timestamp) -> Vec<&'r Benefit> {
    rules
        .in_force(as_of)
        .map_or_else(Vec::new, |set| benefits(set, &standing.tier))
}

/// The highest multiplier of points among benefits, in percent; 100 without one. Multipliers do not add up.
pub fn multiplier_percent(benefits: &[&Benefit]) -> u32 {
    let percents = benefits.iter().filter_map(|benefit| match benefit.kind {
        BenefitKind::Multiplier { percent } => Some(percent),
        _ => None,
    });
    percents.max().unwrap_or(100)
}
