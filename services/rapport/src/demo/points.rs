//! The loyalty program of the demonstration.

use std::{collections::BTreeMap, time::Duration};

use rapport_contract::{
    loyalty::v1::{
        BatchEnrolMembersRequest, CompensationRule, CreateProgramRequest, EarningRule, Program,
        RedeemPointsRequest, SummarizeLedgerRequest,
    },
    name,
    r#type::v1::Priority,
};

use super::{progress, samples};
use rapport_process::Failure;

use crate::client::Clients;

const PROGRAM: &str = "harbour-stars";
const CUSTOMERS_PER_CALL: usize = 500;

/// Points for each case that is resolved.
pub(super) const COMPENSATION: i64 = 200;

/// What a redemption of the demonstration costs, how many there are, and what the members must have bought.
const REWARD: i64 = 50;
const REDEMPTIONS: usize = 100;

/// How long posting and scoring may take.
const PATIENCE: Duration = Duration::from_mins(2);

pub(super) fn program() -> String {
    name::PROGRAM.format([PROGRAM])
}

/// Creates the program: a point for each dollar, 24 months long.
pub(super) async fn create_program(clients: &Clients) -> Result<(), Failure> {
    let compensation = |priority: Priority| CompensationRule {
        priority: priority.into(),
        points: COMPENSATION,
    };
    let program = Program {
        title: "Harbour Stars".to_owned(),
        earning_rule: Some(EarningRule {
            currency_code: "USD".to_owned(),
            points: 1,
            per_amount_minor: 100,
        }),
        compensation_rules: vec![compensation(Priority::Normal), compensation(Priority::High)],
        lifetime_months: 24,
        ..Program::default()
    };
    let request = CreateProgramRequest {
        program_id: PROGRAM.to_owned(),
        program: Some(program),
    };
    clients.loyalty.clone().create_program(request).await?;
    println!("  the program Harbour Stars gives a point for each dollar");
    Ok(())
}

/// Makes every customer a member.
pub(super) async fn enrol(clients: &Clients, purchases: &[samples::Purchase]) -> Result<(), Failure> {
    let customers = samples::customers(purchases);
    let bar = progress::bar("enrolling members", customers.len());
    let (mut enrolled, mut existing) = (0, 0);
    for part in customers.chunks(CUSTOMERS_PER_CALL) {
        let customers = part.iter().map(|id| name::CUSTOMER.format([id])).collect();
        let request = BatchEnrolMembersRequest {
            parent: program(),
            customers,
        };
        let answer = clients
            .loyalty
            .clone()
            .batch_enrol_members(request)
            .await?
            .into_inner();
        enrolled += answer.enrolled_count;
        existing += answer.existing_count;
        bar.inc(part.len() as u64);
    }
    progress::done(&bar, &format!("{enrolled} members enrolled, {existing} before"));
    Ok(())
}

/// Points that the purchases must earn, by customer.
fn expected(purchases: &[samples::Purchase]) -> BTreeMap<&str, i64> {
    let mut points = BTreeMap::new();
    for purchase in purchases {
        *points.entry(purchase.customer.as_str()).or_default() += purchase.amount.minor / 100;
    }
    points
}

/// Waits until the events of purchases and cases have become points.
pub(super) async fn wait_until_posted(
    clients: &Clients,
    purchases: &[samples::Purchase],
    compensated: usize,
) -> Result<(), Failure> {
    let earned: i64 = expected(purchases).values().sum();
    let compensation = COMPENSATION * i64::try_from(compensated).unwrap_or(i64::MAX);
    let bar = progress::bar("posting points", usize::try_from(earned).unwrap_or_default());
    let posted = async {
        loop {
            let request = SummarizeLedgerRequest {
                program: program(),
                ..SummarizeLedgerRequest::default()
            };
            let summary = clients
                .loyalty
                .clone()
                .summarize_ledger(request)
                .await?
                .into_inner();
            bar.set_position(summary.earned_points.unsigned_abs());
            if summary.earned_points == earned && summary.compensated_points == compensation {
                return Ok::<(), Failure>(());
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
    };
    tokio::time::timeout(PATIENCE, posted).await.map_err(|_| {
        Failure::new("the points of the purchases were not posted in time")
            .mend("run it again: it goes on where it was; the log tells what was in the way")
    })??;
    progress::done(
        &bar,
        &format!("{earned} points earned by purchases, {compensation} given as compensation"),
    );
    Ok(())
}

/// Has some members spend points.
pub(super) async fn redeem_some(clients: &Clients, purchases: &[samples::Purchase]) -> Result<(), Failure> {
    let members: Vec<&str> = expected(purchases)
        .into_iter()
        .filter(|(_, points)| *points >= REWARD)
        .map(|(customer, _)| customer)
        .take(REDEMPTIONS)
        .collect();
    let bar = progress::bar("redeeming rewards", members.len());
    for member in &members {
        let request = RedeemPointsRequest {
            request_id: format!("demo-breakfast-{member}"),
            member: name::MEMBER.format([PROGRAM, member]),
            points: REWARD,
            reason: "Breakfast for one".to_owned(),
            ..RedeemPointsRequest::default()
        };
        clients.loyalty.clone().redeem_points(request).await?;
        bar.inc(1);
    }
    progress::done(
        &bar,
        &format!("{} members redeemed {REWARD} points each", members.len()),
    );
    Ok(())
}
