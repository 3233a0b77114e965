//! Customer 360.

use rapport_contract::{
    feedback::v1::{Case, ListCasesResponse},
    loyalty::v1::{Balance, ExpiringPoints, ListMembersResponse, Member, MemberState, Program},
    profile::v1::{CustomerView, GetCustomerViewRequest, MembershipView},
    satisfaction::v1::CustomerSatisfaction,
};
use tonic::{Code, Status};

use crate::{
    Bench, assert_refused, sale,
    sisters::{self, Prepared, message},
};

async fn view(bench: &Bench, customer: &str) -> Result<CustomerView, Status> {
    let request = GetCustomerViewRequest {
        name: format!("customers/{customer}/view"),
    };
    Ok(bench
        .client
        .clone()
        .get_customer_view(request)
        .await?
        .into_inner())
}

#[tokio::test]
async fn a_view_gives_what_there_is_and_names_what_the_sister_services_did_not_give() {
    let bench = Bench::new().await;
    let customer = bench.create("ada").await;
    for index in 1..=7 {
        let day = format!("2026-01-0{index}");
        bench
            .record("ada", sale(&index.to_string(), &day, 100))
            .await
            .unwrap();
    }
    let before = view(&bench, "ada").await.unwrap();
    assert_eq!(before.value, None);
    bench.evaluate("2026-01-10").await;
    let view = view(&bench, "ada").await.unwrap();
    assert_eq!(view.customer, Some(customer));
    assert_eq!(view.value.unwrap().frequency, 7);
    let latest: Vec<_> = view
        .latest_purchases
        .iter()
        .map(|purchase| purchase.source_id.as_str())
        .collect();
    assert_eq!(latest, ["7", "6", "5", "4", "3"]);
    let missing: Vec<_> = view
        .missing_parts
        .iter()
        .map(|missing| missing.part.as_str())
        .collect();
    assert_eq!(missing, ["satisfaction", "memberships", "open_cases"]);
}

#[tokio::test]
async fn the_view_of_nobody_is_not_found() {
    let bench = Bench::new().await;
    assert_refused(view(&bench, "nobody").await, "CUSTOMER_NOT_FOUND");
}

fn members() -> ListMembersResponse {
    let member = |id: &str, state: MemberState| Member {
        name: format!("programs/gold/members/{id}"),
        customer: "customers/ada".to_owned(),
        state: state.into(),
        ..Member::default()
    };
    ListMembersResponse {
        members: vec![
            member("m1", MemberState::Active),
            member("m0", MemberState::Closed),
        ],
        ..ListMembersResponse::default()
    }
}

#[tokio::test]
async fn a_view_gathers_what_the_sister_services_know() {
    let balance = Balance {
        available_points: 320,
        reserved_points: 10,
        expirations: vec![ExpiringPoints {
            points: 7,
            ..ExpiringPoints::default()
        }],
        ..Balance::default()
    };
    let program = Program {
        title: "Gold".to_owned(),
        ..Program::default()
    };
    let cases = ListCasesResponse {
        cases: vec![Case {
            name: "cases/1".to_owned(),
            subject: "Cold soup".to_owned(),
            ..Case::default()
        }],
        ..ListCasesResponse::default()
    };
    let satisfaction = CustomerSatisfaction {
        answer_set_count: 3,
        latest_nps: Some(9),
        ..CustomerSatisfaction::default()
    };
    let serving = sisters::serve([
        ("GetCustomerSatisfaction", message(&satisfaction)),
        ("ListMembers", message(&members())),
        ("GetBalance", message(&balance)),
        ("GetProgram", message(&program)),
        ("ListCases", message(&cases)),
    ]);
    let bench = Bench::with_sisters(serving.channel.clone()).await;
    bench.create("ada").await;
    let view = view(&bench, "ada").await.unwrap();
    assert_eq!(view.missing_parts, []);
    let found = view.satisfaction.unwrap();
    assert_eq!((found.answer_set_count, found.latest_nps), (3, Some(9)));
    let expected = MembershipView {
        member: "programs/gold/members/m1".to_owned(),
        program_title: "Gold".to_owned(),
        available_points: 320,
        reserved_points: 10,
        next_expiring_points: 7,
        next_expire_time: None,
    };
    assert_eq!(view.memberships, [expected], "the closed membership is left out");
    assert_eq!(view.open_cases[0].subject, "Cold soup");
}

#[tokio::test]
async fn a_customer_who_never_answered_is_not_a_missing_part_but_silence_and_refusals_are() {
    let serving = sisters::serve([
        ("GetCustomerSatisfaction", Prepared::Refused(Code::NotFound)),
        ("ListMembers", Prepared::Silence),
        ("ListCases", Prepared::Refused(Code::Unavailable)),
    ]);
    let bench = Bench::with_sisters(serving.channel.clone()).await;
    bench.create("ada").await;
    let view = view(&bench, "ada").await.unwrap();
    assert_eq!(view.satisfaction, None);
    let missing: Vec<_> = view
        .missing_parts
        .iter()
        .map(|missing| missing.part.as_str())
        .collect();
    assert_eq!(missing, ["memberships", "open_cases"], "{:?}", view.missing_parts);
}
