//! What happened to a member, as far as it matters for tiers.

use std::collections::BTreeMap;

use jiff::{Timestamp, civil::Date};
use rapport_status::{Error, FieldViolation, Reason};
use uuid::Uuid;

use super::{MOST_AMOUNT, MOST_FACTS, config::Qualification, measure::Measure};

/// Most characters of a reason, of evidence, and of who granted something.
const LONGEST_TEXT: usize = 1_000;

/// Moments that a history can speak of: with room for every window and validity on both sides.
const YEARS: std::ops::RangeInclusive<i16> = 1900..=9000;

/// Something that counts for tiers. A purchase gives one event for each measure that it adds to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Identifies the fact for ever.
    pub id: Uuid,
    /// When it happened.
    pub time: Timestamp,
    /// What it adds to.
    pub measure: Measure,
    /// How much, in the measure's unit. Negative for a correction, which counts at its own time.
    pub amount: i64,
}

/// Part or all of an event is taken back, at the time of that event. Several returns of an event add up; together they
/// take back at most its amount. A return of an event that is not known waits for it without effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Return {
    /// Identifies the fact for ever.
    pub id: Uuid,
    /// When it was returned: for the record only.
    pub time: Timestamp,
    /// The event that it reduces.
    pub event: Uuid,
    /// How much is taken back; at least 1.
    pub amount: i64,
}

/// A tier is granted by an operator.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Grant {
    /// Identifies the fact for ever.
    pub id: Uuid,
    /// From when on it holds.
    pub time: Timestamp,
    /// Id of the tier. A grant of a tier that the version in force does not have, or of the base tier, has no effect.
    pub tier: String,
    /// The last day on which it holds.
    pub until: Date,
    /// Gift or match.
    pub kind: GrantKind,
    /// Why it was granted.
    pub reason: String,
    /// Who granted it.
    pub by: String,
}

/// Kinds of grants.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum GrantKind {
    /// The tier is had until the last day, without condition.
    Gift,
    /// The status that the member has elsewhere is matched for a trial period. When the events since the grant meet
    /// the challenge before the trial ends, the tier counts as reached at that moment.
    Match {
        /// What shows the status elsewhere.
        evidence: String,
        /// What must be reached within the trial.
        challenge: Qualification,
    },
}

/// A grant is taken back. From then on it holds no more, at once and without grace; for a match that was kept, what was
/// kept ends as well. A revocation before its grant has no effect.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Revocation {
    /// Identifies the fact for ever.
    pub id: Uuid,
    /// From when on the grant holds no more.
    pub time: Timestamp,
    /// The grant.
    pub grant: Uuid,
    /// Why it was taken back.
    pub reason: String,
    /// Who took it back.
    pub by: String,
}

/// A fact of a history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Fact {
    /// Something that counts.
    Event(Event),
    /// Part or all of an event is taken back.
    Return(Return),
    /// A tier is granted.
    Grant(Grant),
    /// A grant is taken back.
    Revocation(Revocation),
}

impl Fact {
    /// Its id.
    pub fn id(&self) -> Uuid {
        match self {
            Self::Event(event) => event.id,
            Self::Return(back) => back.id,
            Self::Grant(grant) => grant.id,
            Self::Revocation(revocation) => revocation.id,
        }
    }

    /// Its moment.
    pub fn time(&self) -> Timestamp {
        match self {
            Self::Event(event) => event.time,
            Self::Return(back) => back.time,
            Self::Grant(grant) => grant.time,
            Self::Revocation(revocation) => revocation.time,
        }
    }

    /// Everything that is wrong with the fact by itself; field paths begin with `fact`.
    pub fn check(&self) -> Vec<FieldViolation> {
        let mut found = Vec::new();
        check_moment("fact.time", self.time(), &mut found);
        match self {
            Self::Event(event) => {
                if event.amount == 0 || !(-MOST_AMOUNT..=MOST_AMOUNT).contains(&event.amount) {
                    found.push(FieldViolation::new(
                        "fact.amount",
                        format!("must be between -{MOST_AMOUNT} and {MOST_AMOUNT}, not 0"),
                    ));
                }
            }
            Self::Return(back) => {
                if !(1..=MOST_AMOUNT).contains(&back.amount) {
                    found.push(FieldViolation::new(
                        "fact.amount",
                        format!("must be 1 to {MOST_AMOUNT}: how much of the event is taken back"),
                    ));
                }
            }
            Self::Grant(grant) => grant.check(&mut found),
            Self::Revocation(revocation) => {
                check_text("fact.reason", &revocation.reason, &mut found);
                check_text("fact.by", &revocation.by, &mut found);
            }
        }
        found
    }
}

