//! Members: enrolment, lists, what is not there, and tenants that are apart.

use rapport_contract::{
    loyalty::v1::{
        BatchEnrolMembersRequest, CreateProgramRequest, EarnPointsRequest, EnrolMemberRequest,
        GetMemberRequest, GetProgramRequest, ListMembersRequest, ListTransactionsRequest, Member,
        MemberState, SummarizeLedgerRequest,
    },
    profile::v1::CustomerDeleted,
};
use rapport_testkit::reason;
use tonic::Status;

use crate::fixture::{Fixture, PROGRAM, redemption, stars};

async fn enrol(fixture: &mut Fixture, customer: &str, member_id: &str) -> Result<Member, Status> {
    let request = EnrolMemberRequest {
        parent: PROGRAM.to_owned(),
        customer: format!("customers/{customer}"),
        member_id: member_id.to_owned(),
    };
    Ok(fixture.client.enrol_member(request).await?.into_inner())
}

#[tokio::test]
async fn a_customer_is_enrolled_once() {
    let mut fixture = Fixture::with_program().await;
    let first = enrol(&mut fixture, "ann", "").await.unwrap();
    assert_eq!(first.name, "programs/stars/members/ann");
    assert_eq!(first.state(), MemberState::Active);
    assert_eq!(enrol(&mut fixture, "ann", "").await.unwrap(), first);
    assert_eq!(enrol(&mut fixture, "ann", "ann").await.unwrap(), first);
    for (customer, id) in [("ann", "gold-1"), ("bob", "ann")] {
        let refused = enrol(&mut fixture, customer, id).await.unwrap_err();
        assert_eq!(reason(&refused), "MEMBER_ALREADY_EXISTS");
    }
    assert_eq!(
        enrol(&mut fixture, "bob", "gold-1").await.unwrap().name,
        "programs/stars/members/gold-1"
    );
    let events = "SELECT COUNT(*) AS number FROM outbox";
    assert_eq!(fixture.numbers(events).await, [2]);
}

