//! Sets of answers that are there: read, corrected, deleted.

use rapport_contract::{
    feedback::v1::{
        Answer, AnswerSet, CorrectAnswerSetRequest, DeleteAnswerSetRequest, GetAnswerSetRequest,
        ListAnswerSetsRequest,
    },
    instant,
};
use tonic::{Response, Status};

use crate::service::{Service, Told, answers, refusal, score, text, why};

impl Service {
    async fn correct(&mut self, name: &str, answers: Vec<Answer>, etag: &str) -> Result<AnswerSet, Status> {
        let request = CorrectAnswerSetRequest {
            name: name.to_owned(),
            answers,
            etag: etag.to_owned(),
        };
        self.client
            .correct_answer_set(request)
            .await
            .map(Response::into_inner)
    }

    async fn delete(&mut self, name: &str, allow_missing: bool) -> Result<(), Status> {
        let request = DeleteAnswerSetRequest {
            name: name.to_owned(),
            allow_missing,
        };
        self.client
            .delete_answer_set(request)
            .await
            .map(Response::into_inner)
    }

    async fn read(&mut self, name: &str) -> Result<AnswerSet, Status> {
        let request = GetAnswerSetRequest {
            name: name.to_owned(),
        };
        self.client
            .get_answer_set(request)
            .await
            .map(Response::into_inner)
    }
}

#[tokio::test]
async fn a_correction_replaces_the_answers_and_tells_the_next_revision() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let set = service
        .submit("r-1", answers(vec![score("stay", 5), score("recommend", 9)]))
        .await
        .unwrap();
    let corrected = service
        .correct(
            &set.name,
            vec![text("remarks", "Typo"), score("stay", 4)],
            &set.etag,
        )
        .await
        .unwrap();
    assert_eq!(corrected.etag, "2");
    assert_eq!(corrected.answers, [text("remarks", "Typo"), score("stay", 4)]);
    assert_eq!(service.read(&set.name).await.unwrap(), corrected);
    let (key, told) = service.told().await.pop().unwrap();
    let Told::Scored(scored) = told else {
        panic!("{told:?}")
    };
    assert_eq!((key.as_str(), scored.revision), ("customers/00004", 2));
    assert_eq!(
        scored.answers.len(),
        1,
        "only what is a score is in the event: {scored:?}"
    );
}

#[tokio::test]
async fn the_same_correction_again_changes_nothing_even_with_the_old_etag() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let set = service
        .submit("r-1", answers(vec![score("stay", 5)]))
        .await
        .unwrap();
    let new = || vec![score("ease", 4), score("stay", 4)];
    let first = service.correct(&set.name, new(), &set.etag).await.unwrap();
    let told = service.told().await.len();
    assert_eq!(service.correct(&set.name, new(), &set.etag).await.unwrap(), first);
    let turned = new().into_iter().rev().collect();
    assert_eq!(
        service.correct(&set.name, turned, "").await.unwrap(),
        first,
        "order says nothing"
    );
    assert_eq!(service.told().await.len(), told);
}

#[tokio::test]
async fn a_correction_opens_a_case_only_where_none_was() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let set = service
        .submit("r-1", answers(vec![score("stay", 5)]))
        .await
        .unwrap();
    assert_eq!(set.opened_case, "");
    let low = service
        .correct(&set.name, vec![score("stay", 1)], "")
        .await
        .unwrap();
    assert!(low.opened_case.starts_with("cases/"), "{low:?}");
    let lower = service
        .correct(&set.name, vec![score("stay", 1), score("recommend", 0)], "")
        .await
        .unwrap();
    assert_eq!(lower.opened_case, low.opened_case);
    let better = service
        .correct(&set.name, vec![score("stay", 5)], "")
        .await
        .unwrap();
    assert_eq!(
        better.opened_case, low.opened_case,
        "the case stays, and stays known"
    );
    let opened = service.told().await;
    let opened = opened.iter().filter(|(_, told)| matches!(told, Told::Opened(_)));
    assert_eq!(opened.count(), 1);
}

