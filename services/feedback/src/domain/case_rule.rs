//! Which answers open a case, and what that case is.

use std::cmp::Reverse;

use jiff::Timestamp;

use crate::domain::{
    answer_set::{Answer, AnswerSet, AnswerValue},
    case::Opening,
    priority::hours_after,
    questionnaire::{CaseRule, Question, Questionnaire},
};

/// Longest subject of a case, in characters.
const LONGEST_SUBJECT: usize = 200;

/// The case that a set of answers opens: that of the most urgent rule that matches, and of the first among equals.
pub fn opening(
    questionnaire: &Questionnaire,
    set: &AnswerSet,
    case_name: String,
    now: Timestamp,
) -> Option<Opening> {
    let (rule, score) = questionnaire
        .case_rules
        .iter()
        .filter_map(|rule| Some((rule, matching_score(rule, &set.answers)?)))
        .min_by_key(|(rule, _)| Reverse(rule.priority))?;
    let question = questionnaire.question(&rule.question)?;
    let due_time = if rule.due_hours == 0 {
        rule.priority.due_time(now)
    } else {
        hours_after(now, rule.due_hours)
    };
    Some(Opening {
        name: case_name,
        subject: subject(question, score).into(),
        priority: rule.priority,
        customer: set.customer.clone(),
        answer_set: set.name.clone(),
        survey: set.survey.clone(),
        owner: rule.owner.clone(),
        due_time: Some(due_time),
    })
}

fn matching_score(rule: &CaseRule, answers: &[Answer]) -> Option<i32> {
    answers.iter().find_map(|answer| match answer.value {
        Some(AnswerValue::Score(score)) if answer.question == rule.question && score <= rule.at_most => {
            Some(score)
        }
        _ => None,
    })
}

/// `Low score: <question> = <score>`; a long question is cut so that the score stays to be seen.
fn subject(question: &Question, score: i32) -> String {
    const BEFORE: &str = "Low score: ";
    let after = format!(" = {score}");
    let room = LONGEST_SUBJECT - BEFORE.len() - after.len();
    let text = question.english_or_first_text();
    if text.chars().count() <= room {
        return format!("{BEFORE}{text}{after}");
    }
    let cut: String = text.chars().take(room - 1).collect();
    format!("{BEFORE}{cut}…{after}")
}

#[cfg(test)]
mod tests;
