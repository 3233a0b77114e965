//! Campaigns and their life.

use std::fmt;

use jiff::{Timestamp, tz::TimeZone};
use rapport_status::{Error, Reason};

use super::terms::Terms;

/// Type of campaigns in errors.
pub const RESOURCE_TYPE: &str = "rapport.example/Campaign";

/// A campaign.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Campaign {
    /// Its id within the program, such as `double-tuesday`.
    pub id: String,
    /// Its state when it last changed; see [`Campaign::state_at`].
    pub state: State,
    /// The number of its terms, from 1. Terms that were once published are kept under their number for ever.
    pub version: i64,
    /// Its terms, the latest.
    pub terms: Terms,
    /// When it was created.
    pub create_time: Timestamp,
    /// When its state or its terms last changed.
    pub update_time: Timestamp,
    /// Counts the changes of its state and its terms; the etag is its text.
    pub revision: i64,
}

/// Where a campaign is in its life.
///
/// ```text
///          schedule              time              time, end
///  (new) ───────▶ Scheduled ──────────▶ Live ─────────────────▶ Ended
///  Draft            │   ▲                │ ▲                      ▲
///                   │   └──── resume ──┐ │ │ resume               │
///                   └──── pause ─────▶ Paused ─── time, end ──────┘
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum State {
    /// Being written; it gives nothing.
    Draft,
    /// Published; it begins with its window.
    Scheduled,
    /// It gives points.
    Live,
    /// It gives none for the time being.
    Paused,
    /// It never gives points again.
    Ended,
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Draft => "draft",
            Self::Scheduled => "scheduled",
            Self::Live => "live",
            Self::Paused => "paused",
            Self::Ended => "ended",
        })
    }
}

impl State {
    /// All of them, in the order of a life.
    pub const ALL: [Self; 5] = [
        Self::Draft,
        Self::Scheduled,
        Self::Live,
        Self::Paused,
        Self::Ended,
    ];
}

/// What somebody does with a campaign.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Step {
    /// Publishes a draft.
    Schedule,
    /// Stops it for the time being.
    Pause,
    /// Lets it go on after a pause.
    Resume,
    /// Ends it for ever.
    End,
}

impl fmt::Display for Step {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Schedule => "scheduled",
            Self::Pause => "paused",
            Self::Resume => "resumed",
            Self::End => "ended",
        })
    }
}

impl Step {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Schedule, Self::Pause, Self::Resume, Self::End];
}

/// The state after a step, from the state as of the moment; none when it does not allow the step. What a step leads to
/// is allowed again and changes nothing, so that it can be repeated. A campaign whose window has begun is `Live` in place
/// of `Scheduled`.
pub fn next_state(state: State, step: Step) -> Option<State> {
    match (state, step) {
        (State::Draft | State::Scheduled, Step::Schedule)
        | (State::Paused | State::Scheduled, Step::Resume) => Some(State::Scheduled),
        (State::Live, Step::Schedule | Step::Resume) => Some(State::Live),
        (State::Scheduled | State::Live | State::Paused, Step::Pause) => Some(State::Paused),
        (_, Step::End) => Some(State::Ended),
        (State::Draft, Step::Pause | Step::Resume)
        | (State::Paused, Step::Schedule)
        | (State::Ended, Step::Schedule | Step::Pause | Step::Resume) => None,
    }
}

impl Campaign {
    /// A new draft.
    pub fn draft(id: impl Into<String>, terms: Terms, now: Timestamp) -> Self {
        Self {
            id: id.into(),
            state: State::Draft,
            version: 1,
            terms,
            create_time: now,
            update_time: now,
            revision: 1,
        }
    }

    /// The state as of a moment: what was scheduled becomes live with the beginning of its window, and what was published
    /// ends with the end of it.
    pub fn state_at(&self, moment: Timestamp, zone: &TimeZone) -> State {
        let (from, until) = self.terms.window.moments(zone);
        effective_state(self.state, (from, until), moment)
    }

    /// The campaign after a step. Refused when its state as of now does not allow it. Unchanged, with the same revision,
    /// when it is there already.
    pub fn after(mut self, step: Step, now: Timestamp, zone: &TimeZone) -> Result<Self, Error> {
        let effective = self.state_at(now, zone);
        let next = next_state(effective, step)
            .ok_or_else(|| self.conflict(&format!("it is {effective} and cannot be {step}")))?;
        let next = effective_state(next, self.terms.window.moments(zone), now);
        if next == State::Ended && step != Step::End {
            return Err(self.conflict(&format!(
                "its window is over, so that it cannot be {step}; move the window"
            )));
        }
        if next != effective {
            self.state = next;
            self.update_time = now;
            self.revision += 1;
        }
        Ok(self)
    }

    /// The campaign with other terms, which were checked. Refused when it is ended. A draft keeps its version: nobody
    /// has seen its terms. Anything else gets the next one; the terms of the former version are to be kept. Unchanged
    /// when the terms are the same.
    pub fn edited(mut self, terms: Terms, now: Timestamp, zone: &TimeZone) -> Result<Self, Error> {
        let effective = self.state_at(now, zone);
        if effective == State::Ended {
            return Err(self.conflict("it is ended and cannot be changed; create another one"));
        }
        if terms != self.terms {
            self.version += i64::from(effective != State::Draft);
            self.terms = terms;
            // A window that is moved can begin or end at once, or begin anew; it ends no pause.
            self.state = match effective {
                State::Live => effective_state(State::Scheduled, self.terms.window.moments(zone), now),
                state => effective_state(state, self.terms.window.moments(zone), now),
            };
            self.update_time = now;
            self.revision += 1;
        }
        Ok(self)
    }

    /// The etag: changes with every change.
    pub fn etag(&self) -> String {
        self.revision.to_string()
    }

    fn conflict(&self, what: &str) -> Error {
        Error::about(
            Reason::CampaignStateConflict,
            RESOURCE_TYPE,
            &self.id,
            format!("campaign {:?}: {what}", self.id),
        )
    }
}

/// The state of a campaign with a state and the moments of its window, as of another moment.
pub(super) fn effective_state(
    state: State,
    (from, until): (Option<Timestamp>, Option<Timestamp>),
    moment: Timestamp,
) -> State {
    match state {
        State::Scheduled | State::Live | State::Paused if until.is_some_and(|until| until <= moment) => {
            State::Ended
        }
        State::Scheduled if from.is_none_or(|from| from <= moment) => State::Live,
        state => state,
    }
}
