//! The decisions of the naive model: reviews, upgrades, and what is told.

use jiff::{Timestamp, civil::Date};

use super::{
    super::*,
    model::{Ground, Model, Told},
    naive::{Sums, add_months, first_of_next_month},
};

impl Model<'_> {
    /// The highest place that was reached or is kept by grace on a day.
    fn reached(&self, day: Date) -> usize {
        let own = self.grounds.iter().filter(|ground| {
            !ground.dead
                && ground.ends.is_some_and(|ends| ends > day)
                && matches!(
                    ground.basis,
                    Basis::Qualified | Basis::SoftLanding | Basis::Grace | Basis::Matched { kept: true, .. }
                )
        });
        own.map(|ground| self.place(&ground.tier)).max().unwrap_or(0)
    }

    pub(super) fn review(&mut self, moment: Timestamp, day: Date) {
        let closing = day.yesterday().unwrap();
        let before = self.reached(closing);
        if self.reached(day) >= before {
            return;
        }
        let was_grace = self
            .grounds
            .iter()
            .any(|ground| !ground.dead && ground.basis == Basis::Grace && ground.ends == Some(day));
        let renewed = self.validity_end(closing);
        let sums = self.sums(closing, moment);
        for tier in self.set.tiers.clone() {
            let Some(asked) = &tier.qualification else {
                continue;
            };
            if sums.meet(asked) && renewed > day {
                let values = sums.values(asked);
                self.ground(&tier.id, Basis::Qualified, renewed, values);
            }
        }
        let now = self.reached(day);
        if now >= before {
            return;
        }
        let lost = self.set.tiers[before].clone();
        let values = lost
            .qualification
            .as_ref()
            .map_or_else(Vec::new, |asked| sums.values(asked));
        let grace = match self.set.grace {
            Grace::Days(days) => Some(day.saturating_add(jiff::Span::new().days(days))),
            Grace::Months(months) => Some(add_months(day, months)),
            Grace::None => None,
        };
        if let Some(ends) = grace
            && !was_grace
        {
            self.ground(&lost.id, Basis::Grace, ends, values);
            return;
        }
        if self.set.landing == Landing::Qualified {
            return;
        }
        for place in (now + 1..before).rev() {
            let tier = self.set.tiers[place].clone();
            if tier.qualification.is_some() {
                let ends = match self.set.validity {
                    Validity::Months(months) => first_of_next_month(add_months(closing, months)),
                    _ => self.window_end(day),
                };
                self.ground(&tier.id, Basis::SoftLanding, ends, values);
                return;
            }
        }
    }

    pub(super) fn ground(&mut self, tier: &str, basis: Basis, ends: Date, values: Vec<Value>) {
        self.grounds.push(Ground {
            tier: tier.to_owned(),
            basis,
            ends: Some(ends),
            version: self.set.version,
            values,
            dead: false,
        });
    }

    pub(super) fn compare(&mut self, moment: Timestamp, day: Date) {
        let sums = self.sums(day, moment + jiff::SignedDuration::from_nanos(1));
        for tier in &self.set.tiers {
            let Some(asked) = &tier.qualification else {
                continue;
            };
            let met = sums.meet(asked);
            if met && !self.met.contains(&tier.id) {
                let values = sums.values(asked);
                self.met.insert(tier.id.clone());
                let ends = self.validity_end(day);
                self.ground(&tier.id, Basis::Qualified, ends, values);
            } else if !met {
                self.met.remove(&tier.id);
            }
        }
        self.compare_challenges(moment, day);
        self.compare_lifetime(moment);
        let mut best = 0;
        for ground in &self.grounds {
            let own = matches!(ground.basis, Basis::Qualified | Basis::SoftLanding)
                || matches!(ground.basis, Basis::Matched { kept: true, .. });
            if !ground.dead && own && ground.ends.is_some_and(|ends| ends > day) {
                best = best.max(self.place(&ground.tier));
            }
        }
        for at in 0..self.grounds.len() {
            let ground = &self.grounds[at];
            let live = !ground.dead && ground.ends.is_some_and(|ends| ends > day);
            if live && ground.basis == Basis::Grace && best >= self.place(&ground.tier) {
                self.grounds[at].dead = true;
            }
        }
    }

    fn compare_challenges(&mut self, moment: Timestamp, day: Date) {
        let is_trial = |ground: &&Ground| matches!(ground.basis, Basis::Matched { kept: false, .. });
        let trials: Vec<Ground> = self.grounds.iter().filter(is_trial).cloned().collect();
        for ground in trials {
            let Basis::Matched { grant: id, .. } = ground.basis else {
                continue;
            };
            let grant = self.case.history.grant(id).unwrap();
            let GrantKind::Match { challenge, .. } = &grant.kind else {
                continue;
            };
            let since = grant.time.max(self.begin);
            let mut sums = Sums::default();
            for event in self
                .events
                .iter()
                .filter(|event| event.time >= since && event.time <= moment)
            {
                sums.add(&event.measure, event.amount);
            }
            let live = !ground.dead && ground.ends.is_some_and(|ends| ends > day);
            if live && sums.meet(challenge) && self.challenged.insert(id) {
                let values = sums.values(challenge);
                let ends = self.validity_end(day);
                self.ground(
                    &ground.tier,
                    Basis::Matched {
                        grant: id,
                        kept: true,
                    },
                    ends,
                    values,
                );
            }
        }
    }

    fn compare_lifetime(&mut self, moment: Timestamp) {
        if self.set.tiers.iter().all(|tier| tier.lifetime.is_none()) {
            return;
        }
        let mut sums = Sums::default();
        for event in self.events.iter().filter(|event| event.time <= moment) {
            sums.add(&event.measure, event.amount);
        }
        for (place, tier) in self.set.tiers.iter().enumerate() {
            let known = self
                .grounds
                .iter()
                .filter(|ground| !ground.dead && ground.basis == Basis::Lifetime);
            let known = known.map(|ground| self.place(&ground.tier)).max().unwrap_or(0);
            if let Some(asked) = &tier.lifetime
                && place > known
                && sums.meet(asked)
            {
                for ground in self
                    .grounds
                    .iter_mut()
                    .filter(|ground| ground.basis == Basis::Lifetime)
                {
                    ground.dead = true;
                }
                self.grounds.push(Ground {
                    tier: tier.id.clone(),
                    basis: Basis::Lifetime,
                    ends: None,
                    version: self.set.version,
                    values: sums.values(asked),
                    dead: false,
                });
            }
        }
    }

    pub(super) fn record(&mut self, moment: Timestamp, day: Date, place_before: usize) {
        let base = Ground {
            tier: self.set.tiers[0].id.clone(),
            basis: Basis::Base,
            ends: None,
            version: self.set.version,
            values: Vec::new(),
            dead: false,
        };
        let mut best = &base;
        for ground in &self.grounds {
            let key = |ground: &Ground| {
                let ends = ground.ends.unwrap_or(Date::MAX);
                (self.place(&ground.tier), ends, ground.basis)
            };
            let live = !ground.dead && ground.ends.is_none_or(|ends| ends > day);
            if live && key(ground) > key(best) {
                best = ground;
            }
        }
        let valid_until = best.ends.map(|ends| self.days.start(ends));
        let last = self.timeline.last();
        if last.is_some_and(|last| {
            last.tier == best.tier && last.basis == best.basis && last.valid_until == valid_until
        }) {
            return;
        }
        if last.is_none() || self.tier != best.tier {
            self.since = moment;
        }
        let best = best.clone();
        let place = self.place(&best.tier);
        let movement = match last {
            None => Movement::Start,
            Some(_) if place > place_before => Movement::Up,
            Some(_) if place < place_before => Movement::Down,
            Some(_) => Movement::Stay,
        };
        self.tier.clone_from(&best.tier);
        self.timeline.push(Change {
            time: moment,
            tier: best.tier,
            basis: best.basis,
            movement,
            valid_until,
            version: best.version,
            values: best.values,
        });
    }

    pub(super) fn tell(self, day: Date) -> Told {
        let place = self.reached(day);
        let own = self.grounds.iter().filter(|ground| {
            !ground.dead
                && place > 0
                && !matches!(
                    ground.basis,
                    Basis::Gifted { .. } | Basis::Matched { kept: false, .. } | Basis::Lifetime
                )
                && ground.ends.is_some_and(|ends| ends > day)
                && self.place(&ground.tier) == place
        });
        let reached = own
            .filter_map(|ground| ground.ends)
            .max()
            .map(|ends| self.days.start(ends));
        let valid_until = self.timeline.last().and_then(|last| last.valid_until);
        let mut measures: Vec<_> = self.set.measures();
        measures.sort_unstable();
        let sums = self.sums(day, Timestamp::MAX);
        let progress = measures.into_iter().map(|measure| Value {
            amount: i64::try_from(sums.of(&measure)).unwrap(),
            measure,
        });
        Told {
            progress: progress.collect(),
            next_review: [valid_until, reached].into_iter().flatten().min(),
            since: self.since,
            timeline: self.timeline,
        }
    }
}
