//! Sets of answers, and the scores in them.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rapport_privacy::Personal;
use rapport_status::{Error, Reason};

use crate::domain::{
    questionnaire::{Questionnaire, ScoreKind},
    resource,
};

/// One person's answers to one survey.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AnswerSet {
    /// `answerSets/{answer_set}`.
    pub name: String,
    /// `surveys/{survey}`.
    pub survey: String,
    /// The version that the answers were given for.
    pub survey_version: i32,
    /// `customers/{customer}`; empty when anonymous.
    pub customer: String,
    /// The answers.
    pub answers: Vec<Answer>,
    /// When they were given.
    pub answer_time: Timestamp,
    /// What the answers are about; empty when not stated.
    pub touchpoint: String,
    /// Where; empty when not stated.
    pub location: String,
    /// How they came; empty when not stated.
    pub channel: String,
    /// Language of the answers as a BCP 47 tag; empty when not stated.
    pub language: String,
    /// When the set was stored.
    pub create_time: Timestamp,
    /// 1 when submitted, one more with each correction; the etag.
    pub revision: i32,
    /// `cases/{case}` that the set opened; empty when none.
    pub opened_case: String,
}

/// The answer to one question.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// Id of the question.
    pub question: String,
    /// The answer. Absent only in answers that were not checked yet.
    pub value: Option<AnswerValue>,
}

/// What was answered.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AnswerValue {
    /// A point on the question's scale.
    Score(i32),
    /// Id of the chosen option.
    Choice(String),
    /// Free text.
    Text(Personal<String>),
}

/// An answer that is a score, with all that is needed to read it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScoredAnswer {
    /// Id of the question.
    pub question: String,
    /// How to read the score.
    pub kind: ScoreKind,
    /// The score.
    pub score: i32,
    /// Highest point of the scale.
    pub scale_maximum: i32,
    /// Dimension of the question.
    pub dimension: String,
    /// Touchpoint of the question, or else of the answer set.
    pub touchpoint: String,
}

impl AnswerSet {
    /// The scores among its answers, in the order of the answers.
    pub fn scores(&self, questionnaire: &Questionnaire) -> Vec<ScoredAnswer> {
        self.answers
            .iter()
            .filter_map(|answer| {
                let Some(AnswerValue::Score(score)) = answer.value else {
                    return None;
                };
                let question = questionnaire.question(&answer.question)?;
                let scale = question.scale()?;
                let touchpoint = if question.touchpoint.is_empty() {
                    &self.touchpoint
                } else {
                    &question.touchpoint
                };
                Some(ScoredAnswer {
                    question: question.id.clone(),
                    kind: scale.kind,
                    score,
                    scale_maximum: scale.maximum,
                    dimension: question.dimension.clone(),
                    touchpoint: touchpoint.clone(),
                })
            })
            .collect()
    }

    /// Whether it says the same as other answers: their order does not matter.
    pub fn says(&self, answers: &[Answer]) -> bool {
        by_question(&self.answers) == by_question(answers) && self.answers.len() == answers.len()
    }

    /// Whom its events are about: the customer, or the set itself when anonymous.
    pub fn event_key(&self) -> &str {
        if self.customer.is_empty() {
            &self.name
        } else {
            &self.customer
        }
    }
}

fn by_question(answers: &[Answer]) -> BTreeMap<&str, Option<&AnswerValue>> {
    answers
        .iter()
        .map(|answer| (answer.question.as_str(), answer.value.as_ref()))
        .collect()
}

/// What is said of an answer set that is not there.
pub fn no_such_answer_set(name: &str) -> Error {
    Error::about(
        Reason::AnswerSetNotFound,
        resource::ANSWER_SET,
        name,
        format!("there is no {name}; it may have been deleted. ListAnswerSets shows those there are"),
    )
}
