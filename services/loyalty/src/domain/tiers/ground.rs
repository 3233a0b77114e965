//! On which ground a member has a tier, and the timeline of what is decided.

use std::cmp::Ordering;

use jiff::{Timestamp, civil::Date};

use super::{
    MOST_CHANGES,
    config::TierSet,
    engine::Engine,
    measure::Value,
    standing::{Basis, Change, Movement},
    state::{AwardSource, State},
};
use crate::domain::calendar::start_of_day;

/// A ground on which the member has a tier.
struct Ground {
    place: usize,
    /// The first day on which it does not hold; none when it has no end.
    ends: Option<Date>,
    basis: Basis,
    version: u32,
    values: Vec<Value>,
}

impl Engine<'_, '_> {
    /// Writes down where the member stands, if that changed.
    pub(super) fn record(&mut self, moment: Timestamp, first: bool) {
        let ground = self.strongest_ground();
        let tier = &self.set.tiers[ground.place].id;
        let before = self.place_taken_over.take();
        let before = before.unwrap_or_else(|| self.set.place(&self.state.current.tier));
        let change = Change {
            time: moment,
            tier: tier.clone(),
            basis: ground.basis,
            movement: if first {
                Movement::Start
            } else {
                match ground.place.cmp(&before) {
                    Ordering::Greater => Movement::Up,
                    Ordering::Less => Movement::Down,
                    Ordering::Equal => Movement::Stay,
                }
            },
            valid_until: ground.ends.map(|day| start_of_day(day, &self.rules.zone)),
            version: ground.version,
            values: ground.values,
        };
        let current = &self.state.current;
        let same_tier = current.tier == change.tier;
        if !first && same_tier && current.basis == change.basis && current.valid_until == change.valid_until {
            return;
        }
        if first || !same_tier {
            self.state.since = moment;
        }
        self.state.current = change.clone();
        self.changes.push_back(change);
        if self.changes.len() > MOST_CHANGES {
            self.changes.pop_front();
            self.earlier_changes += 1;
        }
    }

    fn strongest_ground(&self) -> Ground {
        let base = Ground {
            place: 0,
            ends: None,
            basis: Basis::Base,
            version: self.set.version,
            values: Vec::new(),
        };
        let key = |ground: &Ground| (ground.place, ground.ends.is_none(), ground.ends, ground.basis);
        self.state.grounds(self.set).fold(
            base,
            |best, other| if key(&other) > key(&best) { other } else { best },
        )
    }
}

impl State {
    fn grounds<'g>(&'g self, set: &'g TierSet) -> impl Iterator<Item = Ground> + 'g {
        let ground = |tier: &str, ends, basis, version, values: &[Value]| Ground {
            place: set.place(tier),
            ends,
            basis,
            version,
            values: values.to_vec(),
        };
        let lifetime = self
            .lifetime
            .iter()
            .map(move |held| ground(&held.tier, None, Basis::Lifetime, held.version, &held.values));
        let awards = self.awards.iter().map(move |award| {
            let basis = match award.source {
                AwardSource::Qualified => Basis::Qualified,
                AwardSource::Matched(grant) => Basis::Matched { grant, kept: true },
                AwardSource::SoftLanding => Basis::SoftLanding,
            };
            ground(&award.tier, Some(award.ends), basis, award.version, &award.values)
        });
        let grants = self.grants.iter().map(move |grant| {
            let basis = match grant.trial {
                Some(_) => Basis::Matched {
                    grant: grant.id,
                    kept: false,
                },
                None => Basis::Gifted { grant: grant.id },
            };
            ground(&grant.tier, Some(grant.ends), basis, grant.version, &[])
        });
        let grace = self.grace.iter().map(move |grace| {
            ground(
                &grace.tier,
                Some(grace.ends),
                Basis::Grace,
                grace.version,
                &grace.values,
            )
        });
        lifetime.chain(awards).chain(grants).chain(grace)
    }
}
