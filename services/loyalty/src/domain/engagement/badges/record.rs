//! What a member was awarded.

use std::collections::BTreeSet;

use jiff::Timestamp;
use uuid::Uuid;

/// Most awards of one badge that a member's cabinet keeps, revoked ones included.
pub const MOST_AWARDS: usize = 1_000;

/// All that a member was ever awarded of one badge.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Cabinet {
    /// The awards, in the order in which they were given.
    pub awards: Vec<Award>,
    /// Levels that were revoked by hand, and so are not awarded by a rule.
    pub barred: BTreeSet<usize>,
}

/// A level that was awarded.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Award {
    /// Its id.
    pub id: Uuid,
    /// The level; the lowest is 0.
    pub level: usize,
    /// When.
    pub time: Timestamp,
    /// Why, in words.
    pub reason: String,
    /// By whom.
    pub origin: Origin,
    /// That it was revoked, if it was.
    pub revocation: Option<Revocation>,
}

/// Who awarded something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Origin {
    /// The rule of a version of the terms.
    Rule {
        /// Which version.
        terms_version: i64,
    },
    /// A person.
    Hand {
        /// Who.
        by: String,
    },
}

/// That an award no longer stands.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// When it was revoked.
    pub time: Timestamp,
    /// Why, in words.
    pub reason: String,
}

/// What a member shows of a badge.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Shown {
    /// The highest level held.
    pub level: usize,
    /// Since when.
    pub time: Timestamp,
    /// Why, in words.
    pub reason: String,
}

/// One change of a cabinet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    /// A level was awarded.
    Awarded(Award),
    /// An award was revoked.
    Revoked(Uuid, Revocation),
    /// A level is not to be awarded by a rule again.
    Barred(usize),
    /// A level may be awarded by a rule again.
    Allowed(usize),
}

impl Award {
    /// Whether it was not revoked.
    pub fn stands(&self) -> bool {
        self.revocation.is_none()
    }
}

impl Cabinet {
    /// The award of a level that stands, if there is one.
    pub fn held(&self, level: usize) -> Option<&Award> {
        self.awards
            .iter()
            .find(|award| award.level == level && award.stands())
    }

    /// What the member shows.
    pub fn shown(&self) -> Option<Shown> {
        let standing = self.awards.iter().filter(|award| award.stands());
        standing.max_by_key(|award| award.level).map(|award| Shown {
            level: award.level,
            time: award.time,
            reason: award.reason.clone(),
        })
    }

    /// Carries out a change that was decided on this cabinet.
    pub fn apply(&mut self, change: &Change) {
        match change {
            Change::Awarded(award) => self.awards.push(award.clone()),
            Change::Revoked(id, revocation) => {
                if let Some(award) = self.awards.iter_mut().find(|award| award.id == *id) {
                    award.revocation = Some(revocation.clone());
                }
            }
            Change::Barred(level) => {
                self.barred.insert(*level);
            }
            Change::Allowed(level) => {
                self.barred.remove(level);
            }
        }
    }
}
