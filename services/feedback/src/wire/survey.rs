//! Surveys on the wire, and what they ask as it is stored.

use prost::Message as _;
use rapport_contract::{feedback::v1, instant, r#type::v1::LocalizedText as WireText};
use rapport_status::{Error, Result};

use crate::{
    domain::{
        questionnaire::{CaseRule, ChoiceOption, LocalizedText, Question, QuestionKind, Questionnaire},
        survey::{Survey, SurveyState},
    },
    wire::{fields::Fields, priority},
};

/// Points of a Likert scale when the request leaves them open.
const DEFAULT_POINTS: i32 = 5;
/// Longest open answer in characters when the request leaves it open.
const DEFAULT_TEXT_LENGTH: i32 = 2_000;

/// Reads what a survey asks. The rules of questionnaires are checked by the domain.
pub(crate) fn questionnaire(survey: v1::Survey, fields: &mut Fields) -> Questionnaire {
    Questionnaire {
        title: survey.title,
        questions: survey.questions.into_iter().map(question).collect(),
        case_rules: case_rules(survey.case_rules, fields),
    }
}

fn question(question: v1::Question) -> Question {
    Question {
        id: question.id,
        text: texts(question.text),
        dimension: question.dimension,
        touchpoint: question.touchpoint,
        required: question.required,
        kind: question.kind.map(question_kind),
    }
}

fn question_kind(kind: v1::question::Kind) -> QuestionKind {
    let or_default = |number: i32, default: i32| if number == 0 { default } else { number };
    match kind {
        v1::question::Kind::Satisfaction(_) => QuestionKind::Satisfaction,
        v1::question::Kind::Recommendation(_) => QuestionKind::Recommendation,
        v1::question::Kind::Effort(_) => QuestionKind::Effort,
        v1::question::Kind::Likert(likert) => QuestionKind::Likert {
            points: or_default(likert.points, DEFAULT_POINTS),
        },
        v1::question::Kind::SingleChoice(choice) => {
            let read = |option: v1::ChoiceOption| ChoiceOption {
                id: option.id,
                text: texts(option.text),
            };
            QuestionKind::SingleChoice {
                options: choice.options.into_iter().map(read).collect(),
            }
        }
        v1::question::Kind::OpenText(open) => QuestionKind::OpenText {
            max_length: or_default(open.max_length, DEFAULT_TEXT_LENGTH),
        },
    }
}

fn texts(texts: Vec<WireText>) -> Vec<LocalizedText> {
    let read = |text: WireText| LocalizedText {
        language: text.language,
        text: text.text,
    };
    texts.into_iter().map(read).collect()
}

fn case_rules(rules: Vec<v1::CaseRule>, fields: &mut Fields) -> Vec<CaseRule> {
    let read = |(index, rule): (usize, v1::CaseRule)| {
        let at = format!("survey.case_rules[{index}]");
        CaseRule {
            question: rule.question,
            at_most: rule.at_most,
            priority: priority::from_wire(rule.priority, &format!("{at}.priority"), fields),
            due_hours: rule.due_hours,
            owner: rule.owner,
        }
    };
    rules.into_iter().enumerate().map(read).collect()
}

/// Writes a survey with the questions of one of its versions.
pub(crate) fn to_wire(survey: &Survey, version: i32, questionnaire: Questionnaire) -> v1::Survey {
    v1::Survey {
        name: survey.name.clone(),
        state: state(survey.state).into(),
        published_version: survey.published_version,
        version,
        create_time: Some(instant::to_wire(survey.create_time)),
        update_time: Some(instant::to_wire(survey.update_time)),
        etag: survey.revision.to_string(),
        ..content(questionnaire)
    }
}

fn state(state: SurveyState) -> v1::SurveyState {
    match state {
        SurveyState::Draft => v1::SurveyState::Draft,
        SurveyState::Published => v1::SurveyState::Published,
        SurveyState::Closed => v1::SurveyState::Closed,
    }
}

/// A survey message with nothing but title, questions and rules.
fn content(questionnaire: Questionnaire) -> v1::Survey {
    v1::Survey {
        title: questionnaire.title,
        questions: questionnaire
            .questions
            .into_iter()
            .map(question_to_wire)
            .collect(),
        case_rules: questionnaire.case_rules.into_iter().map(rule_to_wire).collect(),
        ..v1::Survey::default()
    }
}

fn question_to_wire(question: Question) -> v1::Question {
    v1::Question {
        id: question.id,
        text: texts_to_wire(question.text),
        dimension: question.dimension,
        touchpoint: question.touchpoint,
        required: question.required,
        kind: question.kind.map(kind_to_wire),
    }
}

fn kind_to_wire(kind: QuestionKind) -> v1::question::Kind {
    match kind {
        QuestionKind::Satisfaction => v1::question::Kind::Satisfaction(v1::SatisfactionQuestion {}),
        QuestionKind::Recommendation => v1::question::Kind::Recommendation(v1::RecommendationQuestion {}),
        QuestionKind::Effort => v1::question::Kind::Effort(v1::EffortQuestion {}),
        QuestionKind::Likert { points } => v1::question::Kind::Likert(v1::LikertQuestion { points }),
        QuestionKind::SingleChoice { options } => {
            let write = |option: ChoiceOption| v1::ChoiceOption {
                id: option.id,
                text: texts_to_wire(option.text),
            };
            v1::question::Kind::SingleChoice(v1::SingleChoiceQuestion {
                options: options.into_iter().map(write).collect(),
            })
        }
        QuestionKind::OpenText { max_length } => {
            v1::question::Kind::OpenText(v1::OpenTextQuestion { max_length })
        }
    }
}

fn texts_to_wire(texts: Vec<LocalizedText>) -> Vec<WireText> {
    let write = |text: LocalizedText| WireText {
        language: text.language,
        text: text.text,
    };
    texts.into_iter().map(write).collect()
}

fn rule_to_wire(rule: CaseRule) -> v1::CaseRule {
    v1::CaseRule {
        question: rule.question,
        at_most: rule.at_most,
        priority: priority::to_wire(rule.priority).into(),
        due_hours: rule.due_hours,
        owner: rule.owner,
    }
}

/// What a survey asks, as bytes to store: the same content always has the same bytes.
pub(crate) fn encode(questionnaire: &Questionnaire) -> Vec<u8> {
    content(questionnaire.clone()).encode_to_vec()
}

/// What a survey asks, from its stored bytes.
pub(crate) fn decode(bytes: &[u8]) -> Result<Questionnaire> {
    let unreadable = |what: &str| Error::internal(format!("a stored questionnaire cannot be read: {what}"));
    let survey = v1::Survey::decode(bytes).map_err(|error| unreadable("no message").because(error))?;
    let mut fields = Fields::default();
    let questionnaire = questionnaire(survey, &mut fields);
    fields
        .finish(questionnaire)
        .map_err(|error| unreadable(error.message()))
}
