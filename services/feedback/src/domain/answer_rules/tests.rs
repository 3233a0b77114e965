use proptest::{collection::vec, option, prelude::*, sample::select};

use super::*;
use crate::domain::{
    case_rule,
    priority::Priority,
    questionnaire::{CaseRule, ChoiceOption, LocalizedText},
    questionnaire_rules,
};

const IDS: [&str; 6] = ["a", "b", "c", "d", "e", "f"];

fn kinds() -> impl Strategy<Value = QuestionKind> {
    prop_oneof![
        Just(QuestionKind::Satisfaction),
        Just(QuestionKind::Recommendation),
        Just(QuestionKind::Effort),
        (2..=10).prop_map(|points| QuestionKind::Likert { points }),
        (2..=6_usize).prop_map(|count| QuestionKind::SingleChoice {
            options: IDS[..count].iter().map(|id| choice_option(id)).collect(),
        }),
        (1..=4).prop_map(|max_length| QuestionKind::OpenText { max_length }),
    ]
}

fn choice_option(id: &str) -> ChoiceOption {
    ChoiceOption {
        id: id.to_owned(),
        text: english("This one"),
    }
}

fn english(text: &str) -> Vec<LocalizedText> {
    vec![LocalizedText {
        language: "en".to_owned(),
        text: text.to_owned(),
    }]
}

/// Good questionnaires of up to six questions.
fn questionnaires() -> impl Strategy<Value = Questionnaire> {
    vec((kinds(), any::<bool>()), 0..=IDS.len()).prop_map(|questions| {
        let question = |(id, (kind, required)): (&&str, (QuestionKind, bool))| Question {
            id: (*id).to_owned(),
            text: english("How was it?"),
            required,
            kind: Some(kind),
            ..Question::default()
        };
        Questionnaire {
            title: "Hotel".to_owned(),
            questions: IDS.iter().zip(questions).map(question).collect(),
            case_rules: Vec::new(),
        }
    })
}

fn values() -> impl Strategy<Value = Option<AnswerValue>> {
    let value = prop_oneof![
        4 => (-1..=12).prop_map(AnswerValue::Score),
        1 => any::<i32>().prop_map(AnswerValue::Score),
        2 => select(&IDS[..]).prop_map(|id| AnswerValue::Choice(id.to_owned())),
        2 => "[aü中\\x00]{0,5}".prop_map(|text| AnswerValue::Text(text.into())),
    ];
    option::weighted(0.95, value)
}

/// Values that suit a question more often than not: wholly random sets are hardly ever good.
fn suitable(kind: &QuestionKind) -> BoxedStrategy<Option<AnswerValue>> {
    let good: BoxedStrategy<AnswerValue> = match kind {
        QuestionKind::Satisfaction => (1..=5).prop_map(AnswerValue::Score).boxed(),
        QuestionKind::Recommendation => (0..=10).prop_map(AnswerValue::Score).boxed(),
        QuestionKind::Effort => (1..=7).prop_map(AnswerValue::Score).boxed(),
        QuestionKind::Likert { points } => (1..=*points).prop_map(AnswerValue::Score).boxed(),
        QuestionKind::SingleChoice { options } => {
            let ids: Vec<String> = options.iter().map(|option| option.id.clone()).collect();
            select(ids).prop_map(AnswerValue::Choice).boxed()
        }
        QuestionKind::OpenText { .. } => "[aü中]{0,4}"
            .prop_map(|text| AnswerValue::Text(text.into()))
            .boxed(),
    };
    prop_oneof![9 => good.prop_map(Some), 1 => values()].boxed()
}

fn surveys_with_answers() -> impl Strategy<Value = (Questionnaire, Vec<Answer>)> {
    questionnaires().prop_flat_map(|questionnaire| {
        let suitable: Vec<_> = questionnaire
            .questions
            .iter()
            .filter_map(|question| {
                let id = question.id.clone();
                let value = suitable(question.kind.as_ref()?);
                let answer = value.prop_map(move |value| Answer {
                    question: id.clone(),
                    value,
                });
                Some(option::weighted(0.85, answer))
            })
            .collect();
        let stray = (select(&IDS[..]), values()).prop_map(|(id, value)| Answer {
            question: id.to_owned(),
            value,
        });
        let answers = (suitable, option::weighted(0.15, stray))
            .prop_map(|(suitable, stray)| suitable.into_iter().flatten().chain(stray).collect());
        (Just(questionnaire), answers)
    })
}

