//! What becomes of a tier when its validity ends.

use jiff::civil::Date;

use super::{
    config::Landing,
    engine::Engine,
    measure::Value,
    state::{Award, AwardSource, GracePeriod},
};
use crate::domain::calendar::yesterday;

impl Engine<'_, '_> {
    /// Lets end what ends on a day, and reviews the tier that was reached if that is among it.
    pub(super) fn end(&mut self, day: Date) {
        self.state.grants.retain(|grant| grant.ends > day);
        let before = self.state.reached(self.set);
        let Some(ended) = self.state.reached_until(self.set) else {
            return;
        };
        let grace_ended = self.state.grace.take_if(|grace| grace.ends <= day).is_some();
        self.state.awards.retain(|award| award.ends > day);
        if self.state.reached(self.set) < before {
            self.review(before, ended, day, grace_ended);
        }
    }

    /// Decides what becomes of a tier whose validity or grace ended.
    fn review(&mut self, place: usize, ended: Date, day: Date, grace_ended: bool) {
        let set = self.set;
        let closing = yesterday(ended);
        let totals = self.state.collected.totals();
        let renewed = set.validity.end(set.window, closing, self.enrolled);
        if renewed > day {
            for tier in &set.tiers {
                if tier
                    .qualification
                    .as_ref()
                    .is_some_and(|asked| totals.meets(asked))
                {
                    self.award(
                        &tier.id,
                        AwardSource::Qualified,
                        renewed,
                        totals.values(tier.qualification.as_ref()),
                    );
                }
            }
        }
        let landed = self.state.reached(set);
        if landed >= place {
            return;
        }
        let values = totals.values(set.tiers[place].qualification.as_ref());
        if let Some(ends) = set.grace.end(ended).filter(|ends| !grace_ended && *ends > day) {
            self.state.grace = Some(GracePeriod {
                tier: set.tiers[place].id.clone(),
                ends,
                version: set.version,
                values,
            });
        } else if set.landing == Landing::OneTier {
            let below = set.tiers[..place]
                .iter()
                .rposition(|tier| tier.qualification.is_some());
            if let Some(below) = below.filter(|below| *below > landed) {
                let ends = set.validity.landing_end(set.window, day, self.enrolled);
                self.award(&set.tiers[below].id, AwardSource::SoftLanding, ends, values);
            }
        }
    }

    pub(super) fn award(&mut self, tier: &str, source: AwardSource, ends: Date, values: Vec<Value>) {
        self.state.award(Award {
            tier: tier.to_owned(),
            source,
            ends,
            version: self.set.version,
            values,
        });
    }
}
