//! How an operation is carried out.

use std::time::Duration;

use rapport_contract::{
    feedback::v1::{Answer, AnswerSet, SubmitAnswerSetRequest, answer},
    google::r#type::Money,
    loyalty::v1::{
        CaptureHoldRequest, EarnPointsRequest, RedeemPointsRequest, ReleaseHoldRequest, ReservePointsRequest,
    },
    profile::v1::{
        Customer, GetCustomerRequest, Purchase, PurchaseKind, RecordPurchaseRequest, UpdateCustomerRequest,
    },
};
use tonic::{Code, Status};

use super::{
    Operation, Outcome, Work,
    setting::{NUMBER, SURVEY, customer, member},
};
use crate::services::Clients;

/// How long a hold keeps its points: longer than any run.
const HOLD_SECONDS: i32 = 30 * 24 * 3_600;

/// How often a change of a profile is tried, and the wait before the second time.
const UPDATES: u32 = 5;
const FIRST_WAIT: Duration = Duration::from_millis(100);

/// 2025-06-01T10:15:00Z: long enough ago for every clock.
const MORNING: i64 = 1_748_772_900;

/// Carries an operation out, and gives the name of what it made. Carried out again, it is the same operation.
pub(crate) async fn perform(clients: &Clients, id: &str, work: &Work) -> Result<String, Status> {
    let request_id = id.to_owned();
    match work {
        Work::Earn { .. }
        | Work::Redeem { .. }
        | Work::Reserve { .. }
        | Work::Capture { .. }
        | Work::Release { .. } => points(clients, request_id, work).await,
        Work::Answer { customer, scores } => answer(clients, request_id, *customer, *scores).await,
        Work::Purchase { customer, dollars } => purchase(clients, request_id, *customer, *dollars).await,
        Work::Update { customer, number } => update(clients, *customer, *number).await,
    }
}

/// Carries an operation of which nobody knows the outcome out again.
pub(crate) async fn again(clients: &Clients, operation: &mut Operation) -> Result<(), String> {
    let answer = perform(clients, &operation.id, &operation.work).await;
    operation.outcome = Outcome::of(answer)?;
    Ok(())
}

async fn points(clients: &Clients, request_id: String, work: &Work) -> Result<String, Status> {
    let mut loyalty = clients.loyalty.clone();
    let reason = "under faults".to_owned();
    match work {
        Work::Earn {
            member: place,
            points,
        } => {
            let request = EarnPointsRequest {
                request_id,
                member: member(*place),
                points: *points,
                reason,
                expire_time: None,
                ..EarnPointsRequest::default()
            };
            Ok(loyalty.earn_points(request).await?.into_inner().name)
        }
        Work::Redeem {
            member: place,
            points,
        } => {
            let request = RedeemPointsRequest {
                request_id,
                member: member(*place),
                points: *points,
                reason,
                ..RedeemPointsRequest::default()
            };
            Ok(loyalty.redeem_points(request).await?.into_inner().name)
        }
        Work::Reserve {
            member: place,
            points,
        } => {
            let request = ReservePointsRequest {
                request_id,
                member: member(*place),
                points: *points,
                reason,
                hold_seconds: HOLD_SECONDS,
                ..ReservePointsRequest::default()
            };
            Ok(loyalty.reserve_points(request).await?.into_inner().name)
        }
        Work::Capture { hold, points, .. } => {
            let request = CaptureHoldRequest {
                request_id,
                name: hold.clone(),
                points: *points,
            };
            Ok(loyalty.capture_hold(request).await?.into_inner().name)
        }
        Work::Release { hold, .. } => {
            let request = ReleaseHoldRequest {
                request_id,
                name: hold.clone(),
            };
            Ok(loyalty.release_hold(request).await?.into_inner().name)
        }
        Work::Answer { .. } | Work::Purchase { .. } | Work::Update { .. } => {
            unreachable!("{work:?} does not move points by a call")
        }
    }
}

async fn answer(
    clients: &Clients,
    request_id: String,
    place: usize,
    scores: [i32; 3],
) -> Result<String, Status> {
    let answers = ["recommend", "stay", "ease"].iter().zip(scores);
    let request = SubmitAnswerSetRequest {
        request_id,
        answer_set: Some(AnswerSet {
            survey: SURVEY.to_owned(),
            customer: customer(place),
            answers: answers
                .map(|(question, score)| Answer {
                    question: (*question).to_owned(),
                    value: Some(answer::Value::Score(score)),
                })
                .collect(),
            answer_time: Some(morning()),
            location: format!("house-{}", place % 3),
            ..AnswerSet::default()
        }),
    };
    let stored = clients.feedback.clone().submit_answer_set(request).await?;
    Ok(stored.into_inner().name)
}

async fn purchase(clients: &Clients, id: String, place: usize, dollars: i64) -> Result<String, Status> {
    let request = RecordPurchaseRequest {
        parent: customer(place),
        purchase: Some(Purchase {
            source: "till".to_owned(),
            source_id: id,
            kind: PurchaseKind::Sale.into(),
            purchase_time: Some(morning()),
            amount: Some(Money {
                currency_code: "USD".to_owned(),
                units: dollars,
                nanos: 0,
            }),
            quantity: 1,
            ..Purchase::default()
        }),
    };
    let stored = clients.profile.clone().record_purchase(request).await?;
    Ok(stored.into_inner().name)
}

/// Writes a number into a profile, unless it or a later one stands there. The method is not idempotent, and its etag has a
/// late repetition refused; so a call whose outcome nobody knows is followed by reading, as `docs/calling.md` says.
async fn update(clients: &Clients, place: usize, number: u64) -> Result<String, Status> {
    let mut outcome = try_update(clients, place, number).await;
    for attempt in 1..UPDATES {
        let again = outcome
            .as_ref()
            .is_err_and(|status| matches!(status.code(), Code::Unavailable | Code::Aborted));
        if !again {
            break;
        }
        tokio::time::sleep(FIRST_WAIT * attempt).await;
        outcome = try_update(clients, place, number).await;
    }
    outcome
}

async fn try_update(clients: &Clients, place: usize, number: u64) -> Result<String, Status> {
    let mut profile = clients.profile.clone();
    let name = customer(place);
    let read = GetCustomerRequest { name: name.clone() };
    let mut found = profile.get_customer(read).await?.into_inner();
    let stands = found.attributes.get(NUMBER).and_then(|text| text.parse().ok());
    if stands.unwrap_or(0) >= number {
        return Ok(String::new());
    }
    found.attributes.insert(NUMBER.to_owned(), number.to_string());
    let request = UpdateCustomerRequest {
        customer: Some(Customer {
            name,
            attributes: found.attributes,
            etag: found.etag,
            ..Customer::default()
        }),
        update_mask: Some(prost_types::FieldMask {
            paths: vec!["attributes".to_owned()],
        }),
    };
    profile.update_customer(request).await?;
    Ok(String::new())
}

fn morning() -> prost_types::Timestamp {
    prost_types::Timestamp {
        seconds: MORNING,
        nanos: 0,
    }
}
