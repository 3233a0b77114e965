//! `rapport verify`

use std::process::ExitCode;

use clap::Args;
use rapport_contract::{loyalty::v1::VerifyLedgerRequest, satisfaction::v1::VerifyRollupsRequest};

use rapport_process::Failure;

use crate::client::{Clients, ServerArguments};

#[derive(Debug, Args)]
pub(super) struct VerifyArguments {
    #[command(flatten)]
    server: ServerArguments,
}

/// Recomputes ledger and roll-ups. Exit code 1 when something differs.
pub(super) async fn run(arguments: &VerifyArguments) -> Result<ExitCode, Failure> {
    let clients = Clients::connect_as(&arguments.server).await?;
    let ledger = verify_ledger(&clients).await?;
    let rollups = verify_rollups(&clients).await?;
    Ok(if ledger && rollups {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}

async fn verify_ledger(clients: &Clients) -> Result<bool, Failure> {
    let mut stream = clients
        .loyalty
        .clone()
        .verify_ledger(VerifyLedgerRequest {})
        .await?
        .into_inner();
    let progress = indicatif::ProgressBar::no_length().with_message("verifying the ledger");
    let mut last = None;
    while let Some(step) = stream.message().await? {
        progress.set_length(step.member_count.unsigned_abs());
        progress.set_position(step.verified_member_count.unsigned_abs());
        for difference in &step.differences {
            progress.suspend(|| println!("ledger: {difference}"));
        }
        last = Some(step);
    }
    progress.finish_and_clear();
    let last = last.filter(|step| step.done).ok_or_else(|| {
        Failure::new("the verification of the ledger ended before it was done").mend("run it again")
    })?;
    println!(
        "ledger: {} members and {} entries verified, {} differences",
        last.member_count, last.entry_count, last.difference_count
    );
    Ok(last.difference_count == 0)
}

async fn verify_rollups(clients: &Clients) -> Result<bool, Failure> {
    let found = clients
        .satisfaction
        .clone()
        .verify_rollups(VerifyRollupsRequest {})
        .await?
        .into_inner();
    for difference in &found.differences {
        println!("roll-ups: {difference}");
    }
    println!(
        "roll-ups: {} rows recomputed from {} scores, {} differences",
        found.rollup_count, found.score_count, found.difference_count
    );
    Ok(found.difference_count == 0)
}
