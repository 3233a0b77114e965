//! What other services are told.

use futures::future::join_all;
use rapport_contract::feedback::v1::{ResolveCaseRequest, ScoreKind, ScoredAnswer};
use rapport_contract::r#type::v1::Priority;

use crate::service::{Service, Told, answers, choice, complaint, score, text};

#[tokio::test]
async fn a_submission_tells_its_scores_with_scale_dimension_and_touchpoint() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let set = service
        .submit(
            "r-1",
            answers(vec![
                score("stay", 4),
                score("recommend", 9),
                score("ease", 6),
                score("breakfast", 7),
                choice("purpose", "business"),
                text("remarks", "Fine"),
            ]),
        )
        .await
        .unwrap();
    let told = service.told().await;
    let [(key, Told::Scored(scored))] = told.as_slice() else {
        panic!("{told:?}")
    };
    assert_eq!(key, "customers/00004");
    assert_eq!(
        (&scored.answer_set, scored.revision, scored.survey_version),
        (&set.name, 1, 1)
    );
    assert_eq!(
        (scored.survey.as_str(), scored.customer.as_str()),
        ("surveys/hotel", "customers/00004")
    );
    assert_eq!(
        (scored.location.as_str(), scored.channel.as_str()),
        ("Lisbon", "app")
    );
    assert_eq!(scored.answer_time, set.answer_time);
    let expected = [
        ("stay", ScoreKind::Satisfaction, 4, 5, "satisfaction", "stay"),
        ("recommend", ScoreKind::Recommendation, 9, 10, "", "stay"),
        ("ease", ScoreKind::Effort, 6, 7, "", "stay"),
        ("breakfast", ScoreKind::Likert, 7, 7, "", "breakfast"),
    ]
    .map(
        |(question, kind, score, scale_maximum, dimension, touchpoint)| ScoredAnswer {
            question: question.to_owned(),
            kind: kind.into(),
            score,
            scale_maximum,
            dimension: dimension.to_owned(),
            touchpoint: touchpoint.to_owned(),
        },
    );
    assert_eq!(scored.answers, expected);
}

#[tokio::test]
async fn an_anonymous_set_is_told_under_its_own_name() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let mut anonymous = answers(vec![score("stay", 1)]);
    anonymous.customer.clear();
    let set = service.submit("r-1", anonymous).await.unwrap();
    let told = service.told().await;
    assert_eq!(told.len(), 2);
    assert!(told.iter().all(|(key, _)| *key == set.name), "{told:?}");
}

#[tokio::test]
async fn a_case_is_told_when_it_is_opened_and_once_when_it_is_resolved() {
    let mut service = Service::start().await;
    let case = service
        .open_case("c-1", complaint("Cold breakfast", Priority::High))
        .await
        .unwrap();
    let request = ResolveCaseRequest {
        name: case.name.clone(),
        resolution: "Said sorry".to_owned(),
        compensate: true,
    };
    let resolved = service
        .client
        .resolve_case(request.clone())
        .await
        .unwrap()
        .into_inner();
    service.client.resolve_case(request).await.unwrap();
    let told = service.told().await;
    let [
        (opened_key, Told::Opened(opened)),
        (resolved_key, Told::Resolved(telling)),
    ] = told.as_slice()
    else {
        panic!("{told:?}")
    };
    assert_eq!(
        (opened_key.as_str(), resolved_key.as_str()),
        ("customers/00004", "customers/00004")
    );
    assert_eq!(
        (&opened.case, opened.priority(), opened.due_time),
        (&case.name, Priority::High, case.due_time)
    );
    assert_eq!(
        (&telling.case, telling.priority(), telling.compensate),
        (&case.name, Priority::High, true)
    );
    assert_eq!(telling.resolve_time, resolved.resolve_time);
}

#[tokio::test]
async fn fifty_identical_concurrent_resolutions_are_told_once() {
    let mut service = Service::start().await;
    service
        .open_case("c-1", complaint("Cold breakfast", Priority::High))
        .await
        .unwrap();
    let request = ResolveCaseRequest {
        name: "cases/c-1".to_owned(),
        resolution: "Said sorry".to_owned(),
        compensate: true,
    };
    let calls = (0..50).map(|_| {
        let mut client = service.client.clone();
        let request = request.clone();
        async move { client.resolve_case(request).await.unwrap().into_inner() }
    });
    let answers = join_all(calls).await;
    assert!(
        answers.iter().all(|answer| *answer == answers[0]),
        "answers differ: {answers:?}"
    );
    assert_eq!(answers[0].history.len(), 2, "{:?}", answers[0].history);
    let told = service.told().await;
    assert_eq!(told.len(), 2, "one was opened and one resolved: {told:?}");
}
