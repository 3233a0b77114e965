//! Where a member stands, and the changes that led there.

use jiff::Timestamp;
use uuid::Uuid;

use super::{measure::Value, rules::Rules, state::State};
use crate::domain::calendar::start_of_day;

/// Why a member has a tier. When there are several grounds for the same tier, the one that keeps it longest is told;
/// among those that end on the same day, the one that comes last here.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Basis {
    /// It is the base tier.
    Base,
    /// Its validity is over, and the grace period is not.
    Grace,
    /// An operator granted it.
    Gifted {
        /// The grant.
        grant: Uuid,
    },
    /// It was granted for a status elsewhere.
    Matched {
        /// The grant.
        grant: Uuid,
        /// Whether the challenge was met, so that the tier is kept beyond the trial.
        kept: bool,
    },
    /// The tier above was lost, and the fall stopped here.
    SoftLanding,
    /// Its thresholds were reached.
    Qualified,
    /// Its lifetime thresholds were reached.
    Lifetime,
}

/// In which direction a change went.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Movement {
    /// The first standing of the member in the tier set.
    Start,
    /// To a higher tier.
    Up,
    /// To a lower tier.
    Down,
    /// The tier stays what it was; its basis or its validity changed. Also when a tier was abolished and the member
    /// has the one that took its place.
    Stay,
}

/// A change of tier, of its basis or of its validity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Change {
    /// When.
    pub time: Timestamp,
    /// Id of the tier from then on.
    pub tier: String,
    /// Why.
    pub basis: Basis,
    /// In which direction.
    pub movement: Movement,
    /// Until when the tier is kept on this basis: the first moment at which it is not. None when there is no end.
    pub valid_until: Option<Timestamp>,
    /// Version of the tier set that decided.
    pub version: u32,
    /// What was counted for the decision. Qualified, lifetime and a match that was kept: what the thresholds asked for.
    /// Grace and soft landing: what the thresholds of the lost tier asked for, at the review. Otherwise nothing.
    pub values: Vec<Value>,
}

/// Where a member stands in a tier set as of a moment.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// Id of the tier.
    pub tier: String,
    /// Since when the member has it without interruption, on whatever basis.
    pub since: Timestamp,
    /// The decision that put the member there, or the latest that confirmed it: why, until when, under which version
    /// and on which values.
    pub decision: Change,
    /// The next moment at which time alone makes the tier be decided upon: the end of its validity, or that of the tier
    /// that was reached when a higher one is granted. None when there is none.
    pub next_review: Option<Timestamp>,
    /// Version of the tier set in force.
    pub version: u32,
    /// What counts at present for the qualifications of that version, in the order of the measures.
    pub progress: Vec<Value>,
}

impl State {
    /// Reads the standing off the state, which nothing must have changed since.
    pub(super) fn read(&self, rules: &Rules) -> Standing {
        let set = rules.versions().iter().find(|set| set.version == self.version);
        let totals = self.collected.totals();
        let progress = set.map_or_else(Vec::new, super::TierSet::measures);
        let reached = set.and_then(|set| self.reached_until(set));
        let reached = reached.map(|day| start_of_day(day, &rules.zone));
        Standing {
            tier: self.current.tier.clone(),
            since: self.since,
            decision: self.current.clone(),
            next_review: [self.current.valid_until, reached].into_iter().flatten().min(),
            version: self.version,
            progress: progress
                .into_iter()
                .map(|measure| Value {
                    amount: totals.amount(&measure),
                    measure,
                })
                .collect(),
        }
    }
}
