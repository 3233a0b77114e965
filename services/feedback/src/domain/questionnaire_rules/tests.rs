use super::*;
use crate::domain::priority::Priority;

fn text(language: &str, text: &str) -> LocalizedText {
    LocalizedText {
        language: language.to_owned(),
        text: text.to_owned(),
    }
}

fn question(id: &str, kind: QuestionKind) -> Question {
    Question {
        id: id.to_owned(),
        text: vec![text("en", "How was it?")],
        kind: Some(kind),
        ..Question::default()
    }
}

fn option(id: &str) -> ChoiceOption {
    ChoiceOption {
        id: id.to_owned(),
        text: vec![text("en", "This one")],
    }
}

fn asking(questions: Vec<Question>) -> Questionnaire {
    Questionnaire {
        title: "Hotel".to_owned(),
        questions,
        case_rules: Vec::new(),
    }
}

fn rule(question: &str, at_most: i32) -> CaseRule {
    CaseRule {
        question: question.to_owned(),
        at_most,
        priority: Priority::High,
        ..CaseRule::default()
    }
}

fn fields(questionnaire: &Questionnaire) -> Vec<String> {
    violations(questionnaire)
        .into_iter()
        .map(|violation| violation.field)
        .collect()
}

#[test]
fn a_good_questionnaire_with_every_kind_of_question_is_taken() {
    let mut good = asking(vec![
        question("a", QuestionKind::Satisfaction),
        question("b", QuestionKind::Recommendation),
        question("c", QuestionKind::Effort),
        question("d", QuestionKind::Likert { points: 7 }),
        question(
            "e",
            QuestionKind::SingleChoice {
                options: vec![option("x"), option("y")],
            },
        ),
        question("f", QuestionKind::OpenText { max_length: 2_000 }),
    ]);
    good.case_rules = vec![rule("a", 1), rule("b", 0), rule("c", 7), rule("d", 7)];
    assert_eq!(fields(&good), Vec::<String>::new());
}

#[test]
fn all_violations_come_at_once_with_their_paths() {
    let mut bad = asking(vec![
        question("a", QuestionKind::Likert { points: 1 }),
        Question {
            kind: None,
            text: Vec::new(),
            ..question("a", QuestionKind::Effort)
        },
        question(
            "Ü",
            QuestionKind::SingleChoice {
                options: vec![option("x")],
            },
        ),
        question(
            "c",
            QuestionKind::SingleChoice {
                options: vec![option("x"), option("x")],
            },
        ),
        question("d", QuestionKind::OpenText { max_length: 2_001 }),
        Question {
            text: vec![text("en", "One"), text("EN", "Two"), text("e n", "")],
            ..question("e", QuestionKind::Recommendation)
        },
    ]);
    bad.title.clear();
    bad.case_rules = vec![rule("nowhere", 1), rule("d", 1), rule("e", 11), rule("e", -1)];
    bad.case_rules[2].due_hours = 8_761;
    bad.case_rules[3].owner = "o".repeat(101);
    let expected = [
        "survey.title",
        "survey.questions[0].likert.points",
        "survey.questions[1].id",
        "survey.questions[1].text",
        "survey.questions[1]",
        "survey.questions[2].id",
        "survey.questions[2].single_choice.options",
        "survey.questions[3].single_choice.options[1].id",
        "survey.questions[4].open_text.max_length",
        "survey.questions[5].text[1].language",
        "survey.questions[5].text[2].language",
        "survey.questions[5].text[2].text",
        "survey.case_rules[0].question",
        "survey.case_rules[1].question",
        "survey.case_rules[2].at_most",
        "survey.case_rules[2].due_hours",
        "survey.case_rules[3].at_most",
        "survey.case_rules[3].owner",
    ];
    assert_eq!(fields(&bad), expected);
}

#[test]
fn a_refusal_lists_at_most_as_many_violations_as_a_call_can_carry() {
    let many = asking((0..200).map(|_| Question::default()).collect());
    let error = check(&many).unwrap_err();
    assert_eq!(error.violations().len(), MOST_VIOLATIONS);
}

#[test]
fn language_tags_are_told_from_other_texts() {
    for good in ["en", "zh-CN", "zh-Hant-TW", "de-1996", "x-private"] {
        assert!(is_language_tag(good), "{good:?}");
    }
    for bad in ["", "-", "en-", "e n", "en_GB", "1en", "中文", "abcdefghi", "en\0"] {
        assert!(!is_language_tag(bad), "{bad:?}");
    }
}
