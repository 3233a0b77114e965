//! A tier set as its program knows it: all its versions.

use jiff::Timestamp;
use rapport_status::{Error, FieldViolation, Reason};
use uuid::Uuid;

use super::{
    config::TierSet,
    history::{Fact, Grant, Revocation},
    measure::KnownMeasures,
    recorded::ITEMS,
    rules::Rules,
};
use crate::domain::program::Program;

/// Type of tier sets in errors.
pub const RESOURCE_TYPE: &str = "rapport.example/TierSet";

/// Type of grants in errors.
const GRANT_RESOURCE_TYPE: &str = "rapport.example/TierGrant";

/// Most tier sets of a program.
pub const MOST_TIER_SETS: usize = 20;

/// A tier set with all its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownTierSet {
    /// `programs/{program}/tierSets/{tier_set}`.
    pub name: String,
    /// The versions in the order of their effective dates; at least one.
    pub versions: Vec<TierSet>,
    /// When it was created.
    pub create_time: Timestamp,
    /// When its latest version was added.
    pub update_time: Timestamp,
    /// Counts the changes; the etag is its text.
    pub revision: i64,
}

impl KnownTierSet {
    /// The etag.
    pub fn etag(&self) -> String {
        self.revision.to_string()
    }

    /// Refuses an etag that is set and is not the current one.
    pub fn check_etag(&self, etag: &str) -> Result<(), Error> {
        if etag.is_empty() || etag == self.etag() {
            return Ok(());
        }
        Err(Error::about(
            Reason::EtagMismatch,
            RESOURCE_TYPE,
            &self.name,
            format!("{} was changed; read it again and repeat the change", self.name),
        )
        .with("current_etag", self.etag()))
    }

    /// The rules of the set in a program.
    pub fn rules(&self, program: &Program) -> Result<Rules, Error> {
        let known = known_measures(program, &self.versions);
        Rules::new(self.versions.clone(), program.zone.clone(), &known)
    }

    /// The version that is in force at a moment, or the first one when none is yet.
    pub fn in_force(&self, now: Timestamp) -> Option<&TierSet> {
        let begun = self.versions.iter().rev().find(|set| set.effective <= now);
        begun.or(self.versions.first())
    }

    /// The version with a number.
    pub fn version(&self, number: u32) -> Result<&TierSet, Error> {
        let mut versions = self.versions.iter();
        versions.find(|set| set.version == number).ok_or_else(|| {
            Error::about(
                Reason::TierSetNotFound,
                RESOURCE_TYPE,
                &self.name,
                format!(
                    "{} has no version {number}; GetTierSet tells those that there are",
                    self.name
                ),
            )
        })
    }

    /// Refuses a set whose latest version breaks a rule by itself or beside the one before. Field paths begin with
    /// `tier_set`.
    pub fn check(&self, program: &Program) -> Result<(), Error> {
        let Err(error) = self.rules(program) else {
            return Ok(());
        };
        let latest = format!("tier_sets[{}]", self.versions.len().saturating_sub(1));
        let found = error.violations().iter().map(|violation| {
            let field = violation.field.replacen(&latest, "tier_set", 1);
            let field = field.replace("tier_set.effective", "tier_set.effective_time");
            FieldViolation::new(field, violation.description.clone())
        });
        Err(Error::invalid(Reason::InvalidTierSet, found.collect()))
    }
}

/// The measures that a program offers to versions of a tier set: points of each of its wallets, spend in every currency,
/// purchases and items.
pub fn known_measures(program: &Program, versions: &[TierSet]) -> KnownMeasures {
    KnownMeasures {
        wallets: program.wallets.keys().cloned().collect(),
        currencies: versions.iter().flat_map(TierSet::currencies).collect(),
        counts: [ITEMS.to_owned()].into(),
    }
}

/// The error that a tier set is not there.
pub fn not_found(name: &str) -> Error {
    Error::about(
        Reason::TierSetNotFound,
        RESOURCE_TYPE,
        name,
        format!("there is no tier set {name}; ListTierSets tells those of the program"),
    )
}

/// The error that a tier set is there with other content.
pub fn already_exists(name: &str) -> Error {
    Error::about(
        Reason::TierSetAlreadyExists,
        RESOURCE_TYPE,
        name,
        format!(
            "{name} is there already with other content; add a version with UpdateTierSet, or choose another id"
        ),
    )
}

/// The error that a grant is not there.
pub fn grant_not_found(name: &str) -> Error {
    Error::about(
        Reason::TierGrantNotFound,
        GRANT_RESOURCE_TYPE,
        name,
        format!("there is no grant {name}; the decision on the member's tier names it"),
    )
}

/// Most grants of a member, over all tier sets.
pub const MOST_GRANTS: usize = 500;

/// A grant as it was made, and revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KnownGrant {
    /// `programs/{program}/members/{member}`.
    pub member: String,
    /// `programs/{program}/tierSets/{tier_set}`.
    pub tier_set: String,
    /// The grant.
    pub grant: Grant,
    /// How it was revoked, if it was.
    pub withdrawal: Option<Withdrawal>,
}

/// When and why a grant was revoked.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Withdrawal {
    /// From when on it holds no more.
    pub time: Timestamp,
    /// Why.
    pub reason: String,
    /// Who revoked it.
    pub by: String,
}

impl KnownGrant {
    /// The facts of a member's history that it makes.
    pub fn facts(&self) -> impl Iterator<Item = Fact> + '_ {
        let grant = Fact::Grant(self.grant.clone());
        let revocation = self.withdrawal.as_ref().map(|withdrawal| {
            Fact::Revocation(Revocation {
                // Apart from the id of the grant, and always the same.
                id: Uuid::from_u128(self.grant.id.as_u128() ^ 1),
                time: withdrawal.time,
                grant: self.grant.id,
                reason: withdrawal.reason.clone(),
                by: withdrawal.by.clone(),
            })
        });
        std::iter::once(grant).chain(revocation)
    }
}
