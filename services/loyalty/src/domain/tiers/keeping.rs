//! What a service keeps of a member in a tier set, and how it is brought up to date.

use jiff::Timestamp;
use rapport_status::Error;

use super::{
    history::{Fact, History},
    replay::evaluate,
    rules::Rules,
    standing::Standing,
    state::State,
};

/// What is kept of a member in a tier set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Kept {
    /// The rules by which it was made; see [`Rules::fingerprint`].
    pub rules: String,
    /// The snapshot. No fact up to the moment at which it was made is missing in it.
    pub state: State,
    /// The first fact that lies ahead, if any does.
    pub later: Option<Timestamp>,
}

impl Kept {
    /// Replays all facts of a member up to a moment. None when the tier set has not begun by then.
    pub fn replayed(
        rules: &Rules,
        fingerprint: &str,
        enrolled: Timestamp,
        facts: Vec<Fact>,
        now: Timestamp,
    ) -> Result<Option<Self>, Error> {
        if rules.begin(enrolled) > now {
            return Ok(None);
        }
        let later = facts.iter().map(Fact::time).filter(|time| *time > now).min();
        let history = History::of(enrolled, facts)?;
        Ok(Some(Self {
            rules: fingerprint.to_owned(),
            state: evaluate(rules, &history, now)?.state,
            later,
        }))
    }

    /// What becomes of it by new facts up to a moment, without the facts before. None when these must be replayed. Of the
    /// events among the facts, nothing may have been returned before.
    pub fn carried_on(
        &self,
        rules: &Rules,
        fingerprint: &str,
        facts: &[Fact],
        now: Timestamp,
    ) -> Option<Self> {
        let lies_ahead = facts.iter().any(|fact| fact.time() > now);
        if lies_ahead || !self.is_current(fingerprint, now) {
            return None;
        }
        let mut kept = self.clone();
        if !facts.is_empty() {
            kept.state.apply(rules, facts).ok()?;
        }
        kept.state.advance(rules, now).ok()?;
        Some(kept)
    }

    /// Whether it was made by these rules, and no fact that lay ahead has come by a moment.
    pub fn is_current(&self, fingerprint: &str, now: Timestamp) -> bool {
        self.rules == fingerprint && self.later.is_none_or(|later| later > now)
    }

    /// Where the member stands as of a moment, if that can be told without the facts.
    pub fn standing(&self, rules: &Rules, now: Timestamp) -> Option<Standing> {
        self.state.standing(rules, now).ok()
    }

    /// The next moment at which time alone can change the tier: what is kept should be brought up to date then.
    pub fn due(&self, rules: &Rules) -> Option<Timestamp> {
        [self.state.next_decision(rules), self.later]
            .into_iter()
            .flatten()
            .min()
    }
}

impl Rules {
    /// Tells rules apart: `revision` counts the changes of the tier set, the time zone is that of the program.
    pub fn fingerprint(&self, revision: i64) -> String {
        format!("{revision} {}", self.zone.iana_name().unwrap_or_default())
    }
}
