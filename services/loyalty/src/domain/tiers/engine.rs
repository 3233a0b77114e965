//! Carries a state from moment to moment. The order of what happens at one moment is told in the module's docstring.

use std::collections::VecDeque;

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::{
    config::TierSet,
    history::{Grant, GrantKind, Revocation},
    measure::{Measure, Tally},
    replay::ReplayNeeded,
    rules::Rules,
    standing::Change,
    state::{AwardSource, HeldGrant, LifetimeStatus, State, Trial},
};
use crate::domain::calendar::{day_of, start_of_day};

/// Something that happens at a moment: a fact, net of returns.
#[derive(Debug, Clone)]
pub(super) struct Occurrence<'f> {
    pub(super) time: Timestamp,
    pub(super) what: What<'f>,
}

/// What happens, in the order of what comes first at the same moment.
#[derive(Debug, Clone)]
pub(super) enum What<'f> {
    Granted(&'f Grant),
    Counted {
        day: Date,
        measure: &'f Measure,
        amount: i128,
    },
    Revoked(&'f Revocation),
}

/// A state on its way.
pub(super) struct Engine<'r, 's> {
    pub(super) rules: &'r Rules,
    pub(super) set: &'r TierSet,
    pub(super) enrolled: Date,
    /// All that happened, for counting anew under a new version; none when it is not at hand.
    pub(super) past: Option<&'s [Occurrence<'s>]>,
    pub(super) state: &'s mut State,
    /// The latest changes.
    pub(super) changes: VecDeque<Change>,
    /// How many changes came before those.
    pub(super) earlier_changes: usize,
    /// The place that the present tier has under the version that is just taking over.
    pub(super) place_taken_over: Option<usize>,
}

