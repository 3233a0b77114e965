//! Answer sets on the wire.

use rapport_contract::{feedback::v1, instant, name};

use crate::{
    domain::{
        answer_set::{Answer, AnswerSet, AnswerValue},
        questionnaire_rules::is_language_tag,
        submission::Submission,
    },
    wire::fields::Fields,
};

/// Reads a set that is submitted. Whether the answers fit their questions is checked by the domain.
pub(crate) fn submission(set: v1::AnswerSet, fields: &mut Fields) -> Submission {
    if !set.language.is_empty() && !is_language_tag(&set.language) {
        fields.refuse(
            "answer_set.language",
            "is no BCP 47 language tag such as en or zh-CN",
        );
    }
    if set.survey_version < 0 {
        fields.refuse(
            "answer_set.survey_version",
            "is negative; 0 means the published version",
        );
    }
    Submission {
        survey: fields.reference("answer_set.survey", name::SURVEY, set.survey),
        survey_version: set.survey_version,
        customer: fields.optional_reference("answer_set.customer", name::CUSTOMER, set.customer),
        answers: answers(set.answers),
        answer_time: fields.moment("answer_set.answer_time", set.answer_time),
        touchpoint: fields.text("answer_set.touchpoint", set.touchpoint, 0..=63),
        location: fields.text("answer_set.location", set.location, 0..=100),
        channel: fields.text("answer_set.channel", set.channel, 0..=63),
        language: set.language,
    }
}

/// Reads answers.
pub(crate) fn answers(answers: Vec<v1::Answer>) -> Vec<Answer> {
    let read = |answer: v1::Answer| Answer {
        question: answer.question,
        value: answer.value.map(|value| match value {
            v1::answer::Value::Score(score) => AnswerValue::Score(score),
            v1::answer::Value::Choice(choice) => AnswerValue::Choice(choice),
            v1::answer::Value::Text(text) => AnswerValue::Text(text.into()),
        }),
    };
    answers.into_iter().map(read).collect()
}

/// Writes a set of answers.
pub(crate) fn to_wire(set: &AnswerSet) -> v1::AnswerSet {
    v1::AnswerSet {
        name: set.name.clone(),
        survey: set.survey.clone(),
        survey_version: set.survey_version,
        customer: set.customer.clone(),
        answers: set.answers.iter().map(answer_to_wire).collect(),
        answer_time: Some(instant::to_wire(set.answer_time)),
        touchpoint: set.touchpoint.clone(),
        location: set.location.clone(),
        channel: set.channel.clone(),
        language: set.language.clone(),
        create_time: Some(instant::to_wire(set.create_time)),
        etag: set.revision.to_string(),
        opened_case: set.opened_case.clone(),
    }
}

fn answer_to_wire(answer: &Answer) -> v1::Answer {
    v1::Answer {
        question: answer.question.clone(),
        value: answer.value.clone().map(|value| match value {
            AnswerValue::Score(score) => v1::answer::Value::Score(score),
            AnswerValue::Choice(choice) => v1::answer::Value::Choice(choice),
            AnswerValue::Text(text) => v1::answer::Value::Text(text.into_exposed()),
        }),
    }
}
