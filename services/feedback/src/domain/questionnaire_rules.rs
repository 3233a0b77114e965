//! The rules that a questionnaire keeps. All violations are found at once.

use std::collections::HashSet;

use rapport_status::{FieldViolation, Reason, Result};

use crate::domain::{
    questionnaire::{CaseRule, ChoiceOption, LocalizedText, Question, QuestionKind, Questionnaire},
    refusal::refuse,
};

/// Longest title, in characters.
const LONGEST_TITLE: usize = 200;
/// Most questions.
const MOST_QUESTIONS: usize = 200;
/// Most case rules.
const MOST_RULES: usize = 50;
/// Most languages of one wording.
const MOST_LANGUAGES: usize = 20;
/// Longest id, dimension and touchpoint, in characters.
const LONGEST_ID: usize = 63;
/// Longest wording, in characters.
const LONGEST_WORDING: usize = 2_000;
/// Longest language tag, in characters.
const LONGEST_LANGUAGE: usize = 35;
/// Longest name of an owner, in characters.
const LONGEST_OWNER: usize = 100;
/// Most hours from an answer to the deadline of its case: one year.
const MOST_HOURS: i32 = 8_760;

/// Refuses a questionnaire that breaks a rule, with every violation. Paths begin with `survey`.
pub fn check(questionnaire: &Questionnaire) -> Result<()> {
    refuse(Reason::InvalidSurvey, violations(questionnaire))
}

/// Refuses a questionnaire that nobody could answer.
pub fn check_publishable(questionnaire: &Questionnaire) -> Result<()> {
    check(questionnaire)?;
    if questionnaire.questions.is_empty() {
        let violation = FieldViolation::new(
            "survey.questions",
            "is empty; a survey needs one question at least before it is published",
        );
        return refuse(Reason::InvalidSurvey, vec![violation]);
    }
    Ok(())
}

/// Whether a text is formed like a BCP 47 tag: parts of 1 to 8 letters or digits joined by `-`, the first of letters.
pub fn is_language_tag(text: &str) -> bool {
    let fits = |part: &str| (1..=8).contains(&part.len()) && part.bytes().all(|b| b.is_ascii_alphanumeric());
    let first_is_of_letters = text
        .split('-')
        .next()
        .is_some_and(|part| part.bytes().all(|b| b.is_ascii_alphabetic()));
    text.len() <= LONGEST_LANGUAGE && first_is_of_letters && text.split('-').all(fits)
}

fn violations(questionnaire: &Questionnaire) -> Vec<FieldViolation> {
    let mut found = Found::default();
    found.length("survey.title", &questionnaire.title, 1, LONGEST_TITLE);
    found.count(
        "survey.questions",
        questionnaire.questions.len(),
        0,
        MOST_QUESTIONS,
    );
    let mut ids = HashSet::new();
    for (index, question) in questionnaire.questions.iter().enumerate() {
        let at = format!("survey.questions[{index}]");
        if !ids.insert(question.id.as_str()) {
            found.add(
                format!("{at}.id"),
                format!(
                    "{:?} is the id of an earlier question; ids must differ",
                    question.id
                ),
            );
        }
        found.question(&at, question);
    }
    found.count("survey.case_rules", questionnaire.case_rules.len(), 0, MOST_RULES);
    for (index, rule) in questionnaire.case_rules.iter().enumerate() {
        found.case_rule(&format!("survey.case_rules[{index}]"), rule, questionnaire);
    }
    found.0
}

#[derive(Default)]
struct Found(Vec<FieldViolation>);

impl Found {
    fn add(&mut self, field: impl Into<String>, description: impl Into<String>) {
        self.0.push(FieldViolation::new(field, description));
    }

    fn length(&mut self, field: &str, text: &str, least: usize, most: usize) {
        let length = text.chars().count();
        if !(least..=most).contains(&length) {
            self.add(
                field,
                format!("has {length} characters; {least} to {most} are taken"),
            );
        }
    }

    fn count(&mut self, field: &str, count: usize, least: usize, most: usize) {
        if !(least..=most).contains(&count) {
            self.add(field, format!("has {count} items; {least} to {most} are taken"));
        }
    }

