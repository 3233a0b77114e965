//! What is known of one member in one challenge.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;
use rapport_status::Error;

use super::{
    activity::{Activity, Instance, Reversal},
    progress::{Progress, progress},
    streak::CurrentStreak,
    terms::Rules,
};
use crate::domain::engagement::{Grant, contradiction};

/// Most activities that one instance keeps.
pub const MOST_ACTIVITIES: usize = 10_000;

/// Most reversals of one activity.
pub const MOST_REVERSALS: usize = 1_000;

/// One member in one version of a challenge. The store may load the activities of one instance only: all of them, and
/// the reversals of all of them.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    /// `programs/{program}/members/{member}`.
    pub member: String,
    /// Version of the terms.
    pub terms_version: i64,
    /// What the member did, by id.
    activities: BTreeMap<String, Activity>,
    /// Which activities belong to which instance.
    instances: BTreeMap<Instance, BTreeSet<String>>,
    /// What was undone, by activity; also of activities that are not known yet.
    reversals: BTreeMap<String, Vec<Reversal>>,
    /// What was given and not taken back, by instance and level.
    awards: BTreeMap<(Instance, usize), Award>,
}

/// That a level was reached, and what was given for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// The instance.
    pub instance: Instance,
    /// The level; the first is 0.
    pub level: usize,
    /// When it was reached, as was known when the award was given.
    pub reach_time: Timestamp,
    /// What was given.
    pub grants: Vec<Grant>,
}

/// One change of a standing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// The member did something that belongs to an instance.
    Recorded(Instance, Activity),
    /// Something was undone.
    Reversed(Reversal),
    /// A level was reached, and its rewards are given.
    Awarded(Award),
    /// A level is no longer reached, and its rewards are taken back.
    TakenBack(Award),
}

/// How far a member is in an instance, to be shown.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct View {
    /// The instance.
    pub instance: Instance,
    /// The number that the goal counts.
    pub value: i64,
    /// When each level was reached.
    pub reached: Vec<Timestamp>,
    /// How much is missing for the next level; none when all are reached.
    pub missing: Option<i64>,
    /// The streak that goes on.
    pub streak: Option<CurrentStreak>,
}

impl Standing {
    /// A member who has done nothing yet.
    pub fn new(member: impl Into<String>, terms_version: i64) -> Self {
        Self {
            member: member.into(),
            terms_version,
            activities: BTreeMap::new(),
            instances: BTreeMap::new(),
            reversals: BTreeMap::new(),
            awards: BTreeMap::new(),
        }
    }

    /// The awards that stand, by instance and level.
    pub fn awards(&self) -> impl Iterator<Item = &Award> {
        self.awards.values()
    }

    /// The award of a level of an instance, if it stands.
    pub(super) fn award(&self, instance: Instance, level: usize) -> Option<&Award> {
        self.awards.get(&(instance, level))
    }

    /// The instance that a known activity belongs to.
    pub(super) fn instance_of(&self, activity: &str, rules: &Rules<'_>) -> Option<Instance> {
        rules.instance_of(self.activities.get(activity)?)
    }

    /// Activities that an instance keeps.
    pub(super) fn activity_count(&self, instance: Instance) -> usize {
        self.instances.get(&instance).map_or(0, BTreeSet::len)
    }

    /// Reversals of an activity.
    pub(super) fn reversal_count(&self, activity: &str) -> usize {
        self.reversals.get(activity).map_or(0, Vec::len)
    }

    /// Whether an activity is known. Refused when it is known with other content.
    pub(super) fn knows_activity(&self, activity: &Activity) -> Result<bool, Error> {
        match self.activities.get(&activity.id) {
            Some(known) if known != activity => Err(contradiction("activity", &activity.id)),
            known => Ok(known.is_some()),
        }
    }

    /// Whether a reversal is known. Refused when it is known with other content.
    pub(super) fn knows_reversal(&self, reversal: &Reversal) -> Result<bool, Error> {
        let mut of_activity = self.reversals.get(&reversal.activity).into_iter().flatten();
        match of_activity.find(|known| known.id == reversal.id) {
            Some(known) if known != reversal => Err(contradiction("reversal", &reversal.id)),
            known => Ok(known.is_some()),
        }
    }

    /// How far an instance is.
    pub fn progress(&self, instance: Instance, rules: &Rules<'_>) -> Progress {
        let ids = self.instances.get(&instance).into_iter().flatten();
        let activities = ids.filter_map(|id| {
            let activity = self.activities.get(id)?;
            let left = activity.left_after(self.reversals.get(id).into_iter().flatten())?;
            Some((activity, left))
        });
        progress(rules, activities)
    }

    /// How far the member is at a moment in an instance.
    pub fn view(&self, instance: Instance, rules: &Rules<'_>, now: Timestamp) -> View {
        let progress = self.progress(instance, rules);
        let next = rules.terms.levels.get(progress.reached.len());
        View {
            instance,
            value: progress.value,
            missing: next.map(|level| level.target - progress.value),
            streak: progress.current_streak(now, rules),
            reached: progress.reached,
        }
    }

    /// Carries out a change that was decided on this standing.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Recorded(instance, activity) => {
                self.instances
                    .entry(*instance)
                    .or_default()
                    .insert(activity.id.clone());
                self.activities.insert(activity.id.clone(), activity.clone());
            }
            Change::Reversed(reversal) => {
                let of_activity = self.reversals.entry(reversal.activity.clone()).or_default();
                of_activity.push(reversal.clone());
            }
            Change::Awarded(award) => {
                self.awards.insert((award.instance, award.level), award.clone());
            }
            Change::TakenBack(award) => {
                self.awards.remove(&(award.instance, award.level));
            }
        }
    }
}
