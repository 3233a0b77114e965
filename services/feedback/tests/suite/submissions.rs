//! Answers are submitted.

use futures::future::join_all;
use jiff::SignedDuration;
use rapport_contract::{
    feedback::v1::{
        AnswerSet, CaseState, GetAnswerSetRequest, GetCaseRequest, ListAnswerSetsRequest,
        SubmitAnswerSetRequest, UpdateSurveyRequest,
    },
    instant,
    r#type::v1::Priority,
};

use crate::service::{Service, answers, choice, hotel, refusal, score, start, text, why};

#[tokio::test]
async fn a_set_of_answers_is_stored_as_it_was_given() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let given = answers(vec![
        score("stay", 5),
        score("recommend", 10),
        choice("purpose", "leisure"),
        text("remarks", "很好, danke"),
    ]);
    let stored = service.submit("r-1", given.clone()).await.unwrap();
    let expected = AnswerSet {
        name: stored.name.clone(),
        survey_version: 1,
        answer_time: Some(instant::to_wire(start())),
        create_time: Some(instant::to_wire(start())),
        etag: "1".to_owned(),
        ..given
    };
    assert_eq!(stored, expected);
    let request = GetAnswerSetRequest {
        name: stored.name.clone(),
    };
    assert_eq!(
        service.client.get_answer_set(request).await.unwrap().into_inner(),
        stored
    );
}

#[tokio::test]
async fn a_low_score_opens_the_case_of_the_most_urgent_rule() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let set = service
        .submit("r-1", answers(vec![score("recommend", 3), score("stay", 1)]))
        .await
        .unwrap();
    let request = GetCaseRequest {
        name: set.opened_case.clone(),
    };
    let case = service.client.get_case(request).await.unwrap().into_inner();
    assert_eq!(case.subject, "Low score: How was your stay? = 1");
    assert_eq!(
        (case.state(), case.priority()),
        (CaseState::Assigned, Priority::Urgent)
    );
    assert_eq!(case.owner, "duty-manager");
    assert_eq!(
        (case.customer.as_str(), case.survey.as_str()),
        ("customers/00004", "surveys/hotel")
    );
    assert_eq!(case.answer_set, set.name);
    assert_eq!(
        case.due_time,
        Some(instant::to_wire(start() + SignedDuration::from_hours(4)))
    );
    assert_eq!(case.history.len(), 1);
    assert_eq!(
        (case.history[0].actor.as_str(), case.history[0].action.as_str()),
        ("rule", "opened")
    );
}

#[tokio::test]
async fn bad_answers_are_refused_with_all_violations_at_once() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let mut set = answers(vec![
        score("nowhere", 1),
        score("recommend", 11),
        score("recommend", 1),
        choice("ease", "x"),
        choice("purpose", "work"),
        text("remarks", &"x".repeat(21)),
        score("remarks", 1),
    ]);
    set.answers[0].value = None;
    let too_late = start() + SignedDuration::from_secs(24 * 3_600 + 1);
    set.answer_time = Some(instant::to_wire(too_late));
    let (reason, fields) = refusal(service.submit("r-1", set).await);
    assert_eq!(reason, "INVALID_ANSWERS");
    assert_eq!(
        fields,
        [
            "answer_set.answers[0].question",
            "answer_set.answers[1].score",
            "answer_set.answers[2].question",
            "answer_set.answers[3].choice",
            "answer_set.answers[4].choice",
            "answer_set.answers[5].text",
            "answer_set.answers[6].question",
            "answer_set.answers[6].score",
            "answer_set.answers",
            "answer_set.answer_time",
        ]
    );
    assert!(service.told().await.is_empty(), "a refused set tells nobody");
}

#[tokio::test]
async fn answers_are_taken_late_and_up_to_one_day_ahead() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let ahead = start() + SignedDuration::from_hours(24);
    for (id, time) in [
        ("late", "0001-01-01T00:00:00Z".parse().unwrap()),
        ("ahead", ahead),
    ] {
        let mut set = answers(vec![score("stay", 5)]);
        set.answer_time = Some(instant::to_wire(time));
        let stored = service.submit(id, set).await.unwrap();
        assert_eq!(stored.answer_time, Some(instant::to_wire(time)), "{id}");
    }
}

#[tokio::test]
async fn surveys_that_take_no_answers_refuse_them_with_the_reason() {
    let mut service = Service::start().await;
    let set = || answers(vec![score("stay", 5)]);
    assert_eq!(why(service.submit("r-1", set()).await), "SURVEY_NOT_FOUND");
    service.create("hotel", hotel()).await.unwrap();
    assert_eq!(why(service.submit("r-1", set()).await), "SURVEY_NOT_PUBLISHED");
    service.publish_hotel().await;
    let with_version = |survey_version| AnswerSet {
        survey_version,
        ..set()
    };
    assert_eq!(
        why(service.submit("r-1", with_version(9)).await),
        "SURVEY_NOT_FOUND"
    );
    // What was refused left no trace: the same id serves the next attempt.
    service.submit("r-1", set()).await.unwrap();
    service.close("surveys/hotel").await.unwrap();
    assert_eq!(why(service.submit("r-2", set()).await), "SURVEY_CLOSED");
    // A repetition is answered as before, whatever the survey's state is now.
    service.submit("r-1", set()).await.unwrap();
}

