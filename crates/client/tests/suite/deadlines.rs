//! How long calls take at most, and what the service is told of it.

use std::time::{Duration, Instant};

use rapport_client::CallPolicy;
use rapport_contract::loyalty::v1::{GetBalanceRequest, loyalty_service_client::LoyaltyServiceClient};
use tonic::Request;

use crate::{
    assert_unavailable, change, patient, read,
    server::{Reaction, Replica},
    sister,
};

/// The time that the last call was told to have, in microseconds.
fn told(replica: &Replica) -> u64 {
    let headers = replica.last_headers();
    let text = headers["grpc-timeout"].to_str().unwrap().to_owned();
    text.strip_suffix('u')
        .unwrap_or_else(|| panic!("{text:?} is in microseconds"))
        .parse()
        .unwrap()
}

#[tokio::test]
async fn a_service_is_told_how_much_time_it_has() {
    let replica = Replica::start().await;
    let sister = sister(&[replica.address], patient());
    change(&sister).await.unwrap();
    let whole = told(&replica);
    assert!(
        (1_500_000..=2_000_000).contains(&whole),
        "the only attempt has the whole time, not {whole} µs"
    );
    read(&sister).await.unwrap();
    let half = told(&replica);
    assert!(
        (700_000..=1_000_000).contains(&half),
        "an attempt that another can follow has half of it, not {half} µs"
    );
}

#[tokio::test]
async fn a_shorter_deadline_of_the_caller_is_passed_on_and_a_longer_one_is_not() {
    let replica = Replica::start().await;
    let sister = sister(
        &[replica.address],
        CallPolicy {
            attempts: 1,
            ..patient()
        },
    );
    for (wanted, expected) in [
        (Duration::from_millis(500), 0..=500_000),
        (Duration::from_mins(1), 1_500_000..=2_000_000),
    ] {
        let mut request = Request::new(GetBalanceRequest::default());
        request.set_timeout(wanted);
        LoyaltyServiceClient::new(sister.clone())
            .get_balance(request)
            .await
            .unwrap();
        let seen = told(&replica);
        assert!(
            expected.contains(&seen),
            "{wanted:?} of the caller became {seen} µs"
        );
    }
}

#[tokio::test]
async fn a_silent_service_is_named_when_the_deadline_is_over() {
    let replica = Replica::reacting(|_| Reaction::Silence).await;
    let policy = CallPolicy {
        deadline: Duration::from_millis(400),
        ..patient()
    };
    let sister = sister(&[replica.address], policy);
    let begun = Instant::now();
    let message = assert_unavailable(read(&sister).await);
    let elapsed = begun.elapsed();
    assert!(message.contains("did not answer"), "{message}");
    assert!(elapsed < Duration::from_secs(1), "it took {elapsed:?}");
}
