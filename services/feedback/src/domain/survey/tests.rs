use super::*;
use crate::domain::questionnaire::{LocalizedText, Question, QuestionKind};

fn at(hour: i64) -> Timestamp {
    Timestamp::from_second(1_772_000_000 + hour * 3_600).unwrap()
}

fn asking(title: &str) -> Questionnaire {
    let question = Question {
        id: "stay".to_owned(),
        text: vec![LocalizedText {
            language: "en".to_owned(),
            text: "How was your stay?".to_owned(),
        }],
        kind: Some(QuestionKind::Satisfaction),
        ..Question::default()
    };
    Questionnaire {
        title: title.to_owned(),
        questions: vec![question],
        case_rules: Vec::new(),
    }
}

fn draft() -> Survey {
    Survey::draft("surveys/hotel".to_owned(), at(1))
}

fn published() -> Survey {
    let mut survey = draft();
    survey.publish(&asking("Hotel"), at(2)).unwrap();
    survey
}

#[test]
fn changing_a_draft_keeps_its_version() {
    let mut survey = draft();
    let change = survey.revise(&asking("Hotel"), &asking("Inn"), at(2)).unwrap();
    assert_eq!(
        (change, survey.latest_version, survey.revision),
        (Change::Made, 1, 2)
    );
}

#[test]
fn changing_a_published_survey_begins_one_draft_and_leaves_the_published_version() {
    let mut survey = published();
    survey.revise(&asking("Hotel"), &asking("Inn"), at(3)).unwrap();
    survey.revise(&asking("Inn"), &asking("Motel"), at(4)).unwrap();
    assert_eq!((survey.published_version, survey.latest_version), (1, 2));
    assert_eq!(survey.state, SurveyState::Published);
}

#[test]
fn a_change_to_the_same_changes_nothing() {
    let mut survey = published();
    let before = survey.clone();
    let change = survey.revise(&asking("Hotel"), &asking("Hotel"), at(3)).unwrap();
    assert_eq!((change, survey), (Change::None, before));
}

#[test]
fn publishing_without_a_draft_changes_nothing() {
    let mut survey = published();
    let before = survey.clone();
    assert_eq!(survey.publish(&asking("Hotel"), at(3)).unwrap(), Change::None);
    assert_eq!(survey, before);
}

#[test]
fn a_survey_without_a_question_is_not_published() {
    let empty = Questionnaire {
        title: "Hotel".to_owned(),
        ..Questionnaire::default()
    };
    let error = draft().publish(&empty, at(2)).unwrap_err();
    assert_eq!(error.reason(), Reason::InvalidSurvey);
    assert_eq!(error.violations()[0].field, "survey.questions");
}

#[test]
fn a_closed_survey_takes_nothing_but_another_closing() {
    let mut survey = published();
    assert_eq!(survey.close(at(3)).unwrap(), Change::Made);
    assert_eq!(survey.close(at(4)).unwrap(), Change::None);
    let refusals = [
        survey
            .revise(&asking("Hotel"), &asking("Inn"), at(5))
            .unwrap_err(),
        survey.publish(&asking("Hotel"), at(5)).unwrap_err(),
        survey.version_for_answers(0).unwrap_err(),
    ];
    for error in refusals {
        assert_eq!(error.reason(), Reason::SurveyClosed, "{error}");
    }
}

#[test]
fn a_draft_cannot_be_closed_or_answered() {
    for error in [
        draft().close(at(2)).unwrap_err(),
        draft().version_for_answers(0).unwrap_err(),
        draft().version_for_answers(1).unwrap_err(),
    ] {
        assert_eq!(error.reason(), Reason::SurveyNotPublished, "{error}");
    }
}

#[test]
fn answers_are_taken_for_every_published_version_and_no_other() {
    let mut survey = published();
    survey.revise(&asking("Hotel"), &asking("Inn"), at(3)).unwrap();
    survey.publish(&asking("Inn"), at(4)).unwrap();
    survey.revise(&asking("Inn"), &asking("Motel"), at(5)).unwrap();
    for (shown, taken) in [(0, 2), (1, 1), (2, 2)] {
        assert_eq!(
            survey.version_for_answers(shown).unwrap(),
            taken,
            "version {shown}"
        );
    }
    for (shown, reason) in [
        (3, Reason::SurveyNotPublished),
        (4, Reason::SurveyNotFound),
        (-1, Reason::SurveyNotFound),
        (i32::MAX, Reason::SurveyNotFound),
    ] {
        assert_eq!(
            survey.version_for_answers(shown).unwrap_err().reason(),
            reason,
            "version {shown}"
        );
    }
}
