//! What events of the sister services do.

use rapport_contract::{
    feedback::v1::CaseResolved,
    google::r#type::Money,
    loyalty::v1::{CompensationRule, ListMembersRequest, Program, TransactionKind},
    profile::v1::{CustomerCreated, CustomerDeleted, PurchaseLine, PurchaseRecorded},
    r#type::v1::Priority,
};
use rapport_events::Event;

use crate::fixture::{Fixture, PROGRAM, give_back, sale, stars};

fn purchase(fixture: &Fixture, purchase: &PurchaseRecorded) -> Event {
    fixture.event(&purchase.customer, purchase)
}

async fn kinds_and_points(fixture: &mut Fixture, member: &str) -> Vec<(TransactionKind, i64, i64)> {
    let statement = fixture.statement(member).await;
    statement
        .iter()
        .map(|transaction| {
            (
                transaction.kind(),
                transaction.points,
                transaction.shortfall_points,
            )
        })
        .collect()
}

#[tokio::test]
async fn a_returned_line_takes_back_what_it_earned_and_the_statement_says_why() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    let line = |id: &str, amount_minor| PurchaseLine {
        line_id: id.to_owned(),
        amount_minor,
        quantity: 1,
        ..PurchaseLine::default()
    };
    let bought = PurchaseRecorded {
        lines: vec![line("tea", 600), line("cup", 300)],
        ..sale("ann", "s1", 1_000)
    };
    let bought = purchase(&fixture, &bought);
    fixture.deliver(&[bought]).await;
    assert_eq!(fixture.available(&member).await, 10, "a point for each dollar");
    let statement = fixture.statement(&member).await;
    let attribution = statement[0].attribution.clone().unwrap();
    let lines: Vec<(&str, i64)> = attribution
        .lines
        .iter()
        .map(|line| (line.line_id.as_str(), line.points))
        .collect();
    assert_eq!(lines, [("tea", 7), ("cup", 3)], "they add up to all");
    assert_eq!(
        (
            attribution.trigger.as_str(),
            attribution.rule.as_str(),
            attribution.rule_version
        ),
        ("purchase", PROGRAM, 1)
    );
    let cup = PurchaseRecorded {
        lines: vec![line("cup", 300)],
        ..give_back("ann", "r1", "s1", 300)
    };
    let cup = purchase(&fixture, &cup);
    fixture.deliver(&[cup]).await;
    assert_eq!(fixture.available(&member).await, 7, "the cup had earned 3");
    let rest = purchase(&fixture, &give_back("ann", "r2", "s1", 700));
    fixture.deliver(&[rest]).await;
    assert_eq!(fixture.available(&member).await, 0);
    assert_eq!(fixture.differences().await, Vec::<String>::new());
}

#[tokio::test]
async fn a_sale_earns_and_partial_returns_take_back_exactly_its_share() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture
        .deliver(&[purchase(&fixture, &sale("ann", "s1", 1_099))])
        .await;
    for (id, cents) in [("r1", 333), ("r2", 333), ("r3", 433)] {
        fixture
            .deliver(&[purchase(&fixture, &give_back("ann", id, "s1", cents))])
            .await;
    }
    let moved = kinds_and_points(&mut fixture, &member).await;
    let expected = [
        (TransactionKind::Earn, 10, 0),
        // ⌊10·333/1099⌋ = 3, ⌊10·666/1099⌋ = 6, all of it = 10.
        (TransactionKind::TakeBack, -3, 0),
        (TransactionKind::TakeBack, -3, 0),
        (TransactionKind::TakeBack, -4, 0),
    ];
    assert_eq!(moved, expected);
    assert_eq!(fixture.summary().await.taken_back_points, 10);
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn a_return_that_arrives_before_its_sale_ends_with_the_same_points() {
    let mut fixture = Fixture::with_program().await;
    let (ann, bob) = (fixture.enrol("ann").await, fixture.enrol("bob").await);
    let events = |customer: &str| {
        vec![
            purchase(&fixture, &sale(customer, "s1", 2_000)),
            purchase(&fixture, &give_back(customer, "r1", "s1", 700)),
            purchase(&fixture, &give_back(customer, "r2", "s1", 300)),
        ]
    };
    let (in_order, mut reversed) = (events("ann"), events("bob"));
    reversed.reverse();
    for event in in_order.into_iter().chain(reversed) {
        fixture.deliver(&[event]).await;
    }
    assert_eq!(fixture.available(&ann).await, 10);
    assert_eq!(fixture.available(&bob).await, 10);
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn points_that_were_spent_before_the_return_are_the_shortfall() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("gift", &member, 3).await.unwrap();
    fixture
        .deliver(&[purchase(&fixture, &sale("ann", "s1", 1_000))])
        .await;
    fixture.redeem("r", &member, 9).await.unwrap();
    fixture
        .deliver(&[purchase(&fixture, &give_back("ann", "r1", "s1", 1_000))])
        .await;
    let moved = kinds_and_points(&mut fixture, &member).await;
    assert_eq!(
        moved.last(),
        Some(&(TransactionKind::TakeBack, -4, 6)),
        "four were left of ten"
    );
    assert_eq!(fixture.available(&member).await, 0);
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn a_return_takes_first_from_the_lot_of_its_purchase() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture.earn("older", &member, 50).await.unwrap();
    fixture.at("2026-03-15T10:00:00Z");
    fixture
        .deliver(&[purchase(&fixture, &sale("ann", "s1", 1_000))])
        .await;
    fixture
        .deliver(&[purchase(&fixture, &give_back("ann", "r1", "s1", 500))])
        .await;
    let statement = fixture.statement(&member).await;
    assert_eq!(statement[2].lots.len(), 1);
    assert_eq!(statement[2].lots[0].lot, statement[1].lots[0].lot);
}

