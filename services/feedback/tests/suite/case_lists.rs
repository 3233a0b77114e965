//! Cases are listed and counted.

use jiff::SignedDuration;
use rapport_contract::{
    feedback::v1::{Case, CaseState, ListCasesRequest, SummarizeCasesRequest},
    instant,
    r#type::v1::Priority,
};

use crate::service::{Service, answers, complaint, score, start, why};

impl Service {
    /// Names of all cases that a filter and an order give, page by page.
    async fn cases(&mut self, filter: &str, order_by: &str, page_size: i32) -> Vec<String> {
        let mut found = Vec::new();
        let mut page_token = String::new();
        loop {
            let request = ListCasesRequest {
                page_size,
                page_token,
                filter: filter.to_owned(),
                order_by: order_by.to_owned(),
            };
            let page = self.client.list_cases(request).await.unwrap().into_inner();
            assert!(
                page.cases.iter().all(|case| case.history.is_empty()),
                "lists have no histories"
            );
            found.extend(page.cases.into_iter().map(|case| case.name));
            page_token = page.next_page_token;
            if page_token.is_empty() {
                return found;
            }
        }
    }

    async fn open_many(&mut self) {
        let cases = [
            ("low", Priority::Low, "", 1),
            ("urgent", Priority::Urgent, "zoe", 2),
            ("high", Priority::High, "max", 3),
            ("normal", Priority::Normal, "", 4),
            ("other", Priority::Urgent, "zoe", 5),
        ];
        for (id, priority, owner, hours) in cases {
            let due = start() + SignedDuration::from_hours(hours);
            let case = Case {
                owner: owner.to_owned(),
                due_time: Some(instant::to_wire(due)),
                ..complaint(id, priority)
            };
            self.open_case(id, case).await.unwrap();
            self.clock
                .set(self.clock.clock().now() + SignedDuration::from_secs(1));
        }
    }
}

#[tokio::test]
async fn cases_are_listed_by_deadline_priority_or_age_in_pages() {
    let mut service = Service::start().await;
    service.open_many().await;
    let by_deadline = [
        "cases/low",
        "cases/urgent",
        "cases/high",
        "cases/normal",
        "cases/other",
    ];
    assert_eq!(service.cases("", "", 2).await, by_deadline);
    assert_eq!(
        service.cases("", "priority_rank desc, due_time", 2).await,
        [
            "cases/urgent",
            "cases/other",
            "cases/high",
            "cases/normal",
            "cases/low"
        ]
    );
    assert_eq!(
        service.cases("", "create_time desc", 1).await,
        [
            "cases/other",
            "cases/normal",
            "cases/high",
            "cases/urgent",
            "cases/low"
        ]
    );
}

#[tokio::test]
async fn cases_are_filtered_by_every_field_of_the_contract() {
    let mut service = Service::start().await;
    service.open_many().await;
    service.publish_hotel().await;
    service
        .submit("r-1", answers(vec![score("stay", 1)]))
        .await
        .unwrap();
    for (filter, expected) in [
        ("owner = zoe", 2),
        ("owner = \"\"", 2),
        ("priority = URGENT", 3),
        ("state = ASSIGNED", 4),
        ("state = OPEN OR state = ASSIGNED", 6),
        ("customer = \"customers/00004\"", 6),
        ("customer = \"customers/other\"", 0),
        ("survey = \"surveys/hotel\"", 1),
        ("due_time < \"2026-03-01T14:30:00Z\"", 2),
        ("create_time >= \"2026-03-01T12:00:04Z\"", 2),
        ("NOT owner = zoe AND priority != LOW", 3),
    ] {
        assert_eq!(service.cases(filter, "", 0).await.len(), expected, "{filter}");
    }
    let request = ListCasesRequest {
        filter: "priority_rank = 1".to_owned(),
        ..ListCasesRequest::default()
    };
    assert_eq!(why(service.client.list_cases(request).await), "INVALID_FILTER");
}

#[tokio::test]
async fn cases_are_counted_by_state_and_priority_and_overdue_as_of_now() {
    let mut service = Service::start().await;
    service.open_many().await;
    service.resolve("cases/low", "Done").await.unwrap();
    service.clock.set(start() + SignedDuration::from_hours(4));
    let summary = service
        .client
        .summarize_cases(SummarizeCasesRequest {})
        .await
        .unwrap()
        .into_inner();
    let counts: Vec<(CaseState, Priority, i64)> = summary
        .counts
        .iter()
        .map(|count| (count.state(), count.priority(), count.case_count))
        .collect();
    assert_eq!(
        counts,
        [
            (CaseState::Open, Priority::Normal, 1),
            (CaseState::Assigned, Priority::High, 1),
            (CaseState::Assigned, Priority::Urgent, 2),
            (CaseState::Resolved, Priority::Low, 1),
        ]
    );
    assert_eq!(
        summary.overdue_count, 2,
        "a deadline of this moment is not past, a resolved case is not overdue"
    );
    let mut other = service.of_tenant("bank").await;
    let nothing = other
        .summarize_cases(SummarizeCasesRequest {})
        .await
        .unwrap()
        .into_inner();
    assert_eq!((nothing.counts.len(), nothing.overdue_count), (0, 0));
}