#[tokio::test]
async fn corrections_are_refused_with_the_reason() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let set = service
        .submit("r-1", answers(vec![score("stay", 5)]))
        .await
        .unwrap();
    assert_eq!(
        why(service.correct("answerSets/none", vec![], "").await),
        "ANSWER_SET_NOT_FOUND"
    );
    assert_eq!(
        why(service.correct("sets/none", vec![], "").await),
        "INVALID_NAME"
    );
    assert_eq!(
        why(service.correct(&set.name, vec![score("stay", 3)], "9").await),
        "ETAG_MISMATCH"
    );
    let (reason, fields) = refusal(service.correct(&set.name, vec![score("ease", 8)], "").await);
    assert_eq!(reason, "INVALID_ANSWERS");
    assert_eq!(fields, ["answers[0].score", "answers"]);
    assert_eq!(service.read(&set.name).await.unwrap(), set);
}

#[tokio::test]
async fn a_closed_survey_still_takes_corrections_of_its_answers() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let set = service
        .submit("r-1", answers(vec![score("stay", 5)]))
        .await
        .unwrap();
    service.close("surveys/hotel").await.unwrap();
    service
        .correct(&set.name, vec![score("stay", 4)], "")
        .await
        .unwrap();
}

#[tokio::test]
async fn a_deleted_set_is_gone_and_said_to_be() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let mut anonymous = answers(vec![score("stay", 5)]);
    anonymous.customer.clear();
    let set = service.submit("r-1", anonymous).await.unwrap();
    service
        .correct(&set.name, vec![score("stay", 4)], "")
        .await
        .unwrap();
    service.delete(&set.name, false).await.unwrap();
    assert_eq!(why(service.read(&set.name).await), "ANSWER_SET_NOT_FOUND");
    assert_eq!(
        why(service.delete(&set.name, false).await),
        "ANSWER_SET_NOT_FOUND"
    );
    service.delete(&set.name, true).await.unwrap();
    let told = service.told().await;
    assert_eq!(told.len(), 3, "{told:?}");
    let (key, Told::Deleted(deleted)) = &told[2] else {
        panic!("{told:?}")
    };
    assert_eq!(
        (key, deleted.answer_set.as_str(), deleted.revision),
        (&set.name, set.name.as_str(), 3)
    );
}

#[tokio::test]
async fn sets_are_listed_in_pages_with_filter_and_order() {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    for index in 0..23 {
        let mut set = answers(vec![score("stay", 5), score("ease", 1 + index % 7)]);
        set.location = if index % 2 == 0 { "Lisbon" } else { "Porto" }.to_owned();
        let time = crate::service::start() - jiff::SignedDuration::from_hours(i64::from(index));
        set.answer_time = Some(instant::to_wire(time));
        service.submit(&format!("r-{index}"), set).await.unwrap();
    }
    let mut found = Vec::new();
    let mut page_token = String::new();
    loop {
        let request = ListAnswerSetsRequest {
            page_size: 5,
            page_token,
            filter: "location = \"Lisbon\" AND survey = \"surveys/hotel\" AND answer_time < \"2026-03-01T12:00:00Z\""
                .to_owned(),
            order_by: String::new(),
        };
        let page = service
            .client
            .list_answer_sets(request)
            .await
            .unwrap()
            .into_inner();
        found.extend(page.answer_sets);
        page_token = page.next_page_token;
        if page_token.is_empty() {
            break;
        }
    }
    let scores: Vec<_> = found.iter().map(|set| set.answers[1].clone()).collect();
    let expected: Vec<_> = (1..=11).map(|step| score("ease", 1 + step * 2 % 7)).collect();
    assert_eq!(
        scores, expected,
        "the latest come first, each once, with their own answers"
    );
}
