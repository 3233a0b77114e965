//! The sister services, asked over gRPC for their part of customer 360.

use std::{future::Future, time::Duration};

use futures::future::try_join_all;
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
use tonic::{Code, Status, transport::Channel};

/// How long each sister service gets to answer.
const DEADLINE: Duration = Duration::from_secs(2);

/// Memberships that the view shows at most.
const MOST_MEMBERSHIPS: i32 = 20;

/// Cases that the view shows at most.
const MOST_CASES: i32 = 20;

/// Channels to the sister services.
#[derive(Debug, Clone)]
pub(crate) struct Sisters {
    /// To the feedback service.
    pub feedback: Channel,
    /// To the satisfaction service.
    pub satisfaction: Channel,
    /// To the loyalty service.
    pub loyalty: Channel,
}

/// A part of the view, or why it could not be had, in plain English.
pub(crate) type Part<T> = Result<T, String>;

impl Sisters {
    /// How satisfied a customer is; none when the customer never answered.
    pub(crate) async fn satisfaction(&self, customer: &str) -> Part<Option<SatisfactionView>> {
        let request = GetCustomerSatisfactionRequest {
            name: format!("{customer}/satisfaction"),
        };
        let mut client = SatisfactionServiceClient::new(self.satisfaction.clone());
        within("the satisfaction service", async move {
            match client.get_customer_satisfaction(request).await {
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
        let client = LoyaltyServiceClient::new(self.loyalty.clone());
        within("the loyalty service", async move {
            let members = client.clone().list_members(request).await?.into_inner().members;
            let open = members
                .into_iter()
                .filter(|member| member.state() != MemberState::Closed);
            try_join_all(open.map(|member| membership(client.clone(), member))).await
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
        let mut client = FeedbackServiceClient::new(self.feedback.clone());
        within("the feedback service", async move {
            let cases = client.list_cases(request).await?.into_inner().cases;
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

async fn membership(client: LoyaltyServiceClient<Channel>, member: Member) -> Result<MembershipView, Status> {
    let [program, _] = name::MEMBER
        .parse(&member.name)
        .ok_or_else(|| Status::internal(format!("{:?} is no name of a member", member.name)))?;
    let program = GetProgramRequest {
        name: name::PROGRAM.format([program]),
    };
    let balance = GetBalanceRequest {
        name: format!("{}/balance", member.name),
    };
    let (mut programs, mut balances) = (client.clone(), client);
    let (program, balance) =
        futures::try_join!(programs.get_program(program), balances.get_balance(balance))?;
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

/// Waits for a sister service no longer than the deadline.
async fn within<T>(who: &str, call: impl Future<Output = Result<T, Status>>) -> Part<T> {
    match tokio::time::timeout(DEADLINE, call).await {
        Ok(Ok(part)) => Ok(part),
        Ok(Err(status)) => {
            tracing::warn!(who, code = ?status.code(), message = status.message(), "a sister service did not give its part");
            Err(format!(
                "{who} answered {:?}: {}",
                status.code(),
                status.message()
            ))
        }
        Err(_) => {
            tracing::warn!(who, "a sister service did not answer in time");
            Err(format!("{who} did not answer within {} s", DEADLINE.as_secs()))
        }
    }
}