#[tokio::test]
async fn a_batch_enrols_all_or_none_and_counts_who_is_there() {
    let mut fixture = Fixture::with_program().await;
    enrol(&mut fixture, "ann", "").await.unwrap();
    enrol(&mut fixture, "bob", "gold-1").await.unwrap();
    let batch = |customers: &[&str]| BatchEnrolMembersRequest {
        parent: PROGRAM.to_owned(),
        customers: customers
            .iter()
            .map(|customer| format!("customers/{customer}"))
            .collect(),
    };
    let request = batch(&["ann", "bob", "cleo", "dan", "cleo"]);
    let outcome = fixture
        .client
        .batch_enrol_members(request)
        .await
        .unwrap()
        .into_inner();
    assert_eq!((outcome.enrolled_count, outcome.existing_count), (2, 3));
    let refused = fixture
        .client
        .batch_enrol_members(batch(&["eve", "gold-1"]))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_ALREADY_EXISTS");
    assert_eq!(
        fixture.summary().await.member_count,
        4,
        "eve was not enrolled either"
    );
    let refused = fixture
        .client
        .batch_enrol_members(batch(&["A"]))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "INVALID_NAME");
    let many: Vec<String> = (0..1_000).map(|number| format!("c{number}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let outcome = fixture
        .client
        .batch_enrol_members(batch(&many))
        .await
        .unwrap()
        .into_inner();
    assert_eq!((outcome.enrolled_count, outcome.existing_count), (1_000, 0));
}

#[tokio::test]
async fn members_are_listed_by_program_customer_and_points() {
    let mut fixture = Fixture::with_program().await;
    fixture.create_program("moons", stars()).await.unwrap();
    let ann = fixture.enrol("ann").await;
    let bob = fixture.enrol("bob").await;
    fixture.earn("e1", &ann, 10).await.unwrap();
    fixture.earn("e2", &bob, 20).await.unwrap();
    let elsewhere = EnrolMemberRequest {
        parent: "programs/moons".to_owned(),
        customer: "customers/ann".to_owned(),
        member_id: String::new(),
    };
    fixture.client.enrol_member(elsewhere).await.unwrap();
    let deleted = CustomerDeleted {
        customer: "customers/bob".to_owned(),
    };
    fixture.deliver(&[fixture.event("customers/bob", &deleted)]).await;
    for (parent, filter, order, expected) in [
        (
            PROGRAM,
            "",
            "available_points desc",
            vec![bob.as_str(), ann.as_str()],
        ),
        (PROGRAM, "state = ACTIVE", "", vec![ann.as_str()]),
        (PROGRAM, "available_points > 10", "", vec![bob.as_str()]),
        (
            "programs/-",
            "customer = \"customers/ann\"",
            "enrol_time",
            vec!["programs/moons/members/ann", ann.as_str()],
        ),
    ] {
        let request = ListMembersRequest {
            parent: parent.to_owned(),
            filter: filter.to_owned(),
            order_by: order.to_owned(),
            ..ListMembersRequest::default()
        };
        let members = fixture
            .client
            .list_members(request)
            .await
            .unwrap()
            .into_inner()
            .members;
        let names: Vec<_> = members.iter().map(|member| member.name.as_str()).collect();
        assert_eq!(names, expected, "{parent} {filter} {order}");
    }
}

#[tokio::test]
async fn what_is_not_there_is_not_found() {
    let mut fixture = Fixture::with_program().await;
    let client = &mut fixture.client;
    let nobody = "programs/stars/members/nobody".to_owned();
    let nowhere = "programs/none".to_owned();
    let refusals = [
        (
            client
                .get_program(GetProgramRequest {
                    name: nowhere.clone(),
                })
                .await
                .unwrap_err(),
            "PROGRAM_NOT_FOUND",
        ),
        (
            client
                .get_member(GetMemberRequest { name: nobody.clone() })
                .await
                .unwrap_err(),
            "MEMBER_NOT_FOUND",
        ),
        (
            client
                .summarize_ledger(SummarizeLedgerRequest {
                    program: nowhere.clone(),
                    ..SummarizeLedgerRequest::default()
                })
                .await
                .unwrap_err(),
            "PROGRAM_NOT_FOUND",
        ),
        (
            client
                .list_members(ListMembersRequest {
                    parent: nowhere.clone(),
                    ..ListMembersRequest::default()
                })
                .await
                .unwrap_err(),
            "PROGRAM_NOT_FOUND",
        ),
        (
            client
                .list_transactions(ListTransactionsRequest {
                    parent: nobody,
                    ..ListTransactionsRequest::default()
                })
                .await
                .unwrap_err(),
            "MEMBER_NOT_FOUND",
        ),
        (
            client
                .enrol_member(EnrolMemberRequest {
                    parent: nowhere.clone(),
                    customer: "customers/ann".to_owned(),
                    member_id: String::new(),
                })
                .await
                .unwrap_err(),
            "PROGRAM_NOT_FOUND",
        ),
        (
            client
                .batch_enrol_members(BatchEnrolMembersRequest {
                    parent: nowhere,
                    customers: vec!["customers/ann".to_owned()],
                })
                .await
                .unwrap_err(),
            "PROGRAM_NOT_FOUND",
        ),
        (
            client
                .create_program(CreateProgramRequest::default())
                .await
                .unwrap_err(),
            "INVALID_FIELDS",
        ),
    ];
    for (refused, expected) in refusals {
        assert_eq!(reason(&refused), expected, "{refused:?}");
    }
}

#[tokio::test]
async fn a_tenant_sees_and_changes_nothing_of_another() {
    let mut fixture = Fixture::with_program().await;
    let ann = fixture.enrol("ann").await;
    fixture.earn("e", &ann, 10).await.unwrap();
    let mut stranger = fixture.another_tenant().await.client;
    let refused = stranger
        .get_program(GetProgramRequest {
            name: PROGRAM.to_owned(),
        })
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "PROGRAM_NOT_FOUND");
    let refused = stranger
        .get_member(GetMemberRequest { name: ann.clone() })
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_NOT_FOUND");
    let refused = stranger
        .redeem_points(redemption("r", &ann, 1))
        .await
        .unwrap_err();
    assert_eq!(reason(&refused), "MEMBER_NOT_FOUND");
    let all = ListMembersRequest {
        parent: "programs/-".to_owned(),
        ..ListMembersRequest::default()
    };
    assert!(
        stranger
            .list_members(all)
            .await
            .unwrap()
            .into_inner()
            .members
            .is_empty()
    );
    // The same names and the same request id belong to each tenant by itself.
    let create = CreateProgramRequest {
        program_id: "stars".to_owned(),
        program: Some(stars()),
    };
    stranger.create_program(create).await.unwrap();
    let enrolment = EnrolMemberRequest {
        parent: PROGRAM.to_owned(),
        customer: "customers/ann".to_owned(),
        member_id: String::new(),
    };
    stranger.enrol_member(enrolment).await.unwrap();
    let earn = EarnPointsRequest {
        request_id: "e".to_owned(),
        member: ann.clone(),
        points: 3,
        reason: "welcome".to_owned(),
        expire_time: None,
        ..EarnPointsRequest::default()
    };
    assert_eq!(
        stranger
            .earn_points(earn)
            .await
            .unwrap()
            .into_inner()
            .available_points,
        3
    );
    assert_eq!(fixture.available(&ann).await, 10);
}