#[tokio::test]
async fn replaying_every_event_three_times_changes_nothing() {
    let mut fixture = Fixture::new().await;
    let rule = CompensationRule {
        priority: Priority::High.into(),
        points: 500,
    };
    let program = Program {
        compensation_rules: vec![rule],
        enrols_automatically: true,
        ..stars()
    };
    fixture.create_program("stars", program).await.unwrap();
    let mut events = Vec::new();
    for number in 0..40 {
        let id = format!("c{number}");
        let customer = format!("customers/{id}");
        let created = CustomerCreated {
            customer: customer.clone(),
        };
        events.push(fixture.event(&customer, &created));
        let order = format!("s{number}");
        events.push(purchase(&fixture, &sale(&id, &order, 1_000 + number)));
        events.push(purchase(
            &fixture,
            &give_back(&id, &format!("r{number}"), &order, 250),
        ));
        let resolved = CaseResolved {
            case: format!("cases/{number}"),
            customer: customer.clone(),
            priority: Priority::High.into(),
            compensate: true,
            resolve_time: None,
        };
        events.push(fixture.event(&customer, &resolved));
    }
    fixture.deliver(&events).await;
    let first = fixture.summary().await;
    assert_eq!((first.member_count, first.compensated_points), (40, 40 * 500));
    assert_eq!((first.earned_points, first.taken_back_points), (400, 80));
    let rows = "SELECT COUNT(*) AS number FROM ledger_transaction UNION ALL SELECT COUNT(*) FROM outbox";
    let counted = fixture.numbers(rows).await;
    for _ in 0..3 {
        fixture.deliver(&events).await;
        // The same facts under new event ids, as a sender would tell them who lost count.
        let again: Vec<Event> = events
            .iter()
            .map(|event| Event {
                id: fixture.clock.clock().new_id(),
                ..event.clone()
            })
            .collect();
        fixture.deliver(&again).await;
    }
    assert_eq!(fixture.summary().await, first);
    assert_eq!(fixture.numbers(rows).await, counted);
    assert!(fixture.differences().await.is_empty());
}

#[tokio::test]
async fn purchases_in_another_currency_and_of_strangers_earn_nothing() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    let euros = Money {
        currency_code: "EUR".to_owned(),
        units: 50,
        nanos: 0,
    };
    let foreign = PurchaseRecorded {
        amount: Some(euros.clone()),
        ..sale("ann", "s1", 0)
    };
    fixture
        .deliver(&[
            purchase(&fixture, &foreign),
            purchase(&fixture, &sale("stranger", "s2", 900)),
        ])
        .await;
    assert_eq!(fixture.available(&member).await, 0);
    fixture
        .deliver(&[purchase(&fixture, &sale("ann", "s3", 900))])
        .await;
    let returned = PurchaseRecorded {
        amount: Some(euros),
        ..give_back("ann", "r3", "s3", 0)
    };
    fixture.deliver(&[purchase(&fixture, &returned)]).await;
    assert_eq!(
        fixture.available(&member).await,
        9,
        "no share can be reckoned from another currency"
    );
}

