//! Cases: what is done about a bad experience, step by step.
//!
//! | state    | assign   | resolve                             | close     | reopen           |
//! |----------|----------|-------------------------------------|-----------|------------------|
//! | open     | assigned | resolved                            | conflict  | conflict         |
//! | assigned | assigned | resolved                            | conflict  | conflict         |
//! | resolved | resolved | unchanged if the same, or conflict  | closed    | open or assigned |
//! | closed   | conflict | conflict                            | unchanged | open or assigned |
//!
//! A reopened case with an owner is assigned, without one it is open.

use jiff::Timestamp;
use rapport_privacy::Personal;
use rapport_status::{Error, Reason, Result};

use crate::domain::{priority::Priority, resource};

/// How far a case is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum CaseState {
    /// Nobody works on it yet.
    Open,
    /// It has an owner.
    Assigned,
    /// Something was done about it.
    Resolved,
    /// Done.
    Closed,
}

impl CaseState {
    /// Every state, in the order of a case's life.
    pub const ALL: [Self; 4] = [Self::Open, Self::Assigned, Self::Resolved, Self::Closed];

    /// Its word in filters and in the store: the name in the contract without the prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Open => "OPEN",
            Self::Assigned => "ASSIGNED",
            Self::Resolved => "RESOLVED",
            Self::Closed => "CLOSED",
        }
    }

    /// The state with a word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }

    /// The state of a case that is to be worked on.
    fn with_owner(owner: &str) -> Self {
        if owner.is_empty() {
            Self::Open
        } else {
            Self::Assigned
        }
    }
}

/// A complaint or low score that is followed up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Case {
    /// `cases/{case}`.
    pub name: String,
    /// What it is about.
    pub subject: Personal<String>,
    /// How far it is.
    pub state: CaseState,
    /// How urgent it is.
    pub priority: Priority,
    /// `customers/{customer}`; empty when not known.
    pub customer: String,
    /// `answerSets/{answer_set}` that opened it; empty when opened by hand.
    pub answer_set: String,
    /// `surveys/{survey}` of those answers; empty when opened by hand.
    pub survey: String,
    /// Who works on it; empty when nobody does yet.
    pub owner: String,
    /// When it must be resolved.
    pub due_time: Timestamp,
    /// What was done, once it is resolved.
    pub resolution: Option<Resolution>,
    /// When it was opened.
    pub create_time: Timestamp,
    /// When it last changed.
    pub update_time: Timestamp,
    /// One more with every change; the etag.
    pub revision: i64,
}

/// How a case was resolved.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Resolution {
    /// What was done.
    pub text: Personal<String>,
    /// Whether the customer is to be compensated under the loyalty programs' rules.
    pub compensate: bool,
    /// When.
    pub time: Timestamp,
}

/// What a case is opened with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opening {
    /// `cases/{case}`.
    pub name: String,
    /// What it is about.
    pub subject: Personal<String>,
    /// How urgent it is.
    pub priority: Priority,
    /// `customers/{customer}`; empty when not known.
    pub customer: String,
    /// `answerSets/{answer_set}`; empty when opened by hand.
    pub answer_set: String,
    /// `surveys/{survey}`; empty when opened by hand.
    pub survey: String,
    /// Who works on it; empty when nobody does yet.
    pub owner: String,
    /// When it must be resolved; absent gives the time that the priority has.
    pub due_time: Option<Timestamp>,
}

/// A step that somebody takes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Step {
    /// Give it to an owner, and if wanted another deadline.
    Assign {
        /// Who works on it from now on.
        owner: String,
        /// Another deadline; absent keeps the present one.
        due_time: Option<Timestamp>,
    },
    /// Say how it was resolved.
    Resolve {
        /// What was done.
        text: Personal<String>,
        /// Whether the customer is to be compensated.
        compensate: bool,
    },
    /// Close it.
    Close,
    /// Open it again.
    Reopen {
        /// Why.
        reason: Personal<String>,
        /// The new deadline; absent gives the time that the priority has.
        due_time: Option<Timestamp>,
    },
}

/// What happened in a case.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CaseAction {
    /// It was opened.
    Opened,
    /// It was given to an owner.
    Assigned,
    /// It was resolved.
    Resolved,
    /// It was closed.
    Closed,
    /// It was opened again.
    Reopened,
}

impl CaseAction {
    /// Every action.
    pub const ALL: [Self; 5] = [
        Self::Opened,
        Self::Assigned,
        Self::Resolved,
        Self::Closed,
        Self::Reopened,
    ];

    /// The word that the history shows.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Opened => "opened",
            Self::Assigned => "assigned",
            Self::Resolved => "resolved",
            Self::Closed => "closed",
            Self::Reopened => "reopened",
        }
    }

    /// The action with a word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|action| action.name() == name)
    }
}

/// One line of a case's history.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CaseEvent {
    /// When.
    pub time: Timestamp,
    /// Who did it: the caller's subject, or [`BY_RULE`].
    pub actor: String,
    /// What was done.
    pub action: CaseAction,
    /// The owner, the resolution, the reason.
    pub note: Personal<String>,
}

/// The actor when a rule opened the case.
pub const BY_RULE: &str = "rule";

