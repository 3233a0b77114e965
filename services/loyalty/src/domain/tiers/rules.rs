//! The versions of a tier set, checked, with the program's time zone.

use jiff::{Timestamp, tz::TimeZone};
use rapport_status::{Error, FieldViolation};

use super::{INVALID_TIER_SET, MOST_VERSIONS, config::TierSet, measure::KnownMeasures};

/// What decides on the tiers of one set: its versions and the program's time zone.
#[derive(Debug, Clone)]
pub struct Rules {
    versions: Vec<TierSet>,
    pub(super) zone: TimeZone,
}

impl Rules {
    /// Rules of versions in the order of their effective dates. Refused with all violations at once when a version
    /// breaks a rule by itself or beside the one before; field paths begin with `tier_sets[0]`.
    pub fn new(versions: Vec<TierSet>, zone: TimeZone, known: &KnownMeasures) -> Result<Self, Error> {
        let mut found = Vec::new();
        if !(1..=MOST_VERSIONS).contains(&versions.len()) {
            found.push(FieldViolation::new(
                "tier_sets",
                format!("must be 1 to {MOST_VERSIONS} versions"),
            ));
        }
        for (place, version) in versions.iter().take(MOST_VERSIONS).enumerate() {
            let path = format!("tier_sets[{place}]");
            found.extend(version.check(&path, known));
            if let Some(before) = place.checked_sub(1).map(|before| &versions[before]) {
                version.check_after(before, &path, &mut found);
            }
        }
        if found.is_empty() {
            Ok(Self { versions, zone })
        } else {
            Err(Error::invalid(INVALID_TIER_SET, found))
        }
    }

    /// The versions in the order of their effective dates.
    pub fn versions(&self) -> &[TierSet] {
        &self.versions
    }

    /// The program's time zone.
    pub fn zone(&self) -> &TimeZone {
        &self.zone
    }

    /// The version in force at a moment. `None` before the first one is effective.
    pub fn in_force(&self, moment: Timestamp) -> Option<&TierSet> {
        self.versions.iter().rev().find(|set| set.effective <= moment)
    }

    /// The version that is the first to take over after a moment.
    pub(super) fn next_after(&self, moment: Timestamp) -> Option<&TierSet> {
        self.versions.iter().find(|set| set.effective > moment)
    }
}

impl TierSet {
    fn check_after(&self, before: &Self, path: &str, found: &mut Vec<FieldViolation>) {
        if self.id != before.id {
            found.push(FieldViolation::new(
                format!("{path}.id"),
                format!("must be {:?}, as in the versions before", before.id),
            ));
        }
        if self.version <= before.version {
            found.push(FieldViolation::new(
                format!("{path}.version"),
                format!("must be higher than {}, the version before", before.version),
            ));
        }
        if self.effective <= before.effective {
            found.push(FieldViolation::new(
                format!("{path}.effective"),
                format!(
                    "must be after {}, when the version before takes over",
                    before.effective
                ),
            ));
        }
    }
}