    fn id(&mut self, field: &str, id: &str) {
        let fits = (1..=LONGEST_ID).contains(&id.len())
            && id.bytes().all(|byte| {
                byte.is_ascii_lowercase() || byte.is_ascii_digit() || matches!(byte, b'-' | b'_')
            });
        if !fits {
            self.add(field, format!("must be 1 to {LONGEST_ID} of a-z 0-9 - _"));
        }
    }

    fn question(&mut self, at: &str, question: &Question) {
        self.id(&format!("{at}.id"), &question.id);
        self.wording(&format!("{at}.text"), &question.text);
        self.length(&format!("{at}.dimension"), &question.dimension, 0, LONGEST_ID);
        self.length(&format!("{at}.touchpoint"), &question.touchpoint, 0, LONGEST_ID);
        match &question.kind {
            None => self.add(
                at,
                "has no kind; set one of satisfaction, recommendation, effort, likert, single_choice, open_text",
            ),
            Some(QuestionKind::Likert { points }) if !(2..=10).contains(points) => self.add(
                format!("{at}.likert.points"),
                format!("is {points}; a scale has 2 to 10 points, or 0 for 5"),
            ),
            Some(QuestionKind::SingleChoice { options }) => {
                self.options(&format!("{at}.single_choice.options"), options);
            }
            Some(QuestionKind::OpenText { max_length }) if !(1..=2_000).contains(max_length) => self.add(
                format!("{at}.open_text.max_length"),
                format!("is {max_length}; an answer has at most 1 to 2,000 characters, or 0 for 2,000"),
            ),
            Some(_) => {}
        }
    }

    fn wording(&mut self, at: &str, texts: &[LocalizedText]) {
        self.count(at, texts.len(), 1, MOST_LANGUAGES);
        let mut languages = HashSet::new();
        for (index, text) in texts.iter().enumerate() {
            let language_at = format!("{at}[{index}].language");
            if !is_language_tag(&text.language) {
                self.add(
                    &language_at,
                    format!(
                        "{:?} is no BCP 47 language tag such as en or zh-CN",
                        text.language
                    ),
                );
            }
            if !languages.insert(text.language.to_ascii_lowercase()) {
                self.add(
                    &language_at,
                    format!(
                        "{:?} has a text before this one; one text a language is taken",
                        text.language
                    ),
                );
            }
            self.length(&format!("{at}[{index}].text"), &text.text, 1, LONGEST_WORDING);
        }
    }

    fn options(&mut self, at: &str, options: &[ChoiceOption]) {
        self.count(at, options.len(), 2, 100);
        let mut ids = HashSet::new();
        for (index, option) in options.iter().enumerate() {
            let option_at = format!("{at}[{index}]");
            self.id(&format!("{option_at}.id"), &option.id);
            if !ids.insert(option.id.as_str()) {
                self.add(
                    format!("{option_at}.id"),
                    format!("{:?} is the id of an earlier option; ids must differ", option.id),
                );
            }
            self.wording(&format!("{option_at}.text"), &option.text);
        }
    }

    fn case_rule(&mut self, at: &str, rule: &CaseRule, questionnaire: &Questionnaire) {
        match questionnaire.question(&rule.question) {
            None => self.add(
                format!("{at}.question"),
                format!("{:?} is no question of this survey", rule.question),
            ),
            Some(question) => match question.scale() {
                None => self.add(
                    format!("{at}.question"),
                    format!(
                        "{:?} is not answered by a score; a rule needs a question with a scale",
                        rule.question
                    ),
                ),
                Some(scale) if !scale.contains(rule.at_most) => self.add(
                    format!("{at}.at_most"),
                    format!(
                        "is {}; the scale of {:?} goes from {} to {}",
                        rule.at_most, rule.question, scale.minimum, scale.maximum
                    ),
                ),
                Some(_) => {}
            },
        }
        if !(0..=MOST_HOURS).contains(&rule.due_hours) {
            self.add(
                format!("{at}.due_hours"),
                format!("is {}; 0 to {MOST_HOURS} hours are taken", rule.due_hours),
            );
        }
        self.length(&format!("{at}.owner"), &rule.owner, 0, LONGEST_OWNER);
    }
}

#[cfg(test)]
mod tests;