impl<'r, 's> Engine<'r, 's> {
    pub(super) fn new(
        rules: &'r Rules,
        set: &'r TierSet,
        state: &'s mut State,
        past: Option<&'s [Occurrence<'s>]>,
    ) -> Self {
        Self {
            rules,
            set,
            enrolled: day_of(state.enrolled, &rules.zone),
            past,
            state,
            changes: VecDeque::new(),
            earlier_changes: 0,
            place_taken_over: None,
        }
    }

    /// Takes the first step, at the moment at which the state begins.
    pub(super) fn begin(&mut self, occurrences: &[Occurrence<'_>]) {
        let moment = self.state.processed;
        let day = day_of(moment, &self.rules.zone);
        self.take(day, occurrences);
        self.compare(day);
        self.record(moment, true);
    }

    /// Takes every step up to a moment, that moment included. `occurrences` are those that come after the state, in
    /// order. Nothing is done when a replay is needed.
    pub(super) fn run(
        &mut self,
        until: Timestamp,
        occurrences: &[Occurrence<'_>],
    ) -> Result<(), ReplayNeeded> {
        let takes_over = self.rules.next_after(self.state.processed);
        if self.past.is_none() && takes_over.is_some_and(|set| set.effective <= until) {
            return Err(ReplayNeeded::NewVersion);
        }
        let mut rest = occurrences;
        loop {
            let next = rest.first().map(|occurrence| occurrence.time);
            let Some(moment) = [next, self.due()].into_iter().flatten().min() else {
                return Ok(());
            };
            // At the very end of time, what is due lies no later than what was done.
            if moment > until || moment <= self.state.processed {
                return Ok(());
            }
            let together = rest.partition_point(|occurrence| occurrence.time <= moment);
            let (now, later) = rest.split_at(together);
            rest = later;
            self.step(moment, now);
        }
    }

    /// The next moment at which time alone makes something happen.
    fn due(&self) -> Option<Timestamp> {
        let day = self.state.collected.due();
        let moves_on = day.map(|day| start_of_day(day, &self.rules.zone));
        let decided = self.state.next_decision(self.rules);
        [moves_on, decided].into_iter().flatten().min()
    }

    fn step(&mut self, moment: Timestamp, occurrences: &[Occurrence<'_>]) {
        let day = day_of(moment, &self.rules.zone);
        self.end(day);
        self.move_window(day);
        self.switch_version(moment, day);
        self.state.processed = moment;
        self.take(day, occurrences);
        self.compare(day);
        self.record(moment, false);
    }

    /// Takes in what happens at a moment.
    fn take(&mut self, day: Date, occurrences: &[Occurrence<'_>]) {
        for occurrence in occurrences {
            match occurrence.what {
                What::Granted(grant) => self.grant(grant, day),
                What::Counted {
                    day: of,
                    measure,
                    amount,
                } => {
                    self.state
                        .collected
                        .collect(self.set.window, day, of, measure, amount);
                    self.state.whole_history.add(measure, amount);
                    for trial in self
                        .state
                        .grants
                        .iter_mut()
                        .filter_map(|grant| grant.trial.as_mut())
                    {
                        trial.reached.add(measure, amount);
                    }
                }
                What::Revoked(revocation) => self.revoke(revocation.grant, revocation.time),
            }
        }
    }

    fn grant(&mut self, grant: &Grant, day: Date) {
        let ends = grant.until.tomorrow().unwrap_or(Date::MAX);
        if self.set.place(&grant.tier) == 0 || ends <= day {
            return;
        }
        let trial = match &grant.kind {
            GrantKind::Gift => None,
            GrantKind::Match { challenge, .. } => Some(Trial {
                challenge: challenge.clone(),
                reached: Tally::default(),
                met: false,
            }),
        };
        self.state.grants.push(HeldGrant {
            id: grant.id,
            tier: grant.tier.clone(),
            granted: grant.time,
            ends,
            version: self.set.version,
            trial,
        });
    }

    fn revoke(&mut self, id: Uuid, time: Timestamp) {
        let state = &mut *self.state;
        state
            .grants
            .retain(|grant| grant.id != id || grant.granted > time);
        state
            .awards
            .retain(|award| award.source != AwardSource::Matched(id));
    }

    /// Compares what counts with the thresholds.
    fn compare(&mut self, day: Date) {
        self.compare_window(day);
        self.compare_challenges(day);
        self.compare_lifetime();
        let set = self.set;
        let highest = self.state.awards.iter().map(|award| set.place(&award.tier)).max();
        self.state
            .grace
            .take_if(|grace| highest.is_some_and(|highest| highest >= set.place(&grace.tier)));
    }

    fn compare_window(&mut self, day: Date) {
        let set = self.set;
        let totals = self.state.collected.totals();
        for tier in &set.tiers {
            let Some(asked) = &tier.qualification else {
                continue;
            };
            if !totals.meets(asked) {
                self.state.met.remove(&tier.id);
            } else if self.state.met.insert(tier.id.clone()) {
                let ends = set.validity.end(set.window, day, self.enrolled);
                self.award(&tier.id, AwardSource::Qualified, ends, totals.values(Some(asked)));
            }
        }
    }

    fn compare_challenges(&mut self, day: Date) {
        let set = self.set;
        let mut kept = Vec::new();
        for grant in &mut self.state.grants {
            if let Some(trial) = grant.trial.as_mut()
                && !trial.met
                && trial.reached.meets(&trial.challenge)
            {
                trial.met = true;
                let values = trial.reached.values(Some(&trial.challenge));
                kept.push((grant.tier.clone(), AwardSource::Matched(grant.id), values));
            }
        }
        for (tier, source, values) in kept {
            let ends = set.validity.end(set.window, day, self.enrolled);
            self.award(&tier, source, ends, values);
        }
    }

    fn compare_lifetime(&mut self) {
        let set = self.set;
        let known = self
            .state
            .lifetime
            .as_ref()
            .map_or(0, |lifetime| set.place(&lifetime.tier));
        let higher = set.tiers.iter().skip(known + 1).rev().find(|tier| {
            tier.lifetime
                .as_ref()
                .is_some_and(|asked| self.state.whole_history.meets(asked))
        });
        if let Some(tier) = higher {
            self.state.lifetime = Some(LifetimeStatus {
                tier: tier.id.clone(),
                version: set.version,
                values: self.state.whole_history.values(tier.lifetime.as_ref()),
            });
        }
    }
}

impl State {
    /// The next moment at which time alone can change the tier: something ends, or a version takes over. In between, what
    /// counts can only become less.
    pub fn next_decision(&self, rules: &Rules) -> Option<Timestamp> {
        let awards = self.awards.iter().map(|award| award.ends);
        let grace = self.grace.iter().map(|grace| grace.ends);
        let grants = self.grants.iter().map(|grant| grant.ends);
        let day = awards.chain(grace).chain(grants).min();
        let takes_over = rules.next_after(self.processed);
        [
            day.map(|day| start_of_day(day, &rules.zone)),
            takes_over.map(|set| set.effective),
        ]
        .into_iter()
        .flatten()
        .min()
    }
}
