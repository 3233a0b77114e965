//! Cases: opened by hand, followed up step by step.

use jiff::SignedDuration;
use rapport_contract::{
    feedback::v1::{
        AssignCaseRequest, Case, CaseState, CloseCaseRequest, GetCaseRequest, ReopenCaseRequest,
        ResolveCaseRequest,
    },
    instant,
    r#type::v1::Priority,
};
use tonic::{Response, Status};

use crate::service::{Service, complaint, start, why};

const NAME: &str = "cases/c-1";

impl Service {
    async fn read_case(&mut self, name: &str) -> Result<Case, Status> {
        let request = GetCaseRequest {
            name: name.to_owned(),
        };
        self.client.get_case(request).await.map(Response::into_inner)
    }

    async fn assign(&mut self, name: &str, owner: &str) -> Result<Case, Status> {
        let request = AssignCaseRequest {
            name: name.to_owned(),
            owner: owner.to_owned(),
            due_time: None,
        };
        self.client.assign_case(request).await.map(Response::into_inner)
    }

    pub(crate) async fn resolve(&mut self, name: &str, resolution: &str) -> Result<Case, Status> {
        let request = ResolveCaseRequest {
            name: name.to_owned(),
            resolution: resolution.to_owned(),
            compensate: false,
        };
        self.client.resolve_case(request).await.map(Response::into_inner)
    }

    pub(crate) async fn close_case(&mut self, name: &str) -> Result<Case, Status> {
        let request = CloseCaseRequest {
            name: name.to_owned(),
        };
        self.client.close_case(request).await.map(Response::into_inner)
    }

    async fn reopen(&mut self, name: &str) -> Result<Case, Status> {
        let request = ReopenCaseRequest {
            name: name.to_owned(),
            reason: "Guest called again".to_owned(),
            due_time: None,
        };
        self.client.reopen_case(request).await.map(Response::into_inner)
    }
}

#[tokio::test]
async fn a_case_is_followed_up_and_its_history_tells_who_did_what() {
    let mut service = Service::start().await;
    let opened = service
        .open_case("c-1", complaint("Cold breakfast", Priority::Unspecified))
        .await
        .unwrap();
    assert_eq!((opened.name.as_str(), opened.state()), (NAME, CaseState::Open));
    assert_eq!(
        opened.priority(),
        Priority::Normal,
        "a priority that is not stated is the usual one"
    );
    assert_eq!(
        opened.due_time,
        Some(instant::to_wire(start() + SignedDuration::from_hours(72)))
    );
    service.wait(1);
    assert_eq!(
        service.assign(NAME, "zoe").await.unwrap().state(),
        CaseState::Assigned
    );
    service.wait(1);
    let resolved = service.resolve(NAME, "Said sorry").await.unwrap();
    assert_eq!(
        (resolved.state(), resolved.resolution.as_str()),
        (CaseState::Resolved, "Said sorry")
    );
    assert_eq!(
        resolved.resolve_time,
        Some(instant::to_wire(start() + SignedDuration::from_hours(2)))
    );
    assert_eq!(service.close_case(NAME).await.unwrap().state(), CaseState::Closed);
    let reopened = service.reopen(NAME).await.unwrap();
    assert_eq!(
        (reopened.state(), reopened.resolve_time),
        (CaseState::Assigned, None)
    );
    let read = service.read_case(NAME).await.unwrap();
    assert_eq!(read, reopened);
    let history: Vec<(&str, &str, &str)> = read
        .history
        .iter()
        .map(|event| (event.actor.as_str(), event.action.as_str(), event.note.as_str()))
        .collect();
    assert_eq!(
        history,
        [
            ("local", "opened", ""),
            ("local", "assigned", "zoe"),
            ("local", "resolved", "Said sorry"),
            ("local", "closed", ""),
            ("local", "reopened", "Guest called again"),
        ]
    );
    assert_eq!(read.etag, "5");
}

#[tokio::test]
async fn repeated_steps_change_nothing() {
    let mut service = Service::start().await;
    service
        .open_case("c-1", complaint("Noise", Priority::Low))
        .await
        .unwrap();
    let assigned = service.assign(NAME, "zoe").await.unwrap();
    service.wait(1);
    assert_eq!(service.assign(NAME, "zoe").await.unwrap(), assigned);
    let resolved = service.resolve(NAME, "Moved the guest").await.unwrap();
    service.wait(1);
    assert_eq!(service.resolve(NAME, "Moved the guest").await.unwrap(), resolved);
    let closed = service.close_case(NAME).await.unwrap();
    service.wait(1);
    assert_eq!(service.close_case(NAME).await.unwrap(), closed);
}

#[tokio::test]
async fn the_same_content_creates_a_case_once_and_other_content_is_refused() {
    let mut service = Service::start().await;
    let first = service
        .open_case("c-1", complaint("Noise", Priority::Low))
        .await
        .unwrap();
    service.wait(1);
    let again = service
        .open_case("c-1", complaint("Noise", Priority::Low))
        .await
        .unwrap();
    assert_eq!(again, first);
    assert_eq!(
        why(service.open_case("c-1", complaint("Smoke", Priority::Low)).await),
        "CASE_ALREADY_EXISTS"
    );
    assert_eq!(service.told().await.len(), 1, "one case was opened");
    let made = service
        .open_case("", complaint("Noise", Priority::Low))
        .await
        .unwrap();
    assert_ne!(made.name, first.name);
}

#[tokio::test]
async fn steps_that_the_state_does_not_allow_are_refused() {
    let mut service = Service::start().await;
    service
        .open_case("c-1", complaint("Noise", Priority::Low))
        .await
        .unwrap();
    for outcome in [service.close_case(NAME).await, service.reopen(NAME).await] {
        assert_eq!(why(outcome), "CASE_STATE_CONFLICT");
    }
    service.resolve(NAME, "Moved the guest").await.unwrap();
    assert_eq!(
        why(service.resolve(NAME, "Sent flowers").await),
        "CASE_STATE_CONFLICT"
    );
    service.close_case(NAME).await.unwrap();
    for outcome in [
        service.assign(NAME, "zoe").await,
        service.resolve(NAME, "Moved the guest").await,
    ] {
        assert_eq!(why(outcome), "CASE_STATE_CONFLICT");
    }
}

#[tokio::test]
async fn cases_that_are_not_there_are_said_not_to_be() {
    let mut service = Service::start().await;
    for outcome in [
        service.read_case("cases/none").await,
        service.assign("cases/none", "zoe").await,
        service.resolve("cases/none", "x").await,
        service.close_case("cases/none").await,
        service.reopen("cases/none").await,
    ] {
        assert_eq!(why(outcome), "CASE_NOT_FOUND");
    }
    assert_eq!(why(service.read_case("case/none").await), "INVALID_NAME");
}

#[tokio::test]
async fn a_case_with_an_owner_begins_assigned_and_keeps_a_given_deadline() {
    let mut service = Service::start().await;
    let due = instant::to_wire(start() - SignedDuration::from_hours(1));
    let given = Case {
        owner: "zoe".to_owned(),
        due_time: Some(due),
        ..complaint("Noise", Priority::Urgent)
    };
    let case = service.open_case("c-1", given).await.unwrap();
    assert_eq!((case.state(), case.due_time), (CaseState::Assigned, Some(due)));
}
