//! Calls to real servers on the loopback address, some of them behind a proxy that does what networks do.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod deadlines;
mod encryption;
mod faults;
mod repetition;
mod server;

use std::{net::SocketAddr, time::Duration};

use rapport_client::{BreakerPolicy, CallPolicy, Sister};
use rapport_contract::loyalty::v1::{
    EarnPointsRequest, GetBalanceRequest, UpdateProgramRequest, loyalty_service_client::LoyaltyServiceClient,
};
use tonic::Status;

/// A policy under which no number of failures has the service left alone.
fn patient() -> CallPolicy {
    CallPolicy {
        breaker: BreakerPolicy {
            failure_share: 2.0,
            ..BreakerPolicy::default()
        },
        ..CallPolicy::default()
    }
}

/// The loyalty service at these addresses.
fn sister(addresses: &[SocketAddr], policy: CallPolicy) -> Sister {
    let addresses: Vec<_> = addresses
        .iter()
        .map(|address| format!("http://{address}"))
        .collect();
    Sister::connect("loyalty", &addresses.join(","), None, policy).unwrap()
}

/// A call that may be sent again, for it has a request id.
async fn earn(sister: &Sister) -> Result<(), Status> {
    let request = EarnPointsRequest {
        request_id: "one".to_owned(),
        ..EarnPointsRequest::default()
    };
    LoyaltyServiceClient::new(sister.clone())
        .earn_points(request)
        .await
        .map(drop)
}

/// A call that may be sent again, for it only reads.
async fn read(sister: &Sister) -> Result<(), Status> {
    LoyaltyServiceClient::new(sister.clone())
        .get_balance(GetBalanceRequest::default())
        .await
        .map(drop)
}

/// A call that must not be sent again.
async fn change(sister: &Sister) -> Result<(), Status> {
    LoyaltyServiceClient::new(sister.clone())
        .update_program(UpdateProgramRequest::default())
        .await
        .map(drop)
}

/// Fails unless a call was refused because the service is not available, within a time; gives the message.
#[track_caller]
fn assert_unavailable(outcome: Result<(), Status>) -> String {
    let status = outcome.expect_err("the service cannot have answered");
    assert_eq!(
        rapport_testkit::reason(&status),
        "SISTER_UNAVAILABLE",
        "{}",
        rapport_testkit::described(&status)
    );
    let message = status.message().to_owned();
    assert!(
        message.starts_with("the loyalty service is not available: "),
        "{message}"
    );
    message
}

/// Does something again and again until it holds, for ten seconds at most.
async fn until(what: &str, mut holds: impl AsyncFnMut() -> bool) {
    for _ in 0..1_000 {
        if holds().await {
            return;
        }
        tokio::time::sleep(Duration::from_millis(10)).await;
    }
    panic!("after ten seconds it still does not hold that {what}");
}
