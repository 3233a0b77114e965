//! From a history to a standing: by a replay of all facts, or by carrying on a state.

use std::{collections::BTreeMap, fmt};

use jiff::Timestamp;
use rapport_status::{Error, Reason};
use uuid::Uuid;

use super::{
    engine::{Engine, Occurrence, What},
    history::{Fact, History, check_moment},
    measure::Tally,
    rules::Rules,
    standing::{Basis, Change, Movement, Standing},
    state::{Collected, State},
};
use crate::domain::calendar::day_of;

/// The result of a replay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Evaluation {
    /// Where the member stands.
    pub standing: Standing,
    /// The changes that led there, in order: at most the latest [`MOST_CHANGES`](super::MOST_CHANGES).
    pub timeline: Vec<Change>,
    /// How many changes came before those.
    pub earlier_changes: usize,
    /// The snapshot from which it can be carried on.
    pub state: State,
}

/// Why a state cannot be carried on, so that the history must be replayed with [`evaluate`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ReplayNeeded {
    /// A fact does not come after the last moment at which something happened or was due.
    LateFact,
    /// A return changes the past.
    Return,
    /// A version takes over.
    NewVersion,
    /// The state was made under other rules: a version was changed that is in force already.
    OtherRules,
}

impl fmt::Display for ReplayNeeded {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(match self {
            Self::LateFact => "a fact does not come after what the state knows; replay the history",
            Self::Return => "a return changes the past; replay the history",
            Self::NewVersion => "a new version of the tier set takes over; replay the history",
            Self::OtherRules => "the state was made under another version; replay the history",
        })
    }
}

impl std::error::Error for ReplayNeeded {}

/// Where a member stands as of a moment, facts of that moment included. See [`evaluate`].
pub fn tier_at(rules: &Rules, history: &History, as_of: Timestamp) -> Result<Standing, Error> {
    evaluate(rules, history, as_of).map(|evaluation| evaluation.standing)
}

/// Replays a history up to a moment. Facts after the moment do not count, except that returns reduce their events
/// whenever they come. A set that began after the enrolment starts with what counts in the window at its beginning.
///
/// Refused when the moment lies before the enrolment or before the first version, or not between the years 1900 and
/// 9000.
pub fn evaluate(rules: &Rules, history: &History, as_of: Timestamp) -> Result<Evaluation, Error> {
    let past = past(rules, history, as_of);
    let mut state = beginning(rules, history, as_of)?;
    let begin = state.processed;
    let Some(set) = rules.in_force(begin) else {
        return Err(Error::internal("a tier set has no version at its beginning"));
    };
    let at_once = past.partition_point(|occurrence| occurrence.time <= begin);
    let mut engine = Engine::new(rules, set, &mut state, Some(&past));
    engine.begin(&past[..at_once]);
    if let Err(needed) = engine.run(as_of, &past[at_once..]) {
        return Err(Error::internal(format!("a replay asks for a replay: {needed}")));
    }
    let (timeline, earlier_changes) = (Vec::from(engine.changes), engine.earlier_changes);
    Ok(Evaluation {
        standing: state.read(rules),
        timeline,
        earlier_changes,
        state,
    })
}

/// What happened up to a moment, net of all returns, in order.
pub(super) fn past<'h>(rules: &Rules, history: &'h History, as_of: Timestamp) -> Vec<Occurrence<'h>> {
    let returned = history.returned();
    occurrences(rules, history.enrolled(), history.facts(), &returned, as_of)
}

fn occurrences<'f>(
    rules: &Rules,
    enrolled: Timestamp,
    facts: impl Iterator<Item = &'f Fact>,
    returned: &BTreeMap<Uuid, i128>,
    until: Timestamp,
) -> Vec<Occurrence<'f>> {
    let begin = rules.begin(enrolled);
    let enrolled = day_of(enrolled, &rules.zone);
    let mut found = Vec::new();
    for fact in facts.filter(|fact| fact.time() <= until) {
        let (order, what) = match fact {
            Fact::Grant(grant) => (0, What::Granted(grant)),
            Fact::Event(event) => {
                let day = day_of(event.time, &rules.zone);
                let returned = returned.get(&event.id).copied().unwrap_or_default();
                let amount = i128::from(event.amount) - returned;
                if amount == 0 || day < enrolled {
                    continue;
                }
                let measure = &event.measure;
                (1, What::Counted { day, measure, amount })
            }
            Fact::Revocation(revocation) => (2, What::Revoked(revocation)),
            Fact::Return(_) => continue,
        };
        let time = fact.time().max(begin);
        found.push(((time, order, fact.id()), Occurrence { time, what }));
    }
    found.sort_unstable_by_key(|(key, _)| *key);
    found.into_iter().map(|(_, occurrence)| occurrence).collect()
}

