//! A naive model: walks every day, and computes every sum anew from all events at every moment.

use std::collections::BTreeSet;

use jiff::{Timestamp, civil::Date};
use uuid::Uuid;

use super::{
    super::*,
    generator::{Case, Days},
    naive::{Sums, add_months, first_of_next_month, is_leap},
};

/// What the model says.
pub(super) struct Told {
    pub(super) timeline: Vec<Change>,
    pub(super) since: Timestamp,
    pub(super) next_review: Option<Timestamp>,
    /// Sums of the present window by measure.
    pub(super) progress: Vec<Value>,
}

/// An event that was not returned in full.
pub(super) struct Counted {
    pub(super) time: Timestamp,
    pub(super) day: Date,
    pub(super) measure: Measure,
    pub(super) amount: i128,
    /// The first day on which it does not count any more, in a rolling window.
    pub(super) leaves: Date,
}

/// A ground for a tier; never removed, it only ends.
#[derive(Clone)]
pub(super) struct Ground {
    pub(super) tier: String,
    pub(super) basis: Basis,
    pub(super) ends: Option<Date>,
    pub(super) version: u32,
    pub(super) values: Vec<Value>,
    pub(super) dead: bool,
}

pub(super) struct Model<'c> {
    pub(super) case: &'c Case,
    pub(super) days: &'c Days,
    pub(super) enrolled: Date,
    pub(super) begin: Timestamp,
    pub(super) events: Vec<Counted>,
    pub(super) grants: Vec<&'c Grant>,
    pub(super) revocations: Vec<&'c Revocation>,
    pub(super) set: &'c TierSet,
    pub(super) window_start: Date,
    pub(super) carried: (Date, Vec<(Measure, i128)>),
    pub(super) met: BTreeSet<String>,
    pub(super) grounds: Vec<Ground>,
    pub(super) begun: BTreeSet<Uuid>,
    pub(super) challenged: BTreeSet<Uuid>,
    pub(super) tier: String,
    pub(super) timeline: Vec<Change>,
    pub(super) since: Timestamp,
}

/// Walks from the beginning to a moment.
pub(super) fn walk(case: &Case, days: &Days, as_of: Timestamp) -> Told {
    let first = &case.rules.versions()[0];
    let enrolled_at = case.history.enrolled();
    let begin = enrolled_at.max(first.effective);
    let enrolled = days.of(enrolled_at);
    let set = case
        .rules
        .versions()
        .iter()
        .rfind(|set| set.effective <= begin)
        .unwrap();
    let today = days.of(begin);
    let mut model = Model {
        case,
        days,
        enrolled,
        begin,
        events: Vec::new(),
        grants: Vec::new(),
        revocations: Vec::new(),
        set,
        window_start: today,
        carried: (today, Vec::new()),
        met: BTreeSet::new(),
        grounds: Vec::new(),
        begun: BTreeSet::new(),
        challenged: BTreeSet::new(),
        tier: set.tiers[0].id.clone(),
        timeline: Vec::new(),
        since: begin,
    };
    model.events = model.net_events(as_of);
    model.find_leave_days();
    for fact in case.history.facts() {
        match fact {
            Fact::Grant(grant) => model.grants.push(grant),
            Fact::Revocation(revocation) => model.revocations.push(revocation),
            Fact::Event(_) | Fact::Return(_) => {}
        }
    }
    model.window_start = model.find_window_start(today);
    let versions = case.rules.versions().iter().map(|set| set.effective);
    let facts = case.history.facts().map(Fact::time);
    let mut moments: BTreeSet<Timestamp> = versions.chain(facts).map(|time| time.max(begin)).collect();
    moments.insert(begin);
    let mut day = today;
    loop {
        let (start, next) = (days.start(day), days.start(day.tomorrow().unwrap()));
        if start > as_of {
            break;
        }
        let mut of_day: BTreeSet<Timestamp> = moments.range(start..next).copied().collect();
        if start > begin {
            of_day.insert(start);
        }
        for moment in of_day.into_iter().filter(|moment| *moment <= as_of) {
            model.step(moment, day, moment == start && moment > begin);
        }
        day = day.tomorrow().unwrap();
    }
    model.tell(days.of(as_of))
}