#[tokio::test]
async fn what_was_earned_is_taken_back_although_the_rule_is_gone_and_the_member_closed() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    fixture
        .deliver(&[purchase(&fixture, &sale("ann", "s1", 1_000))])
        .await;
    fixture.tamper("UPDATE program SET earning_currency = NULL").await;
    let deleted = CustomerDeleted {
        customer: "customers/ann".to_owned(),
    };
    fixture.deliver(&[fixture.event("customers/ann", &deleted)]).await;
    let events = [
        purchase(&fixture, &give_back("ann", "r1", "s1", 1_000)),
        purchase(&fixture, &sale("ann", "s2", 1_000)),
    ];
    fixture.deliver(&events).await;
    assert_eq!(fixture.available(&member).await, 0);
    assert_eq!(fixture.statement(&member).await.len(), 2);
}

#[tokio::test]
async fn a_case_compensates_once_by_its_priority_and_only_when_it_says_so() {
    let mut fixture = Fixture::new().await;
    let rule = |priority: Priority, points| CompensationRule {
        priority: priority.into(),
        points,
    };
    let rules = vec![rule(Priority::Normal, 100), rule(Priority::Urgent, 900)];
    fixture
        .create_program(
            "stars",
            Program {
                compensation_rules: rules,
                ..stars()
            },
        )
        .await
        .unwrap();
    let member = fixture.enrol("ann").await;
    let resolved = |case: &str, priority: Priority, compensate| CaseResolved {
        case: format!("cases/{case}"),
        customer: "customers/ann".to_owned(),
        priority: priority.into(),
        compensate,
        resolve_time: None,
    };
    for case in [
        resolved("1", Priority::Urgent, true),
        resolved("1", Priority::Urgent, true),
        resolved("2", Priority::Low, true),
        resolved("3", Priority::Urgent, false),
        resolved("4", Priority::Normal, true),
    ] {
        fixture.deliver(&[fixture.event("customers/ann", &case)]).await;
    }
    let moved = kinds_and_points(&mut fixture, &member).await;
    assert_eq!(
        moved,
        [
            (TransactionKind::Compensate, 900, 0),
            (TransactionKind::Compensate, 100, 0)
        ]
    );
}

#[tokio::test]
async fn new_customers_are_enrolled_where_the_program_says_so() {
    let mut fixture = Fixture::with_program().await;
    fixture
        .create_program(
            "welcome",
            Program {
                enrols_automatically: true,
                ..stars()
            },
        )
        .await
        .unwrap();
    let created = CustomerCreated {
        customer: "customers/ann".to_owned(),
    };
    fixture.deliver(&[fixture.event("customers/ann", &created)]).await;
    let request = ListMembersRequest {
        parent: "programs/-".to_owned(),
        filter: "customer = \"customers/ann\"".to_owned(),
        ..ListMembersRequest::default()
    };
    let members = fixture
        .client
        .list_members(request)
        .await
        .unwrap()
        .into_inner()
        .members;
    let names: Vec<&str> = members.iter().map(|member| member.name.as_str()).collect();
    assert_eq!(names, ["programs/welcome/members/ann"]);
}

#[tokio::test]
async fn an_event_that_makes_no_sense_is_refused_and_leaves_nothing() {
    let mut fixture = Fixture::with_program().await;
    let member = fixture.enrol("ann").await;
    let negative = Money {
        currency_code: "USD".to_owned(),
        units: -5,
        nanos: 0,
    };
    let enormous = Money {
        currency_code: "USD".to_owned(),
        units: i64::MAX / 100,
        nanos: 0,
    };
    fixture
        .tamper("UPDATE program SET earning_points = 1000000")
        .await;
    for amount in [None, Some(negative), Some(enormous)] {
        let event = purchase(
            &fixture,
            &PurchaseRecorded {
                amount,
                ..sale("ann", "s1", 0)
            },
        );
        for consumer in fixture.loyalty.consumers() {
            let error = consumer.handle(std::slice::from_ref(&event)).await.unwrap_err();
            assert!(!error.message().is_empty());
        }
    }
    assert_eq!(fixture.available(&member).await, 0);
}