/// The state before the first step.
fn beginning(rules: &Rules, history: &History, as_of: Timestamp) -> Result<State, Error> {
    let mut found = Vec::new();
    check_moment("as_of", as_of, &mut found);
    if !found.is_empty() {
        return Err(Error::invalid(Reason::InvalidFields, found));
    }
    let enrolled = history.enrolled();
    let begin = rules.begin(enrolled);
    let Some(set) = rules.in_force(begin).filter(|_| begin <= as_of) else {
        return Err(Error::invalid_field(
            "as_of",
            format!("must not be before {begin}, when the member's time in the tier set began"),
        ));
    };
    let day = day_of(begin, &rules.zone);
    Ok(State {
        version: set.version,
        enrolled,
        processed: begin,
        collected: Collected::nothing(set.window, day, day_of(enrolled, &rules.zone)),
        whole_history: Tally::default(),
        met: std::collections::BTreeSet::new(),
        awards: Vec::new(),
        grace: None,
        lifetime: None,
        grants: Vec::new(),
        current: Change {
            time: begin,
            tier: set.tiers[0].id.clone(),
            basis: Basis::Base,
            movement: Movement::Start,
            valid_until: None,
            version: set.version,
            values: Vec::new(),
        },
        since: begin,
    })
}

impl Rules {
    /// When the time of a member in the tier set begins: with the enrolment, but not before the first version.
    pub fn begin(&self, enrolled: Timestamp) -> Timestamp {
        self.versions()
            .first()
            .map_or(enrolled, |first| enrolled.max(first.effective))
    }
}

impl State {
    /// Applies facts that come after the state, and everything that is due until the last of them; gives the changes.
    /// Each fact must be new and pass [`Fact::check`]. Facts of one moment must be given together: a later call with
    /// another one asks for a replay. When a return of an event came before the event itself, which the state cannot
    /// know, the history must be replayed.
    ///
    /// The work does not grow with the history. The state equals that of a replay up to the last fact.
    pub fn apply(&mut self, rules: &Rules, facts: &[Fact]) -> Result<Vec<Change>, ReplayNeeded> {
        if facts.iter().any(|fact| matches!(fact, Fact::Return(_))) {
            return Err(ReplayNeeded::Return);
        }
        let until = facts.iter().map(Fact::time).max().unwrap_or(self.processed);
        let none_returned = BTreeMap::new();
        let occurrences = occurrences(rules, self.enrolled, facts.iter(), &none_returned, until);
        if occurrences
            .first()
            .is_some_and(|first| first.time <= self.processed)
        {
            return Err(ReplayNeeded::LateFact);
        }
        self.carry_on(rules, until, &occurrences)
    }

    /// Lets happen what is due by a moment, such as reviews; gives the changes. Facts up to the last thing that was due
    /// ask for a replay from then on.
    pub fn advance(&mut self, rules: &Rules, to: Timestamp) -> Result<Vec<Change>, ReplayNeeded> {
        self.carry_on(rules, to, &[])
    }

    /// Where the member stands as of a moment, if no fact came after the state. Not for moments before the state.
    pub fn standing(&self, rules: &Rules, as_of: Timestamp) -> Result<Standing, ReplayNeeded> {
        if as_of < self.processed {
            return Err(ReplayNeeded::LateFact);
        }
        let mut state = self.clone();
        state.advance(rules, as_of)?;
        Ok(state.read(rules))
    }

    fn carry_on(
        &mut self,
        rules: &Rules,
        until: Timestamp,
        occurrences: &[Occurrence<'_>],
    ) -> Result<Vec<Change>, ReplayNeeded> {
        let set = rules
            .in_force(self.processed)
            .filter(|set| set.version == self.version)
            .ok_or(ReplayNeeded::OtherRules)?;
        let mut engine = Engine::new(rules, set, self, None);
        engine.run(until, occurrences)?;
        Ok(engine.changes.into())
    }
}
