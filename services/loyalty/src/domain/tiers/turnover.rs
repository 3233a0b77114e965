//! When a window or a version ends and the next one takes over.

use jiff::{Timestamp, civil::Date};

use super::{
    config::TierSet,
    engine::{Engine, What},
    measure::Tally,
    state::{Collected, State},
};

impl Engine<'_, '_> {
    /// Moves the window on to a day.
    pub(super) fn move_window(&mut self, day: Date) {
        match &mut self.state.collected {
            Collected::Fixed { next, .. } if *next > day => {}
            Collected::Fixed { next, .. } => {
                let follows = *next;
                let excess = self.excess();
                let mut collected = Collected::nothing(self.set.window, day, self.enrolled);
                if let Collected::Fixed { start, carried, .. } = &mut collected
                    && *start == follows
                {
                    *carried = excess;
                }
                self.state.collected = collected;
                self.state.met.clear();
            }
            rolling @ Collected::Rolling { .. } => rolling.leave(day),
        }
    }

    /// What is carried over when the window ends: of what was earned in it, the part above the thresholds of the highest
    /// tier that is met. What was carried into it is used up first.
    fn excess(&self) -> Tally {
        let Collected::Fixed { earned, .. } = &self.state.collected else {
            return Tally::default();
        };
        let met = self
            .set
            .tiers
            .iter()
            .rev()
            .find(|tier| self.state.met.contains(&tier.id));
        let Some(asked) = met
            .and_then(|tier| tier.qualification.as_ref())
            .filter(|_| self.set.carry_over)
        else {
            return Tally::default();
        };
        let totals = self.state.collected.totals();
        asked
            .thresholds
            .iter()
            .map(|threshold| {
                let above = totals.exact(&threshold.measure) - i128::from(threshold.at_least);
                let excess = above.min(earned.exact(&threshold.measure)).max(0);
                (threshold.measure.clone(), excess)
            })
            .collect()
    }

    /// Lets the version take over that is in force at a moment.
    pub(super) fn switch_version(&mut self, moment: Timestamp, day: Date) {
        let (Some(set), Some(past)) = (self.rules.in_force(moment), self.past) else {
            return;
        };
        if set.version == self.set.version {
            return;
        }
        self.place_taken_over = Some(set.place(&renamed(&self.state.current.tier, self.set, set)));
        self.state.rename(self.set, set);
        self.state.version = set.version;
        self.set = set;
        let mut collected = Collected::nothing(set.window, day, self.enrolled);
        if let (
            Collected::Fixed { start, carried, .. },
            Collected::Fixed {
                start: known,
                carried: brought,
                ..
            },
        ) = (&mut collected, &mut self.state.collected)
            && start == known
        {
            *carried = std::mem::take(brought);
        }
        for occurrence in past.iter().take_while(|occurrence| occurrence.time < moment) {
            if let What::Counted {
                day: of,
                measure,
                amount,
            } = occurrence.what
            {
                collected.collect(set.window, day, of, measure, amount);
            }
        }
        self.state.collected = collected;
    }
}

impl State {
    /// Puts tiers of a new version in the place of those that it does not have.
    fn rename(&mut self, old: &TierSet, new: &TierSet) {
        let above_base = |tier: &str| new.place(tier) > 0;
        for mut award in std::mem::take(&mut self.awards) {
            award.tier = renamed(&award.tier, old, new);
            if above_base(&award.tier) {
                self.award(award);
            }
        }
        for grant in &mut self.grants {
            grant.tier = renamed(&grant.tier, old, new);
        }
        self.grants.retain(|grant| above_base(&grant.tier));
        if let Some(grace) = &mut self.grace {
            grace.tier = renamed(&grace.tier, old, new);
        }
        self.grace.take_if(|grace| !above_base(&grace.tier));
        if let Some(lifetime) = &mut self.lifetime {
            lifetime.tier = renamed(&lifetime.tier, old, new);
        }
        self.lifetime.take_if(|lifetime| !above_base(&lifetime.tier));
        let asked = |tier: &String| new.tier(tier).is_some_and(|tier| tier.qualification.is_some());
        self.met.retain(asked);
    }
}

/// The id of the tier that a tier becomes under a new version: its own, or else the highest whose rank is not above.
fn renamed(tier: &str, old: &TierSet, new: &TierSet) -> String {
    if new.tier(tier).is_some() {
        return tier.to_owned();
    }
    let rank = old.tier(tier).map_or(i32::MIN, |tier| tier.rank);
    let place = new.tiers.iter().rposition(|tier| tier.rank <= rank);
    new.tiers[place.unwrap_or_default()].id.clone()
}
