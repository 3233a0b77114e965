//! A survey over its life: draft → published → closed, in versions of which the published ones never change.

use jiff::Timestamp;
use rapport_status::{Error, Reason, Result};

use crate::domain::{questionnaire::Questionnaire, questionnaire_rules, resource};

/// Whether a survey takes answers.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum SurveyState {
    /// Being written; takes no answers.
    Draft,
    /// Takes answers under its published version.
    Published,
    /// Takes no answers any more.
    Closed,
}

impl SurveyState {
    /// Every state.
    pub const ALL: [Self; 3] = [Self::Draft, Self::Published, Self::Closed];

    /// Its word in filters and in the store: the name in the contract without the prefix.
    pub const fn name(self) -> &'static str {
        match self {
            Self::Draft => "DRAFT",
            Self::Published => "PUBLISHED",
            Self::Closed => "CLOSED",
        }
    }

    /// The state with a word.
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|state| state.name() == name)
    }
}

/// A survey without its questions: they belong to its versions.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Survey {
    /// `surveys/{survey}`.
    pub name: String,
    /// Whether it takes answers.
    pub state: SurveyState,
    /// The version that takes answers; 0 before the first is published.
    pub published_version: i32,
    /// The newest version: the draft if there is one, else the published one.
    pub latest_version: i32,
    /// When it was created.
    pub create_time: Timestamp,
    /// When it last changed.
    pub update_time: Timestamp,
    /// One more with every change; the etag.
    pub revision: i64,
}

/// Whether a step changed something.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Change {
    /// It was so already.
    None,
    /// It is new.
    Made,
}

impl Survey {
    /// A new draft.
    pub fn draft(name: String, now: Timestamp) -> Self {
        Self {
            name,
            state: SurveyState::Draft,
            published_version: 0,
            latest_version: 1,
            create_time: now,
            update_time: now,
            revision: 1,
        }
    }

    /// Whether its latest version is a draft.
    pub const fn has_draft(&self) -> bool {
        self.latest_version > self.published_version
    }

    /// Takes new content for the draft in place of the present content of the latest version. A survey without a
    /// draft gets one: its published version stays as it is.
    pub fn revise(&mut self, present: &Questionnaire, new: &Questionnaire, now: Timestamp) -> Result<Change> {
        self.require_not_closed()?;
        questionnaire_rules::check(new)?;
        if present == new {
            return Ok(Change::None);
        }
        if !self.has_draft() {
            self.latest_version = self.latest_version.saturating_add(1);
        }
        self.touch(now);
        Ok(Change::Made)
    }

    /// Publishes the draft with this content; without a draft nothing changes.
    pub fn publish(&mut self, draft: &Questionnaire, now: Timestamp) -> Result<Change> {
        self.require_not_closed()?;
        if !self.has_draft() {
            return Ok(Change::None);
        }
        questionnaire_rules::check_publishable(draft)?;
        self.published_version = self.latest_version;
        self.state = SurveyState::Published;
        self.touch(now);
        Ok(Change::Made)
    }

    /// Closes it: no new answers are taken.
    pub fn close(&mut self, now: Timestamp) -> Result<Change> {
        match self.state {
            SurveyState::Draft => Err(self.not_published()),
            SurveyState::Closed => Ok(Change::None),
            SurveyState::Published => {
                self.state = SurveyState::Closed;
                self.touch(now);
                Ok(Change::Made)
            }
        }
    }

    /// The version under which answers are taken that were given for a version (0 means the published one).
    pub fn version_for_answers(&self, shown: i32) -> Result<i32> {
        match self.state {
            SurveyState::Closed => Err(self.closed()),
            SurveyState::Published if shown == 0 => Ok(self.published_version),
            SurveyState::Published if shown > self.latest_version || shown < 0 => {
                Err(no_such_version(&self.name, shown))
            }
            // Earlier published versions still take answers: those of a form that was shown yesterday.
            SurveyState::Published if shown <= self.published_version => Ok(shown),
            SurveyState::Draft | SurveyState::Published => Err(self.not_published()),
        }
    }

    fn touch(&mut self, now: Timestamp) {
        self.update_time = now;
        self.revision = self.revision.saturating_add(1);
    }

    fn require_not_closed(&self) -> Result<()> {
        if self.state == SurveyState::Closed {
            return Err(self.closed());
        }
        Ok(())
    }

    fn closed(&self) -> Error {
        Error::about(
            Reason::SurveyClosed,
            resource::SURVEY,
            &self.name,
            format!("{} is closed; create another survey to ask again", self.name),
        )
    }

    fn not_published(&self) -> Error {
        Error::about(
            Reason::SurveyNotPublished,
            resource::SURVEY,
            &self.name,
            format!(
                "{} or the version asked for is a draft; publish it first",
                self.name
            ),
        )
    }
}

/// What is said of a survey that is not there.
pub fn no_such_survey(name: &str) -> Error {
    Error::about(
        Reason::SurveyNotFound,
        resource::SURVEY,
        name,
        format!("there is no {name}; ListSurveys shows those there are"),
    )
}

/// What is said of a version that is not there.
pub fn no_such_version(name: &str, version: i32) -> Error {
    Error::about(
        Reason::SurveyNotFound,
        resource::SURVEY,
        name,
        format!("{name} has no version {version}; version 0 means the current one"),
    )
}

#[cfg(test)]
mod tests;
