//! Free texts at rest: what the version before stored is read, and sealed by a rotation.

use prost::Message as _;
use rapport_clock::Clock;
use rapport_contract::{
    feedback::v1::{
        AnswerSet, GetAnswerSetRequest, GetCaseRequest, ResolveCaseRequest, SubmitAnswerSetRequest,
    },
    r#type::v1::Priority,
};
use rapport_privacy::{MasterKeys, Privacy, Rotated, Scope, rotate};
use rapport_storage::request::RequestKey;
use sea_orm::{ConnectionTrait as _, QueryResult, Statement, Value};

use crate::service::{Service, answers, complaint, score, text, why};

const TEXT: &str = "Eggs were cold";
const SUBJECT: &str = "Mr Plokij complains";
const RESOLUTION: &str = "Mr Plokij has new eggs";

async fn execute(service: &Service, sql: &str, values: Vec<Value>) {
    let connection = service.store.read();
    let backend = connection.get_database_backend();
    connection
        .execute_raw(Statement::from_sql_and_values(backend, sql, values))
        .await
        .unwrap();
}

async fn rows(service: &Service, sql: &str) -> Vec<QueryResult> {
    let connection = service.store.read();
    let backend = connection.get_database_backend();
    connection
        .query_all_raw(Statement::from_string(backend, sql))
        .await
        .unwrap()
}

/// Every text and every remembered answer that is stored.
async fn stored(service: &Service) -> String {
    let texts = "SELECT text FROM answer WHERE text IS NOT NULL UNION ALL SELECT subject FROM feedback_case UNION ALL \
                 SELECT COALESCE(resolution, '') FROM feedback_case UNION ALL SELECT note FROM feedback_case_event";
    let mut all: Vec<String> = Vec::new();
    for row in rows(service, texts).await {
        all.push(row.try_get_by_index(0).unwrap());
    }
    for row in rows(service, "SELECT answer FROM request").await {
        let answer: Vec<u8> = row.try_get_by_index(0).unwrap();
        all.push(String::from_utf8_lossy(&answer).into_owned());
    }
    all.join("\n")
}

async fn assert_nothing_is_readable(service: &Service) {
    let stored = stored(service).await;
    for value in [TEXT, SUBJECT, RESOLUTION] {
        assert!(
            !stored.contains(value),
            "{value:?} is stored in the clear: {stored}"
        );
    }
}

fn set() -> AnswerSet {
    answers(vec![score("stay", 5), text("remarks", TEXT)])
}

/// A service with a set of answers and a resolved case, and the name of the set.
async fn service() -> (Service, String) {
    let mut service = Service::start().await;
    service.publish_hotel().await;
    let name = service.submit("once", set()).await.unwrap().name;
    service
        .open_case("eggs", complaint(SUBJECT, Priority::High))
        .await
        .unwrap();
    let request = ResolveCaseRequest {
        name: "cases/eggs".to_owned(),
        resolution: RESOLUTION.to_owned(),
        ..ResolveCaseRequest::default()
    };
    service.client.resolve_case(request).await.unwrap();
    (service, name)
}

/// Writes what is stored as the version before would have.
async fn as_before(service: &mut Service, name: &str) {
    let answer = service.submit("once", set()).await.unwrap();
    let body = SubmitAnswerSetRequest {
        request_id: "once".to_owned(),
        answer_set: Some(set()),
    };
    let key = RequestKey::new("hotel-group", "submit_answer_set", "once", &body.encode_to_vec());
    let values = vec![answer.encode_to_vec().into(), key.fingerprint.to_vec().into()];
    execute(
        service,
        "UPDATE request SET answer = $1, fingerprint = $2",
        values,
    )
    .await;
    let values = vec![TEXT.into(), name.into()];
    execute(
        service,
        "UPDATE answer SET text = $1 WHERE answer_set = $2 AND text IS NOT NULL",
        values,
    )
    .await;
    let values = vec![SUBJECT.into(), RESOLUTION.into()];
    execute(
        service,
        "UPDATE feedback_case SET subject = $1, resolution = $2",
        values,
    )
    .await;
    let values = vec![RESOLUTION.into()];
    execute(
        service,
        "UPDATE feedback_case_event SET note = $1 WHERE action = 'resolved'",
        values,
    )
    .await;
}

async fn rotated(service: &Service) -> Rotated {
    let master = MasterKeys::new([8; 32], &[]);
    let privacy = Privacy::open(service.store.clone(), master, Clock::system())
        .await
        .unwrap();
    rotate(
        &privacy,
        &rapport_feedback::sealed_tables(),
        Scope::Everything,
        &mut |_| (),
    )
    .await
    .unwrap()
}

async fn assert_read(service: &mut Service, name: &str) {
    let request = GetAnswerSetRequest {
        name: name.to_owned(),
    };
    let read = service.client.get_answer_set(request).await.unwrap().into_inner();
    assert_eq!(read.answers, set().answers);
    assert_eq!(
        service.submit("once", set()).await.unwrap(),
        read,
        "the request is known"
    );
    let other = answers(vec![score("stay", 5), text("remarks", "Other")]);
    assert_eq!(why(service.submit("once", other).await), "REQUEST_ID_REUSED");
    let request = GetCaseRequest {
        name: "cases/eggs".to_owned(),
    };
    let case = service.client.get_case(request).await.unwrap().into_inner();
    assert_eq!(
        (case.subject.as_str(), case.resolution.as_str()),
        (SUBJECT, RESOLUTION)
    );
    assert_eq!(case.history.last().unwrap().note, RESOLUTION);
}

#[tokio::test]
async fn free_texts_are_not_stored_in_the_clear() {
    let (mut service, name) = service().await;
    assert_nothing_is_readable(&service).await;
    assert_read(&mut service, &name).await;
}

#[tokio::test]
async fn what_the_version_before_stored_is_read_and_sealed_by_a_rotation() {
    let (mut service, name) = service().await;
    as_before(&mut service, &name).await;
    assert!(stored(&service).await.contains(SUBJECT), "it is stored as before");
    assert_read(&mut service, &name).await;
    let done = rotated(&service).await;
    // The text, the case, its line of history, and the remembered answer.
    assert_eq!((done.sealed, done.left), (4, 0), "{done:?}");
    assert_nothing_is_readable(&service).await;
    assert_read(&mut service, &name).await;
}

#[tokio::test]
async fn a_case_that_was_created_before_is_the_same_case_when_it_is_created_again() {
    use sha2::{Digest as _, Sha256};

    let (mut service, _) = service().await;
    let again = service
        .open_case("eggs", complaint(SUBJECT, Priority::High))
        .await
        .unwrap();
    assert_eq!(again.subject, SUBJECT);
    let before = Sha256::digest(format!("{SUBJECT}\0HIGH\0customers/00004\0\0\0")).to_vec();
    execute(
        &service,
        "UPDATE feedback_case SET creation_fingerprint = $1",
        vec![before.into()],
    )
    .await;
    let again = service
        .open_case("eggs", complaint(SUBJECT, Priority::High))
        .await;
    assert!(again.is_ok(), "{again:?}");
    let other = service
        .open_case("eggs", complaint("Another subject", Priority::High))
        .await;
    assert_eq!(why(other), "CASE_ALREADY_EXISTS");
}