impl Case {
    /// Opens a case, with the first line of its history.
    pub fn open(opening: Opening, actor: &str, now: Timestamp) -> (Self, CaseEvent) {
        let event = CaseEvent::new(CaseAction::Opened, actor, opening.owner.clone().into(), now);
        let case = Self {
            name: opening.name,
            subject: opening.subject,
            state: CaseState::with_owner(&opening.owner),
            priority: opening.priority,
            customer: opening.customer,
            answer_set: opening.answer_set,
            survey: opening.survey,
            owner: opening.owner,
            due_time: opening.due_time.unwrap_or_else(|| opening.priority.due_time(now)),
            resolution: None,
            create_time: now,
            update_time: now,
            revision: 1,
        };
        (case, event)
    }

    /// Takes a step. Gives the line of the history that it adds; none when the case was so already.
    pub fn take(&mut self, step: Step, actor: &str, now: Timestamp) -> Result<Option<CaseEvent>> {
        let event = match step {
            Step::Assign { owner, due_time } => self.assign(owner, due_time, actor, now),
            Step::Resolve { text, compensate } => self.resolve(text, compensate, actor, now),
            Step::Close => self.close(actor, now),
            Step::Reopen { reason, due_time } => self.reopen(reason, due_time, actor, now),
        }?;
        if event.is_some() {
            self.update_time = now;
            self.revision = self.revision.saturating_add(1);
        }
        Ok(event)
    }

    fn assign(
        &mut self,
        owner: String,
        due_time: Option<Timestamp>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<CaseEvent>> {
        if self.state == CaseState::Closed {
            return Err(self.conflict("is closed", "reopen it first"));
        }
        let due_time = due_time.unwrap_or(self.due_time);
        if self.owner == owner && self.due_time == due_time {
            return Ok(None);
        }
        let event = CaseEvent::new(CaseAction::Assigned, actor, owner.clone().into(), now);
        if self.state == CaseState::Open {
            self.state = CaseState::Assigned;
        }
        self.owner = owner;
        self.due_time = due_time;
        Ok(Some(event))
    }

    fn resolve(
        &mut self,
        text: Personal<String>,
        compensate: bool,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<CaseEvent>> {
        match (self.state, &self.resolution) {
            (CaseState::Closed, _) => Err(self.conflict("is closed", "reopen it first")),
            (CaseState::Resolved, Some(was)) if was.text == text && was.compensate == compensate => Ok(None),
            (CaseState::Resolved, _) => {
                Err(self.conflict("was resolved in another way", "reopen it to resolve it anew"))
            }
            (CaseState::Open | CaseState::Assigned, _) => {
                let event = CaseEvent::new(CaseAction::Resolved, actor, text.clone(), now);
                self.state = CaseState::Resolved;
                self.resolution = Some(Resolution {
                    text,
                    compensate,
                    time: now,
                });
                Ok(Some(event))
            }
        }
    }

    fn close(&mut self, actor: &str, now: Timestamp) -> Result<Option<CaseEvent>> {
        match self.state {
            CaseState::Open | CaseState::Assigned => {
                Err(self.conflict("is not resolved", "resolve it before it is closed"))
            }
            CaseState::Closed => Ok(None),
            CaseState::Resolved => {
                self.state = CaseState::Closed;
                Ok(Some(CaseEvent::new(
                    CaseAction::Closed,
                    actor,
                    Personal::default(),
                    now,
                )))
            }
        }
    }

    fn reopen(
        &mut self,
        reason: Personal<String>,
        due_time: Option<Timestamp>,
        actor: &str,
        now: Timestamp,
    ) -> Result<Option<CaseEvent>> {
        match self.state {
            CaseState::Open | CaseState::Assigned => {
                Err(self.conflict("is still open", "only a resolved or closed case can be reopened"))
            }
            CaseState::Resolved | CaseState::Closed => {
                self.state = CaseState::with_owner(&self.owner);
                self.resolution = None;
                self.due_time = due_time.unwrap_or_else(|| self.priority.due_time(now));
                Ok(Some(CaseEvent::new(CaseAction::Reopened, actor, reason, now)))
            }
        }
    }

    /// Whom its events are about: the customer, or else the answers that opened it, or else the case itself.
    pub fn event_key(&self) -> &str {
        [&self.customer, &self.answer_set]
            .into_iter()
            .find(|name| !name.is_empty())
            .unwrap_or(&self.name)
    }

    fn conflict(&self, what: &str, then: &str) -> Error {
        Error::about(
            Reason::CaseStateConflict,
            resource::CASE,
            &self.name,
            format!("{} {what}; {then}", self.name),
        )
        .with("state", self.state.name())
    }
}

impl CaseEvent {
    fn new(action: CaseAction, actor: &str, note: Personal<String>, now: Timestamp) -> Self {
        Self {
            time: now,
            actor: actor.to_owned(),
            action,
            note,
        }
    }
}

/// What is said of a case that is not there.
pub fn no_such_case(name: &str) -> Error {
    Error::about(
        Reason::CaseNotFound,
        resource::CASE,
        name,
        format!("there is no {name}; ListCases shows those there are"),
    )
}

#[cfg(test)]
mod tests;