/// The rules of the contract, told as plainly as can be: one sentence a line.
fn naively_good(questionnaire: &Questionnaire, answers: &[Answer]) -> bool {
    let answers_of = |id: &str| answers.iter().filter(|answer| answer.question == id).count();
    let fits = |answer: &Answer| {
        questionnaire.questions.iter().any(|question| {
            question.id == answer.question
                && match (&question.kind, &answer.value) {
                    (Some(QuestionKind::Satisfaction), Some(AnswerValue::Score(1..=5)))
                    | (Some(QuestionKind::Recommendation), Some(AnswerValue::Score(0..=10)))
                    | (Some(QuestionKind::Effort), Some(AnswerValue::Score(1..=7))) => true,
                    (Some(QuestionKind::Likert { points }), Some(AnswerValue::Score(score))) => {
                        (1..=*points).any(|point| point == *score)
                    }
                    (Some(QuestionKind::SingleChoice { options }), Some(AnswerValue::Choice(id))) => {
                        options.iter().any(|option| option.id == *id)
                    }
                    (Some(QuestionKind::OpenText { max_length }), Some(AnswerValue::Text(text))) => {
                        text.expose().chars().count() <= usize::try_from(*max_length).unwrap()
                            && !(question.required && text.expose().is_empty())
                    }
                    _ => false,
                }
        })
    };
    answers.iter().all(fits)
        && answers.iter().all(|answer| answers_of(&answer.question) == 1)
        && questionnaire
            .questions
            .iter()
            .all(|question| !question.required || answers_of(&question.id) == 1)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4_096))]

    #[test]
    fn answers_are_taken_exactly_when_the_naive_checker_takes_them((questionnaire, answers) in surveys_with_answers()) {
        prop_assert!(questionnaire_rules::check(&questionnaire).is_ok(), "the generator makes good questionnaires");
        let found = violations(&questionnaire, &answers, "answer_set.answers");
        prop_assert_eq!(
            found.is_empty(),
            naively_good(&questionnaire, &answers),
            "violations: {:?}", found
        );
    }

    #[test]
    fn a_case_is_opened_exactly_when_a_score_is_at_or_below_a_threshold(
        (mut questionnaire, answers) in surveys_with_answers(),
        rules in vec((select(&IDS[..]), 0..=10, select(&Priority::ALL[..])), 0..4),
    ) {
        let rule = |(question, at_most, priority): (&str, i32, Priority)| CaseRule {
            question: question.to_owned(),
            at_most,
            priority,
            ..CaseRule::default()
        };
        // Rules that a survey can have: their questions are there and are answered by a score.
        questionnaire.case_rules = rules
            .into_iter()
            .map(rule)
            .filter(|rule| questionnaire.question(&rule.question).is_some_and(|question| question.scale().is_some()))
            .collect();
        let most_urgent = questionnaire
            .case_rules
            .iter()
            .filter(|rule| answers.iter().any(|answer| {
                answer.question == rule.question
                    && matches!(answer.value, Some(AnswerValue::Score(score)) if score <= rule.at_most)
            }))
            .map(|rule| rule.priority)
            .max();
        let set = crate::domain::answer_set::AnswerSet {
            name: "answerSets/a".to_owned(),
            survey: "surveys/s".to_owned(),
            survey_version: 1,
            customer: String::new(),
            answers,
            answer_time: jiff::Timestamp::UNIX_EPOCH,
            touchpoint: String::new(),
            location: String::new(),
            channel: String::new(),
            language: String::new(),
            create_time: jiff::Timestamp::UNIX_EPOCH,
            revision: 1,
            opened_case: String::new(),
        };
        let opening = case_rule::opening(&questionnaire, &set, "cases/c".to_owned(), set.create_time);
        prop_assert_eq!(opening.map(|opening| opening.priority), most_urgent);
    }
}

#[test]
fn more_answers_than_a_set_takes_are_one_violation() {
    let answers: Vec<Answer> = (0..201)
        .map(|index| Answer {
            question: format!("q{index}"),
            value: None,
        })
        .collect();
    let found = violations(&Questionnaire::default(), &answers, "answers");
    assert_eq!(found.len(), 1, "{found:?}");
    assert_eq!(found[0].field, "answers");
}
