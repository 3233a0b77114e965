//! Calls of the loyalty service.

use rapport_contract::loyalty::v1::{
    BatchEnrolMembersRequest, CreateProgramRequest, EarnPointsRequest, EarningRule, GetBalanceRequest,
    Program, VerifyLedgerRequest, loyalty_service_client::LoyaltyServiceClient,
};
use tonic::{Status, transport::Channel};
use uuid::Uuid;

use crate::{Outcome, stage::Running};

/// The program of all members.
pub const PROGRAM: &str = "programs/load";

/// Most customers of one call of enrolment.
const BATCH: u32 = 1_000;

/// Makes the program, a point for each dollar, for two years.
pub async fn create_program(service: &Running) -> Outcome<()> {
    let program = Program {
        title: "Load".to_owned(),
        earning_rule: Some(EarningRule {
            currency_code: "USD".to_owned(),
            points: 1,
            per_amount_minor: 100,
        }),
        lifetime_months: 24,
        ..Program::default()
    };
    let request = CreateProgramRequest {
        program_id: "load".to_owned(),
        program: Some(program),
    };
    service.loyalty(0).create_program(request).await?;
    Ok(())
}

/// Enrols members 0, 1, 2, and so on.
pub async fn enrol(service: &Running, members: u32) -> Outcome<()> {
    for first in (0..members).step_by(usize::try_from(BATCH)?) {
        let customers = (first..members.min(first + BATCH)).map(|number| format!("customers/{number}"));
        let request = BatchEnrolMembersRequest {
            parent: PROGRAM.to_owned(),
            customers: customers.collect(),
        };
        service.loyalty(0).batch_enrol_members(request).await?;
    }
    Ok(())
}

/// The name of a member.
pub fn member(number: u64) -> String {
    format!("{PROGRAM}/members/{number}")
}

/// Earns ten points under a new request id.
pub async fn earn(mut client: LoyaltyServiceClient<Channel>, member: String) -> Result<(), Status> {
    let request = EarnPointsRequest {
        request_id: Uuid::now_v7().to_string(),
        member,
        points: 10,
        reason: "Load".to_owned(),
        expire_time: None,
        ..EarnPointsRequest::default()
    };
    client.earn_points(request).await?;
    Ok(())
}

/// Reads a balance.
pub async fn available(mut client: LoyaltyServiceClient<Channel>, member: &str) -> Result<i64, Status> {
    let request = GetBalanceRequest {
        name: format!("{member}/balance"),
        ..GetBalanceRequest::default()
    };
    Ok(client.get_balance(request).await?.into_inner().available_points)
}

/// Has the ledger recomputed; fails with the first difference.
pub async fn verify(service: &Running) -> Outcome<()> {
    let mut progress = service
        .loyalty(0)
        .verify_ledger(VerifyLedgerRequest {})
        .await?
        .into_inner();
    while let Some(step) = progress.message().await? {
        if let Some(difference) = step.differences.first() {
            return Err(format!(
                "the ledger has {} differences: {difference}",
                step.difference_count
            )
            .into());
        }
    }
    Ok(())
}
