use super::*;
use crate::domain::{
    priority::Priority,
    questionnaire::{LocalizedText, QuestionKind},
};

fn now() -> Timestamp {
    "2026-03-01T12:00:00Z".parse().unwrap()
}

fn question(id: &str, texts: &[(&str, &str)]) -> Question {
    let text = |(language, text): &(&str, &str)| LocalizedText {
        language: (*language).to_owned(),
        text: (*text).to_owned(),
    };
    Question {
        id: id.to_owned(),
        text: texts.iter().map(text).collect(),
        kind: Some(QuestionKind::Satisfaction),
        ..Question::default()
    }
}

fn rule(question: &str, at_most: i32, priority: Priority) -> CaseRule {
    CaseRule {
        question: question.to_owned(),
        at_most,
        priority,
        due_hours: 0,
        owner: String::new(),
    }
}

fn asking(case_rules: Vec<CaseRule>) -> Questionnaire {
    Questionnaire {
        title: "Hotel".to_owned(),
        questions: vec![
            question("stay", &[("zh-CN", "入住如何?"), ("en-GB", "How was your stay?")]),
            question("food", &[("zh-CN", "早餐如何?")]),
        ],
        case_rules,
    }
}

fn set(scores: &[(&str, i32)]) -> AnswerSet {
    let answer = |(question, score): &(&str, i32)| Answer {
        question: (*question).to_owned(),
        value: Some(AnswerValue::Score(*score)),
    };
    AnswerSet {
        name: "answerSets/a-1".to_owned(),
        survey: "surveys/hotel".to_owned(),
        survey_version: 1,
        customer: "customers/00004".to_owned(),
        answers: scores.iter().map(answer).collect(),
        answer_time: now(),
        touchpoint: String::new(),
        location: String::new(),
        channel: String::new(),
        language: String::new(),
        create_time: now(),
        revision: 1,
        opened_case: String::new(),
    }
}

fn opened(rules: Vec<CaseRule>, scores: &[(&str, i32)]) -> Option<Opening> {
    opening(&asking(rules), &set(scores), "cases/c-1".to_owned(), now())
}

#[test]
fn a_score_at_the_threshold_opens_a_case_and_one_above_does_not() {
    let rules = vec![rule("stay", 3, Priority::High)];
    assert!(opened(rules.clone(), &[("stay", 3)]).is_some());
    assert!(opened(rules.clone(), &[("stay", 4)]).is_none());
    assert!(opened(rules, &[("food", 1)]).is_none());
}

#[test]
fn the_most_urgent_rule_that_matches_opens_the_case() {
    let rules = vec![
        rule("stay", 3, Priority::Normal),
        rule("food", 2, Priority::Urgent),
        rule("stay", 1, Priority::Urgent),
    ];
    let case = opened(rules.clone(), &[("stay", 1), ("food", 2)]).unwrap();
    assert_eq!(
        (case.priority, case.subject.expose().as_str()),
        (Priority::Urgent, "Low score: 早餐如何? = 2")
    );
    let case = opened(rules, &[("stay", 3), ("food", 3)]).unwrap();
    assert_eq!(case.priority, Priority::Normal);
}

#[test]
fn the_first_of_equally_urgent_rules_opens_the_case() {
    let rules = vec![rule("food", 2, Priority::High), rule("stay", 2, Priority::High)];
    let case = opened(rules, &[("stay", 1), ("food", 1)]).unwrap();
    assert_eq!(case.subject.expose(), "Low score: 早餐如何? = 1");
}

#[test]
fn the_subject_is_in_english_where_there_is_english() {
    let case = opened(vec![rule("stay", 3, Priority::Low)], &[("stay", 3)]).unwrap();
    assert_eq!(case.subject.expose(), "Low score: How was your stay? = 3");
}

#[test]
fn a_long_question_is_cut_so_that_the_subject_shows_the_score() {
    let long = question("stay", &[("en", &"ü".repeat(2_000))]);
    let subject = subject(&long, 10);
    assert_eq!(subject.chars().count(), LONGEST_SUBJECT);
    assert!(subject.ends_with("ü… = 10"), "{subject}");
}

#[test]
fn the_deadline_counts_from_now_by_the_rule_or_else_by_the_priority() {
    let mut rule = rule("stay", 3, Priority::Urgent);
    assert_eq!(
        opened(vec![rule.clone()], &[("stay", 1)]).unwrap().due_time,
        Some("2026-03-01T16:00:00Z".parse().unwrap())
    );
    rule.due_hours = 10;
    assert_eq!(
        opened(vec![rule], &[("stay", 1)]).unwrap().due_time,
        Some("2026-03-01T22:00:00Z".parse().unwrap())
    );
}