#[tokio::test]
async fn answers_are_checked_against_the_version_that_was_shown() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let mut shorter = hotel();
    shorter.name = "surveys/hotel".to_owned();
    shorter.questions.truncate(1);
    shorter.case_rules.clear();
    let request = UpdateSurveyRequest {
        survey: Some(shorter),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["*".to_owned()],
        }),
    };
    service.client.update_survey(request).await.unwrap();
    let of_version = |survey_version| AnswerSet {
        survey_version,
        ..answers(vec![score("stay", 5), score("ease", 7)])
    };
    let before = service.submit("r-1", of_version(0)).await.unwrap();
    assert_eq!(before.survey_version, 1, "the draft takes no answers");
    assert_eq!(
        why(service.submit("r-2", of_version(2)).await),
        "SURVEY_NOT_PUBLISHED"
    );
    service.publish_hotel_again().await;
    assert_eq!(why(service.submit("r-2", of_version(0)).await), "INVALID_ANSWERS");
    let after = service.submit("r-2", of_version(1)).await.unwrap();
    assert_eq!(after.survey_version, 1);
}

impl Service {
    async fn publish_hotel_again(&mut self) {
        let request = rapport_contract::feedback::v1::PublishSurveyRequest {
            name: "surveys/hotel".to_owned(),
        };
        self.client.publish_survey(request).await.unwrap();
    }

    async fn count(&mut self) -> usize {
        let request = ListAnswerSetsRequest {
            page_size: 1_000,
            ..ListAnswerSetsRequest::default()
        };
        self.client
            .list_answer_sets(request)
            .await
            .unwrap()
            .into_inner()
            .answer_sets
            .len()
    }
}

#[tokio::test]
async fn a_repeated_request_gets_the_first_answer_for_ever() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let set = answers(vec![score("stay", 1)]);
    let first = service.submit("r-1", set.clone()).await.unwrap();
    service.wait(24 * 365 * 10);
    assert_eq!(service.submit("r-1", set).await.unwrap(), first);
    assert_eq!((service.count().await, service.told().await.len()), (1, 2));
}

#[tokio::test]
async fn a_request_id_is_not_taken_for_another_request() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    service
        .submit("r-1", answers(vec![score("stay", 5)]))
        .await
        .unwrap();
    assert_eq!(
        why(service.submit("r-1", answers(vec![score("stay", 4)])).await),
        "REQUEST_ID_REUSED"
    );
    assert_eq!(service.count().await, 1);
    let mut other = service.of_tenant("bank").await;
    let request = SubmitAnswerSetRequest {
        request_id: "r-1".to_owned(),
        answer_set: Some(answers(vec![score("stay", 4)])),
    };
    assert_eq!(
        why(other.submit_answer_set(request).await),
        "SURVEY_NOT_FOUND",
        "ids of one tenant are free for another"
    );
}

#[tokio::test]
async fn fifty_identical_concurrent_requests_make_one_set_and_get_equal_answers() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let request = SubmitAnswerSetRequest {
        request_id: "r-1".to_owned(),
        answer_set: Some(answers(vec![score("stay", 1)])),
    };
    let calls = (0..50).map(|_| {
        let mut client = service.client.clone();
        let request = request.clone();
        async move { client.submit_answer_set(request).await.unwrap().into_inner() }
    });
    let found = join_all(calls).await;
    assert!(
        found.iter().all(|answer| *answer == found[0]),
        "answers differ: {found:?}"
    );
    assert_eq!(service.count().await, 1);
    assert_eq!(
        service.told().await.len(),
        2,
        "one set was scored and one case opened"
    );
}

#[tokio::test]
async fn identical_requests_to_two_instances_make_one_set_and_get_equal_answers() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let other = service.of_tenant("hotel-group").await;
    let request = SubmitAnswerSetRequest {
        request_id: "r-1".to_owned(),
        answer_set: Some(answers(vec![score("stay", 1)])),
    };
    let calls = (0..20).map(|index| {
        let mut client = if index % 2 == 0 { &service.client } else { &other }.clone();
        let request = request.clone();
        async move { client.submit_answer_set(request).await.unwrap().into_inner() }
    });
    let found = join_all(calls).await;
    assert!(
        found.iter().all(|answer| *answer == found[0]),
        "answers differ: {found:?}"
    );
    assert_eq!((service.count().await, service.told().await.len()), (1, 2));
}

#[tokio::test]
async fn one_refused_submission_does_not_fail_its_neighbours() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let calls = (0..60).map(|index| {
        let mut client = service.client.clone();
        let request = SubmitAnswerSetRequest {
            request_id: format!("r-{index}"),
            answer_set: Some(answers(vec![score("stay", index % 6)])),
        };
        async move { (index, client.submit_answer_set(request).await) }
    });
    for (index, outcome) in join_all(calls).await {
        if index % 6 == 0 {
            assert_eq!(why(outcome), "INVALID_ANSWERS", "submission {index}");
        } else {
            outcome.unwrap();
        }
    }
    assert_eq!(service.count().await, 50);
}
