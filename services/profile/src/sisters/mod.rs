//! The sister services, asked over gRPC for their part of customer 360.

use std::{future::Future, time::Duration};

use futures::future::try_join_all;
use rapport_client::Sister;
use rapport_contract::{
    feedback::v1::{ListCasesRequest, feedback_service_client::FeedbackServiceClient},
    loyalty::v1::{
        GetBalanceRequest, GetProgramRequest, ListMembersRequest, Member, MemberState,
        loyalty_service_client::LoyaltyServiceClient,
    },
    name,
    profile::v1::{CaseView, MembershipView, SatisfactionView},
    satisfaction::v1::{
        GetCustomerSatisfactionRequest, satisfaction_service_client::SatisfactionServiceClient,
    },
};
use rapport_status::{Reason, reason_of};
use tokio::time::Instant;
use tonic::{Code, Request, Status};

/// How long each part may take with all its calls: a view comes within two seconds whatever the sister services do.
const DEADLINE: Duration = Duration::from_millis(1_500);

/// Memberships that the view shows at most.
const MOST_MEMBERSHIPS: i32 = 20;

/// Cases that the view shows at most.
const MOST_CASES: i32 = 20;

/// The sister services.
#[derive(Debug, Clone)]
pub struct Sisters {
    /// The feedback service.
    pub feedback: Sister,
    /// The satisfaction service.
    pub satisfaction: Sister,
    /// The loyalty service.
    pub loyalty: Sister,
}

/// A part of the view, or why it could not be had, in plain English.
pub(crate) type Part<T> = Result<T, String>;

impl Sisters {
    /// How satisfied a customer is; none when the customer never answered.
    pub(crate) async fn satisfaction(&self, customer: &str) -> Part<Option<SatisfactionView>> {
        let request = GetCustomerSatisfactionRequest {
            name: format!("{customer}/satisfaction"),
        };
        let time = TimeLeft::begin();
        let mut client = SatisfactionServiceClient::new(self.satisfaction.clone());
        part(&self.satisfaction, async move {
            match client.get_customer_satisfaction(time.give(request)).await {
                Ok(answer) => {
                    let answer = answer.into_inner();
                    Ok(Some(SatisfactionView {
                        answer_set_count: answer.answer_set_count,
                        index: answer.index,
                        latest_nps: answer.latest_nps,
                        latest_csat: answer.latest_csat,
                        latest_answer_time: answer.latest_answer_time,
                    }))
                }
                Err(status) if status.code() == Code::NotFound => Ok(None),
                Err(status) => Err(status),
            }
        })
        .await
    }

    /// The memberships of a customer that are not closed, with their balances.
    pub(crate) async fn memberships(&self, customer: &str) -> Part<Vec<MembershipView>> {
        let request = ListMembersRequest {
            parent: "programs/-".to_owned(),
            page_size: MOST_MEMBERSHIPS,
            filter: format!("customer = \"{customer}\""),
            ..ListMembersRequest::default()
        };
        let time = TimeLeft::begin();
        let client = LoyaltyServiceClient::new(self.loyalty.clone());
        part(&self.loyalty, async move {
            let members = client.clone().list_members(time.give(request)).await?;
            let open = members
                .into_inner()
                .members
                .into_iter()
                .filter(|member| member.state() != MemberState::Closed);
            try_join_all(open.map(|member| membership(client.clone(), time, member))).await
        })
        .await
    }

    /// The cases of a customer on which somebody has to work, the most pressing first.
    pub(crate) async fn open_cases(&self, customer: &str) -> Part<Vec<CaseView>> {
        let request = ListCasesRequest {
            page_size: MOST_CASES,
            filter: format!("customer = \"{customer}\" AND (state = OPEN OR state = ASSIGNED)"),
            order_by: "priority_rank desc, due_time".to_owned(),
            ..ListCasesRequest::default()
        };
        let time = TimeLeft::begin();
        let mut client = FeedbackServiceClient::new(self.feedback.clone());
        part(&self.feedback, async move {
            let cases = client.list_cases(time.give(request)).await?.into_inner().cases;
            Ok(cases
                .into_iter()
                .map(|case| CaseView {
                    case: case.name,
                    subject: case.subject,
                    priority: case.priority,
                    owner: case.owner,
                    due_time: case.due_time,
                })
                .collect())
        })
        .await
    }
}

async fn membership(
    client: LoyaltyServiceClient<Sister>,
    time: TimeLeft,
    member: Member,
) -> Result<MembershipView, Status> {
    let [program, _] = name::MEMBER
        .parse(&member.name)
        .ok_or_else(|| Status::internal(format!("{:?} is no name of a member", member.name)))?;
    let program = GetProgramRequest {
        name: name::PROGRAM.format([program]),
    };
    let balance = GetBalanceRequest {
        name: format!("{}/balance", member.name),
        ..GetBalanceRequest::default()
    };
    let (mut programs, mut balances) = (client.clone(), client);
    let (program, balance) = futures::try_join!(
        programs.get_program(time.give(program)),
        balances.get_balance(time.give(balance))
    )?;
    let balance = balance.into_inner();
    let next = balance.expirations.into_iter().next();
    Ok(MembershipView {
        member: member.name,
        program_title: program.into_inner().title,
        available_points: balance.available_points,
        reserved_points: balance.reserved_points,
        next_expiring_points: next.as_ref().map_or(0, |next| next.points),
        next_expire_time: next.and_then(|next| next.expire_time),
    })
}

/// The time that a part has: all its calls together.
#[derive(Debug, Clone, Copy)]
struct TimeLeft {
    until: Instant,
}

impl TimeLeft {
    fn begin() -> Self {
        Self {
            until: Instant::now() + DEADLINE,
        }
    }

    /// A request that may take what is left.
    fn give<T>(self, message: T) -> Request<T> {
        let mut request = Request::new(message);
        request.set_timeout(self.until.saturating_duration_since(Instant::now()));
        request
    }
}

/// The part that calls to a sister service gave, or why they did not.
async fn part<T>(sister: &Sister, calls: impl Future<Output = Result<T, Status>>) -> Part<T> {
    calls.await.map_err(|status| {
        let name = sister.name();
        tracing::warn!(sister = name, code = ?status.code(), message = status.message(), "a part of a view is missing");
        if reason_of(&status).is_some_and(|reason| reason == Reason::SisterUnavailable.name()) {
            // It names the service, and says how it failed.
            return status.message().to_owned();
        }
        format!(
            "the {name} service answered {:?}: {}",
            status.code(),
            status.message()
        )
    })
}
