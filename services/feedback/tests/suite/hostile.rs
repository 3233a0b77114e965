//! Requests that no good client sends: each is refused with what is wrong with it.

use prost_types::Timestamp;
use rapport_contract::feedback::v1::{
    AnswerSet, AssignCaseRequest, Case, CreateCaseRequest, GetSurveyRequest, ReopenCaseRequest,
    ResolveCaseRequest, SubmitAnswerSetRequest,
};
use rapport_contract::r#type::v1::Priority;

use crate::service::{Service, answers, complaint, hotel, refusal, score, text, why};

/// Moments that there are not.
const NO_MOMENTS: [Timestamp; 5] = [
    Timestamp {
        seconds: i64::MAX,
        nanos: 0,
    },
    Timestamp {
        seconds: i64::MIN,
        nanos: 0,
    },
    Timestamp {
        seconds: 253_402_300_800,
        nanos: 0,
    },
    Timestamp {
        seconds: -62_135_596_801,
        nanos: 0,
    },
    Timestamp {
        seconds: 0,
        nanos: -1,
    },
];

#[tokio::test]
async fn texts_with_the_character_zero_are_refused_all_at_once() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let mut survey = hotel();
    survey.title = "Ho\0tel".to_owned();
    survey.questions[0].text[0].text = "\0".to_owned();
    survey.questions[0].dimension = "\0".to_owned();
    survey.questions[1].touchpoint = "\0".to_owned();
    survey.case_rules[0].owner = "\0".to_owned();
    let (reason, fields) = refusal(service.create("bad", survey).await);
    assert_eq!(reason, "INVALID_FIELDS");
    assert_eq!(
        fields,
        [
            "survey.title",
            "survey.questions[0].text[0].text",
            "survey.questions[0].dimension",
            "survey.questions[1].touchpoint",
            "survey.case_rules[0].owner",
        ]
    );

    let mut set = answers(vec![score("stay", 5), text("remarks", "a\0b")]);
    set.touchpoint = "\0".to_owned();
    set.location = "\0".to_owned();
    set.channel = "\0".to_owned();
    set.language = "\0".to_owned();
    let (reason, fields) = refusal(service.submit("r\0", set).await);
    assert_eq!(reason, "INVALID_FIELDS");
    assert_eq!(
        fields,
        [
            "request_id",
            "answer_set.answers[1].text",
            "answer_set.touchpoint",
            "answer_set.location",
            "answer_set.channel",
            "answer_set.language",
        ]
    );

    let case = Case {
        owner: "\0".to_owned(),
        customer: "customers/\0".to_owned(),
        ..complaint("No\0ise", Priority::Low)
    };
    let (reason, fields) = refusal(service.open_case("c-1", case).await);
    assert_eq!(reason, "INVALID_FIELDS");
    assert_eq!(fields, ["case.subject", "case.customer", "case.owner"]);
}

#[tokio::test]
async fn steps_with_the_character_zero_are_refused() {
    let mut service = Service::start().await;
    service
        .open_case("c-1", complaint("Noise", Priority::Low))
        .await
        .unwrap();
    let name = || "cases/c-1".to_owned();
    let assign = AssignCaseRequest {
        name: name(),
        owner: "\0".to_owned(),
        due_time: None,
    };
    assert_eq!(why(service.client.assign_case(assign).await), "INVALID_FIELDS");
    let resolve = ResolveCaseRequest {
        name: name(),
        resolution: "\0".to_owned(),
        compensate: false,
    };
    assert_eq!(why(service.client.resolve_case(resolve).await), "INVALID_FIELDS");
    let reopen = ReopenCaseRequest {
        name: name(),
        reason: "\0".to_owned(),
        due_time: None,
    };
    assert_eq!(why(service.client.reopen_case(reopen).await), "INVALID_FIELDS");
}

#[tokio::test]
async fn moments_that_there_are_not_are_refused() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    service
        .open_case("c-1", complaint("Noise", Priority::Low))
        .await
        .unwrap();
    for moment in NO_MOMENTS {
        let set = AnswerSet {
            answer_time: Some(moment),
            ..answers(vec![score("stay", 5)])
        };
        let (reason, fields) = refusal(service.submit("r-1", set).await);
        assert_eq!(
            (reason.as_str(), fields),
            ("INVALID_FIELDS", vec!["answer_set.answer_time".to_owned()])
        );
        let case = Case {
            due_time: Some(moment),
            ..complaint("Noise", Priority::Low)
        };
        let (reason, fields) = refusal(service.open_case("c-2", case).await);
        assert_eq!(
            (reason.as_str(), fields),
            ("INVALID_FIELDS", vec!["case.due_time".to_owned()])
        );
        let assign = AssignCaseRequest {
            name: "cases/c-1".to_owned(),
            owner: "zoe".to_owned(),
            due_time: Some(moment),
        };
        assert_eq!(why(service.client.assign_case(assign).await), "INVALID_FIELDS");
    }
}

#[tokio::test]
async fn unknown_enum_values_are_refused() {
    let mut service = Service::start().await;
    let mut survey = hotel();
    survey.case_rules[0].priority = 99;
    let (reason, fields) = refusal(service.create("bad", survey).await);
    assert_eq!(
        (reason.as_str(), fields),
        ("INVALID_FIELDS", vec!["survey.case_rules[0].priority".to_owned()])
    );
    let case = Case {
        priority: -1,
        ..complaint("Noise", Priority::Low)
    };
    let (reason, fields) = refusal(service.open_case("c-1", case).await);
    assert_eq!(
        (reason.as_str(), fields),
        ("INVALID_FIELDS", vec!["case.priority".to_owned()])
    );
}

#[tokio::test]
async fn names_and_ids_of_another_form_are_refused() {
    let mut service = Service::start().await;
    for name in ["hotel", "surveys/", "surveys/Hotel", "surveys/a/b", "surveys/ü"] {
        let request = GetSurveyRequest {
            name: name.to_owned(),
            version: 0,
        };
        assert_eq!(
            why(service.client.get_survey(request).await),
            "INVALID_NAME",
            "{name:?}"
        );
    }
    for id in ["-a", "A", "a/b", "ü", "\0"] {
        assert_eq!(why(service.create(id, hotel()).await), "INVALID_FIELDS", "{id:?}");
    }
    let set = AnswerSet {
        survey: "hotel".to_owned(),
        customer: "00004".to_owned(),
        survey_version: i32::MIN,
        ..answers(vec![])
    };
    assert_eq!(why(service.submit("r-1", set).await), "INVALID_FIELDS");
}

#[tokio::test]
async fn requests_without_their_message_are_refused() {
    let mut service = Service::start().await;
    let submit = SubmitAnswerSetRequest {
        request_id: "r-1".to_owned(),
        answer_set: None,
    };
    assert_eq!(
        why(service.client.submit_answer_set(submit).await),
        "INVALID_FIELDS"
    );
    let create = CreateCaseRequest {
        case_id: "c-1".to_owned(),
        case: None,
    };
    assert_eq!(why(service.client.create_case(create).await), "INVALID_FIELDS");
}

#[tokio::test]
async fn a_refusal_with_very_many_violations_still_reaches_the_caller() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    for character in ["x", "\u{7}", "💥"] {
        let set = answers((0..200).map(|_| score(&character.repeat(63), 1)).collect());
        let (reason, fields) = refusal(service.submit("r-1", set).await);
        assert_eq!(reason, "INVALID_ANSWERS", "{character:?}");
        assert!(
            fields.len() >= 5,
            "{} violations told of {character:?}",
            fields.len()
        );
    }
}
