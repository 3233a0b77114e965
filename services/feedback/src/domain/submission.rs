//! What becomes of answers that are submitted, corrected or deleted.

use jiff::{SignedDuration, Timestamp};
use rapport_status::{Error, FieldViolation, Reason, Result};

use crate::domain::{
    answer_rules,
    answer_set::{Answer, AnswerSet},
    case::{BY_RULE, Case, CaseEvent},
    case_rule,
    questionnaire::Questionnaire,
    refusal::refuse,
    resource,
    survey::Survey,
};

/// How far ahead of our clock an answer may be dated: clocks of devices are wrong, and zones are mistaken.
const MOST_AHEAD: SignedDuration = SignedDuration::from_hours(24);

/// Answers as they are submitted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Submission {
    /// `surveys/{survey}`.
    pub survey: String,
    /// The version shown; 0 means the published one.
    pub survey_version: i32,
    /// `customers/{customer}`; empty when anonymous.
    pub customer: String,
    /// The answers.
    pub answers: Vec<Answer>,
    /// When they were given; absent means now.
    pub answer_time: Option<Timestamp>,
    /// What the answers are about; empty when not stated.
    pub touchpoint: String,
    /// Where; empty when not stated.
    pub location: String,
    /// How they came; empty when not stated.
    pub channel: String,
    /// Language of the answers; empty when not stated.
    pub language: String,
}

/// Names for what a submission or correction may make.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewNames {
    /// `answerSets/{answer_set}`.
    pub answer_set: String,
    /// `cases/{case}`.
    pub case: String,
}

/// A case that answers opened, with the first line of its history.
pub type OpenedCase = (Case, CaseEvent);

/// Decides a submission to a survey, whose version shown has this questionnaire.
pub fn submit(
    survey: &Survey,
    version: i32,
    questionnaire: &Questionnaire,
    submission: &Submission,
    names: NewNames,
    now: Timestamp,
) -> Result<(AnswerSet, Option<OpenedCase>)> {
    let mut violations = answer_rules::violations(questionnaire, &submission.answers, "answer_set.answers");
    let answer_time = submission.answer_time.unwrap_or(now);
    if answer_time.duration_since(now) > MOST_AHEAD {
        violations.push(FieldViolation::new(
            "answer_set.answer_time",
            format!("is {answer_time}, more than one day after now ({now})"),
        ));
    }
    refuse(Reason::InvalidAnswers, violations)?;
    let mut set = AnswerSet {
        name: names.answer_set,
        survey: survey.name.clone(),
        survey_version: version,
        customer: submission.customer.clone(),
        answers: submission.answers.clone(),
        answer_time,
        touchpoint: submission.touchpoint.clone(),
        location: submission.location.clone(),
        channel: submission.channel.clone(),
        language: submission.language.clone(),
        create_time: now,
        revision: 1,
        opened_case: String::new(),
    };
    let opened = open_case(&mut set, questionnaire, names.case, now);
    Ok((set, opened))
}

/// What a correction changes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Correction {
    /// The set says the same already.
    Unchanged,
    /// The set says something else now, and may have opened a case.
    Changed(Option<Box<OpenedCase>>),
}

/// Corrects the answers of a set. A set opens one case at most: a correction opens one only where none was.
///
/// The same answers again change nothing, even with the etag of before: that is what a repeated request has.
pub fn correct(
    set: &mut AnswerSet,
    questionnaire: &Questionnaire,
    answers: Vec<Answer>,
    etag: &str,
    case_name: String,
    now: Timestamp,
) -> Result<Correction> {
    refuse(
        Reason::InvalidAnswers,
        answer_rules::violations(questionnaire, &answers, "answers"),
    )?;
    if set.says(&answers) {
        return Ok(Correction::Unchanged);
    }
    require_etag(resource::ANSWER_SET, &set.name, etag, i64::from(set.revision))?;
    set.answers = answers;
    set.revision = next_revision(set)?;
    let opened = if set.opened_case.is_empty() {
        open_case(set, questionnaire, case_name, now)
    } else {
        None
    };
    Ok(Correction::Changed(opened.map(Box::new)))
}

/// The revision after the present one of a set.
pub fn next_revision(set: &AnswerSet) -> Result<i32> {
    set.revision
        .checked_add(1)
        .ok_or_else(|| Error::internal(format!("{} was corrected too often to count", set.name)))
}

/// Refuses an etag that is given and is not the current revision.
pub fn require_etag(kind: &'static str, name: &str, given: &str, revision: i64) -> Result<()> {
    if given.is_empty() || given == revision.to_string() {
        return Ok(());
    }
    Err(Error::about(
        Reason::EtagMismatch,
        kind,
        name,
        format!("{name} has changed since it was read; read it again and repeat the change"),
    ))
}

fn open_case(
    set: &mut AnswerSet,
    questionnaire: &Questionnaire,
    case_name: String,
    now: Timestamp,
) -> Option<OpenedCase> {
    let opening = case_rule::opening(questionnaire, set, case_name, now)?;
    set.opened_case.clone_from(&opening.name);
    Some(Case::open(opening, BY_RULE, now))
}