impl Grant {
    fn check(&self, found: &mut Vec<FieldViolation>) {
        if !YEARS.contains(&self.until.year()) {
            found.push(FieldViolation::new("fact.until", outside_years()));
        }
        check_text("fact.reason", &self.reason, found);
        check_text("fact.by", &self.by, found);
        if let GrantKind::Match { evidence, challenge } = &self.kind {
            check_text("fact.evidence", evidence, found);
            found.extend(challenge.violations("fact.challenge"));
        }
    }
}

/// All that is known about a member. Facts are a set: the order in which they are added does not matter, and the same
/// fact added again changes nothing.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct History {
    enrolled: Timestamp,
    facts: BTreeMap<Uuid, Fact>,
}

impl History {
    /// The history of a member who was enrolled at a moment. What was bought on days before does not count; what was
    /// bought earlier on the enrolment day counts at the moment of the enrolment. Refused when the moment is not
    /// between the years 1900 and 9000.
    pub fn new(enrolled: Timestamp) -> Result<Self, Error> {
        let mut found = Vec::new();
        check_moment("enrol_time", enrolled, &mut found);
        if found.is_empty() {
            Ok(Self {
                enrolled,
                facts: BTreeMap::new(),
            })
        } else {
            Err(Error::invalid(Reason::InvalidFields, found))
        }
    }

    /// The history of facts, each of which must be one that [`Self::add`] takes.
    pub fn of(enrolled: Timestamp, facts: impl IntoIterator<Item = Fact>) -> Result<Self, Error> {
        let mut history = Self::new(enrolled)?;
        for fact in facts {
            history.add(fact)?;
        }
        Ok(history)
    }

    /// Adds a fact; gives whether it is new. Refused when it breaks a rule by itself, when its id came before with
    /// other content, and when there are too many.
    pub fn add(&mut self, fact: Fact) -> Result<bool, Error> {
        let found = fact.check();
        if !found.is_empty() {
            return Err(Error::invalid(Reason::InvalidFields, found));
        }
        let id = fact.id();
        match self.facts.get(&id) {
            Some(known) if *known == fact => Ok(false),
            // The store keeps one fact for each id.
            Some(_) => Err(Error::internal(format!(
                "the fact {id} came before with other content; give each fact an id of its own"
            ))),
            None if self.facts.len() >= MOST_FACTS => Err(Error::invalid_field(
                "fact",
                format!("the member has {MOST_FACTS} facts in this tier set already, the most there can be"),
            )),
            None => {
                self.facts.insert(id, fact);
                Ok(true)
            }
        }
    }

    /// When the member was enrolled.
    pub fn enrolled(&self) -> Timestamp {
        self.enrolled
    }

    /// The facts in the order of their ids.
    pub fn facts(&self) -> impl Iterator<Item = &Fact> {
        self.facts.values()
    }

    /// The grant of an id: for its reason, and who granted it.
    pub fn grant(&self, id: Uuid) -> Option<&Grant> {
        match self.facts.get(&id) {
            Some(Fact::Grant(grant)) => Some(grant),
            _ => None,
        }
    }

    /// How much of each event is taken back, not more than its amount.
    pub(super) fn returned(&self) -> BTreeMap<Uuid, i128> {
        let mut returned = BTreeMap::new();
        for fact in self.facts.values() {
            let Fact::Return(back) = fact else { continue };
            if let Some(Fact::Event(event)) = self.facts.get(&back.event) {
                let sum: &mut i128 = returned.entry(event.id).or_default();
                *sum = (*sum + i128::from(back.amount)).min(i128::from(event.amount.max(0)));
            }
        }
        returned
    }
}

/// Whether a moment is one that a history can speak of.
pub fn can_tell(moment: Timestamp) -> bool {
    let mut found = Vec::new();
    check_moment("time", moment, &mut found);
    found.is_empty()
}

/// Adds what is wrong with a moment.
pub(super) fn check_moment(field: &str, moment: Timestamp, found: &mut Vec<FieldViolation>) {
    let year = jiff::tz::Offset::UTC.to_datetime(moment).year();
    if !YEARS.contains(&year) {
        found.push(FieldViolation::new(field, outside_years()));
    }
}

fn outside_years() -> String {
    format!("must lie between the years {} and {}", YEARS.start(), YEARS.end())
}

fn check_text(field: &str, text: &str, found: &mut Vec<FieldViolation>) {
    if text.trim().is_empty() || text.chars().count() > LONGEST_TEXT {
        found.push(FieldViolation::new(
            field,
            format!("must have 1 to {LONGEST_TEXT} characters, not only spaces"),
        ));
    }
}
