//! The rules that answers keep towards the questionnaire that they answer. All violations are found at once.

use std::collections::{HashMap, HashSet};

use rapport_status::FieldViolation;

use crate::domain::{
    answer_set::{Answer, AnswerValue},
    questionnaire::{Question, QuestionKind, Questionnaire},
};

/// Most answers in a set.
const MOST_ANSWERS: usize = 200;

/// Every rule that these answers break. `at` is the path of the list of answers, such as `answer_set.answers`.
pub fn violations(questionnaire: &Questionnaire, answers: &[Answer], at: &str) -> Vec<FieldViolation> {
    if answers.len() > MOST_ANSWERS {
        let description = format!("has {} items; at most {MOST_ANSWERS} are taken", answers.len());
        return vec![FieldViolation::new(at, description)];
    }
    let questions: HashMap<&str, &Question> = questionnaire
        .questions
        .iter()
        .map(|question| (question.id.as_str(), question))
        .collect();
    let mut found = Vec::new();
    let mut answered = HashSet::new();
    for (index, answer) in answers.iter().enumerate() {
        let answer_at = format!("{at}[{index}]");
        if !answered.insert(answer.question.as_str()) {
            found.push(FieldViolation::new(
                format!("{answer_at}.question"),
                format!(
                    "{:?} is answered before; one answer a question is taken",
                    answer.question
                ),
            ));
        }
        match questions.get(answer.question.as_str()) {
            None => found.push(FieldViolation::new(
                format!("{answer_at}.question"),
                format!(
                    "{:?} is no question of this version of the survey",
                    answer.question
                ),
            )),
            Some(question) => found.extend(value_violation(question, answer.value.as_ref(), &answer_at)),
        }
    }
    let missing = questionnaire
        .questions
        .iter()
        .filter(|question| question.required && !answered.contains(question.id.as_str()));
    found.extend(missing.map(|question| {
        FieldViolation::new(
            at,
            format!("the required question {:?} is not answered", question.id),
        )
    }));
    found
}

/// What is wrong with a value as the answer to a question.
fn value_violation(question: &Question, value: Option<&AnswerValue>, at: &str) -> Option<FieldViolation> {
    let Some(value) = value else {
        return Some(FieldViolation::new(
            at,
            format!(
                "has no value; give {}, or leave the answer out",
                expected(question)
            ),
        ));
    };
    let (field, wrong) = match value {
        AnswerValue::Score(score) => ("score", score_fault(question, *score)),
        AnswerValue::Choice(choice) => ("choice", choice_fault(question, choice)),
        AnswerValue::Text(text) => ("text", text_fault(question, text.expose())),
    };
    wrong.map(|description| FieldViolation::new(format!("{at}.{field}"), description))
}

fn score_fault(question: &Question, score: i32) -> Option<String> {
    match question.scale() {
        Some(scale) if scale.contains(score) => None,
        Some(scale) => Some(format!(
            "is {score}; the scale of {:?} goes from {} to {}",
            question.id, scale.minimum, scale.maximum
        )),
        None => Some(wrong_kind(question)),
    }
}

fn choice_fault(question: &Question, choice: &str) -> Option<String> {
    match &question.kind {
        Some(QuestionKind::SingleChoice { options }) => {
            let is_known = options.iter().any(|option| option.id == choice);
            (!is_known).then(|| format!("{choice:?} is no option of {:?}", question.id))
        }
        _ => Some(wrong_kind(question)),
    }
}

fn text_fault(question: &Question, text: &str) -> Option<String> {
    match question.kind {
        Some(QuestionKind::OpenText { max_length }) => {
            let length = text.chars().count();
            let most = usize::try_from(max_length).unwrap_or_default();
            if length > most {
                Some(format!(
                    "has {length} characters; at most {most} are taken for {:?}",
                    question.id
                ))
            } else if question.required && text.is_empty() {
                Some(format!("is empty, and {:?} must be answered", question.id))
            } else {
                None
            }
        }
        _ => Some(wrong_kind(question)),
    }
}

fn wrong_kind(question: &Question) -> String {
    format!(
        "is the wrong kind of answer; {:?} takes {}",
        question.id,
        expected(question)
    )
}

fn expected(question: &Question) -> &'static str {
    match question.kind {
        Some(QuestionKind::SingleChoice { .. }) => "a choice",
        Some(QuestionKind::OpenText { .. }) => "a text",
        Some(_) => "a score",
        None => "nothing",
    }
}

#[cfg(test)]
mod tests;
