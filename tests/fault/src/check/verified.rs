//! What the services find when they recompute everything, and what databases and logs hold that they must not.

use rapport_contract::{loyalty::v1::VerifyLedgerRequest, satisfaction::v1::VerifyRollupsRequest};
use tonic::Status;

use crate::{
    cluster::Cluster,
    services::{Clients, SERVICES},
};

/// Has the services recompute ledger and roll-ups.
pub(crate) async fn by_the_services(clients: &Clients) -> Vec<String> {
    let mut found = Vec::new();
    for (what, outcome) in [
        ("the ledger", ledger(clients).await),
        ("the roll-ups", rollups(clients).await),
    ] {
        match outcome {
            Ok(differences) => found.extend(differences.into_iter().map(|one| format!("{what}: {one}"))),
            Err(status) => found.push(format!("{what} cannot be verified: {status}")),
        }
    }
    found
}

async fn ledger(clients: &Clients) -> Result<Vec<String>, Status> {
    let mut stream = clients
        .loyalty
        .clone()
        .verify_ledger(VerifyLedgerRequest {})
        .await?
        .into_inner();
    let (mut found, mut done) = (Vec::new(), false);
    while let Some(step) = stream.message().await? {
        found.extend(step.differences);
        done = step.done;
    }
    if !done {
        found.push("the verification ended before it was done".to_owned());
    }
    Ok(found)
}

async fn rollups(clients: &Clients) -> Result<Vec<String>, Status> {
    let verified = clients
        .satisfaction
        .clone()
        .verify_rollups(VerifyRollupsRequest {})
        .await?;
    Ok(verified.into_inner().differences)
}

/// Events that nobody could take, and events that still wait.
pub(crate) fn in_the_databases(cluster: &Cluster) -> Vec<String> {
    let mut found = Vec::new();
    for service in SERVICES {
        let letters = cluster.rows(
            service,
            "SELECT consumer, topic, reason FROM dead_letter LIMIT 10",
        );
        found.extend(
            letters
                .into_iter()
                .map(|row| format!("dead letter of {service}: {row}")),
        );
        let waiting = cluster.rows(service, "SELECT count(*) FROM outbox WHERE relayed_at IS NULL");
        if waiting != ["0"] {
            found.push(format!(
                "events that wait in the outbox of {service}: {waiting:?}"
            ));
        }
    }
    found
}

/// Lines that ask for a person: no fault of this test is one.
pub(crate) fn in_the_logs(cluster: &Cluster) -> Vec<String> {
    cluster
        .log_lines()
        .filter(|(_, line)| line.contains(r#""level":"ERROR""#) || line.contains("panicked at"))
        .map(|(label, line)| format!("log of {label}: {}", line.chars().take(600).collect::<String>()))
        .collect()
}
