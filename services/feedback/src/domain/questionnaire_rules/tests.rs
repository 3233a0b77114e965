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
fn language_tags_are_told_from_other_texts() {
    for good in ["en", "zh-CN", "zh-Hant-TW", "de-1996", "x-private"] {
        assert!(is_language_tag(good), "{good:?}");
    }
    for bad in ["", "-", "en-", "e n", "en_GB", "1en", "中文", "abcdefghi", "en\0"] {
        assert!(!is_language_tag(bad), "{bad:?}");
    }
}

mod against_a_naive_checker {
    use proptest::{collection::vec, option, prelude::*, sample::select};

    use super::*;

    /// Questionnaires that break one rule or another about as often as none.
    fn questionnaires() -> impl Strategy<Value = Questionnaire> {
        let title = prop_oneof![9 => Just(1), 9 => Just(200), 1 => Just(0), 1 => Just(201)];
        (title, vec(questions(), 0..4), vec(rules(), 0..3)).prop_map(|(title, questions, case_rules)| {
            Questionnaire {
                title: "ü".repeat(title),
                questions,
                case_rules,
            }
        })
    }

    fn ids() -> impl Strategy<Value = String> {
        let usual = select(&["a", "b", "c", "d", "e", "f", "g", "h"][..]).prop_map(str::to_owned);
        prop_oneof![30 => usual, 1 => select(&["", "A", "a.b", "ü"][..]).prop_map(str::to_owned)]
    }

    fn wordings() -> impl Strategy<Value = Vec<LocalizedText>> {
        const LANGUAGES: [&str; 7] = ["en", "de", "zh-CN", "fr", "pt-BR", "EN", "e n"];
        let one = (select(&LANGUAGES[..]), select(&[1, 1, 1, 1, 2_000, 2_001][..]));
        let one = one.prop_map(|(language, length)| text(language, &"x".repeat(length)));
        prop_oneof![12 => vec(one.clone(), 1), 4 => vec(one, 0..3)]
    }

    fn kinds() -> impl Strategy<Value = QuestionKind> {
        let option = (ids(), wordings()).prop_map(|(id, text)| ChoiceOption { id, text });
        prop_oneof![
            Just(QuestionKind::Satisfaction),
            Just(QuestionKind::Recommendation),
            Just(QuestionKind::Effort),
            select(&[1, 2, 5, 7, 10, 11][..]).prop_map(|points| QuestionKind::Likert { points }),
            vec(option, 1..4).prop_map(|options| QuestionKind::SingleChoice { options }),
            select(&[1, 20, 2_000, 2_001, -1][..])
                .prop_map(|max_length| QuestionKind::OpenText { max_length }),
        ]
    }

    fn questions() -> impl Strategy<Value = Question> {
        let label = prop_oneof![9 => Just(0), 9 => Just(63), 1 => Just(64)];
        let kind = option::weighted(0.97, kinds());
        (ids(), wordings(), label.clone(), label, any::<bool>(), kind).prop_map(
            |(id, text, dimension, touchpoint, required, kind)| Question {
                id,
                text,
                dimension: "d".repeat(dimension),
                touchpoint: "t".repeat(touchpoint),
                required,
                kind,
            },
        )
    }

    fn rules() -> impl Strategy<Value = CaseRule> {
        let hours = prop_oneof![9 => Just(0), 9 => Just(8_760), 1 => Just(8_761), 1 => Just(-1)];
        let owner = prop_oneof![9 => Just(0), 9 => Just(100), 1 => Just(101)];
        (ids(), -1..12, hours, owner).prop_map(|(question, at_most, due_hours, owner)| CaseRule {
            question,
            at_most,
            priority: Priority::High,
            due_hours,
            owner: "o".repeat(owner),
        })
    }

    /// The rules of the contract, told as plainly as can be.
    fn naively_good(questionnaire: &Questionnaire) -> bool {
        let between = |text: &str, least: usize, most: usize| (least..=most).contains(&text.chars().count());
        let good_id = |id: &str| {
            between(id, 1, 63)
                && id
                    .chars()
                    .all(|c| "abcdefghijklmnopqrstuvwxyz0123456789-_".contains(c))
        };
        let differ = |mut texts: Vec<String>| {
            let all = texts.len();
            texts.sort();
            texts.dedup();
            texts.len() == all
        };
        let good_wording = |texts: &[LocalizedText]| {
            (1..=20).contains(&texts.len())
                && texts
                    .iter()
                    .all(|text| !text.language.contains(' ') && between(&text.text, 1, 2_000))
                && differ(texts.iter().map(|text| text.language.to_lowercase()).collect())
        };
        let good_kind = |kind: &Option<QuestionKind>| match kind {
            None => false,
            Some(QuestionKind::Likert { points }) => (2..=10).contains(points),
            Some(QuestionKind::OpenText { max_length }) => (1..=2_000).contains(max_length),
            Some(QuestionKind::SingleChoice { options }) => {
                (2..=100).contains(&options.len())
                    && options
                        .iter()
                        .all(|option| good_id(&option.id) && good_wording(&option.text))
                    && differ(options.iter().map(|option| option.id.clone()).collect())
            }
            Some(_) => true,
        };
        let good_question = |question: &Question| {
            good_id(&question.id)
                && good_wording(&question.text)
                && between(&question.dimension, 0, 63)
                && between(&question.touchpoint, 0, 63)
                && good_kind(&question.kind)
        };
        let good_rule = |rule: &CaseRule| {
            let first = questionnaire
                .questions
                .iter()
                .find(|question| question.id == rule.question);
            let scale = match first.and_then(|question| question.kind.clone()) {
                Some(QuestionKind::Satisfaction) => 1..=5,
                Some(QuestionKind::Recommendation) => 0..=10,
                Some(QuestionKind::Effort) => 1..=7,
                Some(QuestionKind::Likert { points }) => 1..=points,
                _ => return false,
            };
            scale.contains(&rule.at_most)
                && (0..=8_760).contains(&rule.due_hours)
                && between(&rule.owner, 0, 100)
        };
        between(&questionnaire.title, 1, 200)
            && questionnaire.questions.iter().all(good_question)
            && differ(
                questionnaire
                    .questions
                    .iter()
                    .map(|question| question.id.clone())
                    .collect(),
            )
            && questionnaire.case_rules.iter().all(good_rule)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4_096))]

        #[test]
        fn a_questionnaire_is_taken_exactly_when_the_naive_checker_takes_it(questionnaire in questionnaires()) {
            let found = violations(&questionnaire);
            prop_assert_eq!(found.is_empty(), naively_good(&questionnaire), "violations: {:?}", found);
        }
    }
}