impl Model<'_> {
    fn net_events(&self, as_of: Timestamp) -> Vec<Counted> {
        let mut events = Vec::new();
        for fact in self.case.history.facts() {
            let Fact::Event(event) = fact else { continue };
            let mut left = i128::from(event.amount);
            for other in self.case.history.facts() {
                if let Fact::Return(back) = other
                    && back.event == event.id
                    && event.amount > 0
                {
                    left = (left - i128::from(back.amount)).max(0);
                }
            }
            let day = self.days.of(event.time);
            if left != 0 && day >= self.enrolled && event.time <= as_of {
                events.push(Counted {
                    time: event.time.max(self.begin),
                    day,
                    measure: event.measure.clone(),
                    amount: left,
                    leaves: Date::MAX,
                });
            }
        }
        events
    }

    fn step(&mut self, moment: Timestamp, day: Date, midnight: bool) {
        if midnight {
            self.review(moment, day);
            if self.is_boundary(day) {
                self.carry(moment, day);
                self.met.clear();
                self.window_start = day;
            }
        }
        let set = self
            .case
            .rules
            .versions()
            .iter()
            .rfind(|set| set.effective <= moment)
            .unwrap();
        let mut place_before = self.set.place(&self.tier);
        if set.version != self.set.version {
            place_before = self.switch(set, day);
        } else if !self.set.tiers.iter().any(|tier| tier.id == self.tier) {
            unreachable!("the tier {} is none of the version", self.tier);
        }
        self.begin_grants(moment, day);
        self.compare(moment, day);
        self.record(moment, day, place_before);
    }

    /// The sums that count on a day, of what happened before a moment.
    pub(super) fn sums(&self, day: Date, before: Timestamp) -> Sums {
        let mut sums = Sums::default();
        for event in &self.events {
            if event.time < before && self.is_in_window(event, day) {
                sums.add(&event.measure, event.amount);
            }
        }
        if !self.set.window.is_rolling() && self.carried.0 == self.window_start {
            for (measure, amount) in &self.carried.1 {
                sums.add(measure, *amount);
            }
        }
        sums
    }

    fn is_in_window(&self, event: &Counted, today: Date) -> bool {
        if self.set.window.is_rolling() {
            today < event.leaves
        } else {
            event.day >= self.window_start
        }
    }

    /// Writes to each event when it leaves the window.
    fn find_leave_days(&mut self) {
        for event in &mut self.events {
            event.leaves = match self.set.window {
                Window::RollingDays(days) => event.day.saturating_add(jiff::Span::new().days(days)),
                Window::RollingMonths(months) => add_months(event.day, months),
                Window::CalendarYear { .. } | Window::MembershipYear => Date::MAX,
            };
        }
    }

    fn is_boundary(&self, day: Date) -> bool {
        match self.set.window {
            Window::CalendarYear { first_month } => day.day() == 1 && day.month() == first_month,
            Window::MembershipYear => {
                let same = day.month() == self.enrolled.month() && day.day() == self.enrolled.day();
                let instead = self.enrolled.month() == 2
                    && self.enrolled.day() == 29
                    && day.month() == 2
                    && day.day() == 28
                    && !is_leap(day.year());
                same || instead
            }
            Window::RollingMonths(_) | Window::RollingDays(_) => false,
        }
    }

    fn find_window_start(&self, day: Date) -> Date {
        let mut start = day;
        while !self.set.window.is_rolling() && !self.is_boundary(start) {
            start = start.yesterday().unwrap();
        }
        start
    }

    pub(super) fn window_end(&self, day: Date) -> Date {
        let mut end = day.tomorrow().unwrap();
        while !self.is_boundary(end) {
            end = end.tomorrow().unwrap();
        }
        end
    }

    pub(super) fn validity_end(&self, day: Date) -> Date {
        match self.set.validity {
            Validity::EndOfWindow => self.window_end(day),
            Validity::EndOfNextWindow => self.window_end(self.window_end(day)),
            Validity::Months(months) => first_of_next_month(add_months(day, months)),
        }
    }

    pub(super) fn place(&self, tier: &str) -> usize {
        self.set.tiers.iter().position(|known| known.id == tier).unwrap()
    }

    fn carry(&mut self, moment: Timestamp, day: Date) {
        let closing = day.yesterday().unwrap();
        let mut carried = Vec::new();
        let sums = self.sums(closing, moment);
        let met = self.set.tiers.iter().rev().find(|tier| {
            let asked = tier.qualification.as_ref();
            asked.is_some_and(|asked| sums.meet(asked))
        });
        if let Some(tier) = met.filter(|_| self.set.carry_over) {
            for threshold in &tier.qualification.as_ref().unwrap().thresholds {
                let total = sums.of(&threshold.measure);
                let mut earned = 0;
                for event in &self.events {
                    if event.measure == threshold.measure
                        && event.time < moment
                        && event.day >= self.window_start
                    {
                        earned += event.amount;
                    }
                }
                let excess = (total - i128::from(threshold.at_least)).min(earned).max(0);
                carried.push((threshold.measure.clone(), excess));
            }
        }
        self.carried = (day, carried);
    }

    /// Gives the place that the present tier has from now on.
    fn switch(&mut self, set: &'_ TierSet, day: Date) -> usize {
        let old = self.set;
        let set = self
            .case
            .rules
            .versions()
            .iter()
            .find(|known| known.version == set.version)
            .unwrap();
        let renamed = |id: &str| -> String {
            if set.tiers.iter().any(|tier| tier.id == id) {
                return id.to_owned();
            }
            let rank = old.tiers.iter().find(|tier| tier.id == id).unwrap().rank;
            let below = set.tiers.iter().filter(|tier| tier.rank <= rank);
            below
                .max_by_key(|tier| tier.rank)
                .unwrap_or(&set.tiers[0])
                .id
                .clone()
        };
        let now = renamed(&self.tier);
        for ground in &mut self.grounds {
            if ground.dead || ground.ends.is_some_and(|ends| ends <= day) {
                ground.dead = true;
                continue;
            }
            ground.tier = renamed(&ground.tier);
            ground.dead = ground.tier == set.tiers[0].id;
        }
        self.met.retain(|id| {
            set.tiers
                .iter()
                .any(|tier| tier.id == *id && tier.qualification.is_some())
        });
        self.set = set;
        self.find_leave_days();
        self.window_start = self.find_window_start(day);
        if self.carried.0 != self.window_start {
            self.carried = (self.window_start, Vec::new());
        }
        self.place(&now)
    }

    fn is_revoked(&self, grant: &Grant, moment: Timestamp) -> bool {
        self.revocations.iter().any(|revocation| {
            revocation.grant == grant.id
                && revocation.time >= grant.time
                && revocation.time.max(self.begin) <= moment
        })
    }

    fn begin_grants(&mut self, moment: Timestamp, day: Date) {
        for grant in self.grants.clone() {
            if grant.time.max(self.begin) == moment && self.begun.insert(grant.id) {
                let place = self
                    .set
                    .tiers
                    .iter()
                    .position(|tier| tier.id == grant.tier)
                    .unwrap_or(0);
                let basis = match grant.kind {
                    GrantKind::Gift => Basis::Gifted { grant: grant.id },
                    GrantKind::Match { .. } => Basis::Matched {
                        grant: grant.id,
                        kept: false,
                    },
                };
                if place > 0 && grant.until >= day {
                    self.ground(&grant.tier, basis, grant.until.tomorrow().unwrap(), Vec::new());
                }
            }
        }
        let granted = self.grants.iter().filter(|grant| self.begun.contains(&grant.id));
        let revoked: Vec<Uuid> = granted
            .filter(|grant| self.is_revoked(grant, moment))
            .map(|grant| grant.id)
            .collect();
        for ground in &mut self.grounds {
            if let Basis::Gifted { grant } | Basis::Matched { grant, .. } = ground.basis
                && revoked.contains(&grant)
            {
                ground.dead = true;
            }
        }
    }
}
