//! Every refusal of the contract.

use rapport_contract::{
    feedback::v1::ScoreKind::Recommendation,
    google::r#type::Date,
    satisfaction::v1::{Dimension, GetCustomerSatisfactionRequest, Metric, QueryMetricRequest},
};
use rapport_events::{Relay, outbox};
use rapport_testkit::{described, reason, settle};
use sea_orm::EntityTrait as _;

use crate::world::{World, answer, answer_set, question};

async fn refused(world: &World, request: QueryMetricRequest) -> String {
    match world.query(request.clone()).await {
        Ok(answer) => panic!("{request:?} is answered with {answer:?}"),
        Err(status) => described(&status),
    }
}

#[tokio::test]
async fn a_query_with_wrong_fields_is_refused_with_every_violation() {
    let world = World::new().await;
    insta::assert_snapshot!(refused(&world, QueryMetricRequest::default()).await, @r"
    InvalidArgument INVALID_FIELDS: metric: is required
      metric: is required
    ");

    let mut backwards = question(Metric::Csat, &[Dimension::Day, Dimension::Survey, Dimension::Day]);
    backwards.start_date = Some(Date {
        year: 2026,
        month: 3,
        day: 2,
    });
    backwards.end_date = Some(Date {
        year: 2026,
        month: 3,
        day: 1,
    });
    insta::assert_snapshot!(refused(&world, backwards).await, @r"
    InvalidArgument INVALID_FIELDS: group_by[2]: day is given twice; give it once; start_date: 2026-03-02 is after end_date, 2026-03-01
      group_by[2]: day is given twice; give it once
      start_date: 2026-03-02 is after end_date, 2026-03-01
    ");

    let mut index = question(
        Metric::Index,
        &[Dimension::Day, Dimension::Touchpoint, Dimension::Question],
    );
    index.question = "room".to_owned();
    index.touchpoint = "desk".to_owned();
    insta::assert_snapshot!(refused(&world, index).await, @r"
    InvalidArgument INVALID_FIELDS: question: the index is not observed by question, but by day, survey and location only; touchpoint: the index is not observed by touchpoint, but by day, survey and location only; group_by[1]: the index is not observed by touchpoint, but by day, survey and location only; and 1 more, see the field violations
      question: the index is not observed by question, but by day, survey and location only
      touchpoint: the index is not observed by touchpoint, but by day, survey and location only
      group_by[1]: the index is not observed by touchpoint, but by day, survey and location only
      group_by[2]: the index is not observed by question, but by day, survey and location only
    ");

    let mut impossible = question(Metric::Ces, &[Dimension::Unspecified]);
    impossible.start_date = Some(Date {
        year: 2026,
        month: 2,
        day: 29,
    });
    insta::assert_snapshot!(refused(&world, impossible).await, @r"
    InvalidArgument INVALID_FIELDS: start_date: is no date: year 1 to 9999, month and day of the calendar; group_by[0]: must be stated: DIMENSION_DAY, for example
      start_date: is no date: year 1 to 9999, month and day of the calendar
      group_by[0]: must be stated: DIMENSION_DAY, for example
    ");
}

#[tokio::test]
async fn texts_with_the_character_zero_are_refused() {
    let world = World::new().await;
    for field in ["survey", "question", "touchpoint", "location"] {
        let mut request = question(Metric::Csat, &[]);
        let text = "a\0b".to_owned();
        match field {
            "survey" => request.survey = text,
            "question" => request.question = text,
            "touchpoint" => request.touchpoint = text,
            _ => request.location = text,
        }
        let text = refused(&world, request).await;
        assert!(
            text.starts_with(&format!("InvalidArgument INVALID_FIELDS: {field}")),
            "{text}"
        );
    }
}

#[tokio::test]
async fn a_confidence_out_of_range_is_refused() {
    let world = World::new().await;
    for level in [
        0.49,
        0.9991,
        1.0,
        -0.95,
        f64::NAN,
        f64::INFINITY,
        f64::MIN_POSITIVE,
    ] {
        let mut request = question(Metric::Nps, &[]);
        request.confidence_level = level;
        let text = refused(&world, request).await;
        assert!(
            text.starts_with("InvalidArgument INVALID_FIELDS: confidence_level"),
            "{level}: {text}"
        );
    }
}

#[tokio::test]
async fn names_of_another_form_are_refused() {
    let world = World::new().await;
    let mut request = question(Metric::Nps, &[]);
    request.survey = "hotel".to_owned();
    insta::assert_snapshot!(refused(&world, request).await, @r"
    InvalidArgument INVALID_NAME: survey: must have the form surveys/{survey}, where an id is 1 to 63 of a-z 0-9 - _ . and begins with a letter or digit
      survey: must have the form surveys/{survey}, where an id is 1 to 63 of a-z 0-9 - _ . and begins with a letter or digit
    ");
    for name in [
        "customers/zoe",
        "customers//satisfaction",
        "customers/Zoe/satisfaction",
    ] {
        let request = GetCustomerSatisfactionRequest {
            name: name.to_owned(),
        };
        let status = world
            .client
            .clone()
            .get_customer_satisfaction(request)
            .await
            .unwrap_err();
        assert_eq!(reason(&status), "INVALID_NAME", "{name:?}");
    }
}

#[tokio::test]
async fn a_customer_who_never_answered_is_not_found() {
    let status = World::new().await.customer("zoe").await.unwrap_err();
    insta::assert_snapshot!(described(&status), @"NotFound SATISFACTION_NOT_FOUND: no answers of customer zoe are known; ask again after a survey was answered");
}

#[tokio::test]
async fn a_page_token_is_good_for_its_own_query_alone() {
    let world = World::new().await;
    let sets: Vec<_> = (0..3)
        .map(|index| {
            let mut set = answer_set(&format!("a{index}"), vec![answer(Recommendation, 9)]);
            set.location = format!("house {index}");
            set
        })
        .collect();
    world.score(&sets).await;
    let mut request = question(Metric::Nps, &[Dimension::Location]);
    request.page_size = 1;
    request.page_token = world.query(request.clone()).await.unwrap().next_page_token;
    assert_eq!(
        world.query(request.clone()).await.unwrap().rows[0].location,
        "house 1"
    );

    let mut others = vec![request.clone(); 6];
    others[0].metric = Metric::Csat.into();
    others[1].location = "house 1".to_owned();
    others[2].group_by = vec![Dimension::Touchpoint.into()];
    others[3].group_by.clear();
    others[4].page_token = "AAAA".to_owned();
    others[5].page_token.push('A');
    for other in others {
        let text = refused(&world, other.clone()).await;
        assert!(
            text.starts_with("InvalidArgument INVALID_PAGE_TOKEN"),
            "{other:?}: {text}"
        );
    }
    request.page_token.clear();
    request.page_size = -1;
    assert!(
        refused(&world, request)
            .await
            .starts_with("InvalidArgument INVALID_PAGE_SIZE")
    );
}

#[tokio::test]
async fn a_poisonous_event_becomes_a_dead_letter_and_its_neighbours_are_taken() {
    let world = World::new().await;
    let good = |id: &str| world.scored(&answer_set(id, vec![answer(Recommendation, 9)]));
    let poison = world.scored(&answer_set("b", vec![answer(Recommendation, 11)]));
    let transaction = world.store().begin("append").await.unwrap();
    outbox::append(
        transaction.connection(),
        vec![good("a"), poison.clone(), good("c")],
    )
    .await
    .unwrap();
    transaction.commit(()).await.unwrap();

    let consumers = vec![std::sync::Arc::clone(&world.consumer)];
    let relay = Relay::start(vec![world.store().clone()], &consumers, &world.clock);
    settle(&relay).await;
    relay.stop().await;

    assert_eq!(world.total(Metric::Nps).await.answer_count, 2);
    let letters = rapport_storage::tables::dead_letter::Entity::find()
        .all(world.store().read())
        .await
        .unwrap();
    assert_eq!(letters.len(), 1);
    assert_eq!(letters[0].event_id, poison.id);
    insta::assert_snapshot!(letters[0].reason, @"INVALID_FIELDS: answers[0].score: is 11; the scale goes from 0 to 10");
}

#[tokio::test]
async fn a_roll_up_that_no_answers_can_have_is_an_internal_error_that_verifying_explains() {
    let world = World::new().await;
    world
        .score(&[answer_set("a", vec![answer(Recommendation, 9)])])
        .await;
    world.tamper("UPDATE metric_rollup SET answers = 7").await;
    let status = world.query(question(Metric::Nps, &[])).await.unwrap_err();
    assert_eq!(reason(&status), "INTERNAL_ERROR");
    assert_eq!(world.verify().await.difference_count, 1);
}

#[tokio::test]
async fn a_store_without_its_schema_is_refused() {
    use rapport_storage::{Location, Store};
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(&Location::in_folder(folder.path(), "satisfaction"))
        .await
        .unwrap();
    let parts = rapport_satisfaction::Parts {
        store,
        clock: rapport_clock::Clock::system(),
        token_key: rapport_listing::TokenKey::new([7; 32]),
    };
    let error = rapport_satisfaction::Satisfaction::open(parts).await.unwrap_err();
    insta::assert_snapshot!(error, @"STORAGE_UNAVAILABLE: the satisfaction store is Empty instead of current; apply the migrations first");
}
