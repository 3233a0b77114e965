//! Replicas that are gone, silent, cut off in the middle of an answer, or all of it at once.

use std::time::{Duration, Instant};

use rapport_client::{BreakerPolicy, CallPolicy, Sister};
use rapport_testkit::FaultProxy;

use crate::{assert_unavailable, earn, patient, read, server::Replica, sister};

#[tokio::test]
async fn calls_spread_over_all_replicas() {
    let replicas = [
        Replica::start().await,
        Replica::start().await,
        Replica::start().await,
    ];
    let sister = sister(&replicas.each_ref().map(|replica| replica.address), patient());
    for _ in 0..300 {
        read(&sister).await.unwrap();
    }
    let calls = replicas.each_ref().map(Replica::calls);
    assert!(calls.iter().all(|calls| (60..=140).contains(calls)), "{calls:?}");
}

#[tokio::test]
async fn no_call_fails_when_one_of_two_replicas_goes_away() {
    let stays = Replica::start().await;
    let goes = Replica::start().await;
    let sister = sister(&[stays.address, goes.address], patient());
    for _ in 0..20 {
        earn(&sister).await.unwrap();
    }
    assert!(goes.calls() > 0);
    drop(goes);
    for _ in 0..50 {
        earn(&sister).await.unwrap();
    }
}

#[tokio::test]
async fn a_silent_replica_costs_one_attempt_and_is_left_out_then() {
    let (first, second) = (Replica::start().await, Replica::start().await);
    let proxy = FaultProxy::start(second.address).await;
    let policy = CallPolicy {
        deadline: Duration::from_millis(600),
        ..patient()
    };
    let sister = sister(&[first.address, proxy.address()], policy);
    while second.calls() == 0 {
        read(&sister).await.unwrap();
    }
    proxy.stall();
    let begun = Instant::now();
    for _ in 0..20 {
        read(&sister).await.expect("the other replica answers");
    }
    // The silent one is tried again now and then: after 250 ms, 500 ms, 1 s, each time for half of the deadline.
    let elapsed = begun.elapsed();
    assert!(elapsed < Duration::from_secs(2), "20 calls took {elapsed:?}");
}

#[tokio::test]
async fn an_answer_that_breaks_off_is_asked_for_again() {
    let replica = Replica::start().await;
    let proxy = FaultProxy::start(replica.address).await;
    let sister = sister(&[proxy.address()], patient());
    read(&sister).await.unwrap();
    let before = replica.calls();
    // Enough for the call to arrive, and too little for its answer.
    proxy.cut_after(1);
    let healing = tokio::spawn(async move {
        tokio::time::sleep(Duration::from_millis(20)).await;
        proxy.heal();
        proxy
    });
    earn(&sister).await.expect("a later attempt succeeds");
    assert!(replica.calls() > before);
    drop(healing.await);
}

#[tokio::test]
async fn a_service_that_is_gone_is_named_at_once() {
    let replica = Replica::start().await;
    let address = replica.address;
    drop(replica);
    let sister = sister(&[address], CallPolicy::default());
    let begun = Instant::now();
    let message = assert_unavailable(read(&sister).await);
    assert!(message.contains("cannot be reached"), "{message}");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "it took {:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn a_service_that_fails_again_and_again_is_left_alone_and_comes_back() {
    let replica = Replica::start().await;
    let proxy = FaultProxy::start(replica.address).await;
    let policy = CallPolicy {
        deadline: Duration::from_millis(200),
        breaker: BreakerPolicy {
            pause: Duration::from_millis(300),
            ..BreakerPolicy::default()
        },
        ..CallPolicy::default()
    };
    let sister = sister(&[proxy.address()], policy);
    read(&sister).await.unwrap();
    proxy.stall();
    crate::until("the service is left alone", async || {
        assert_unavailable(read(&sister).await).contains("left alone")
    })
    .await;
    let begun = Instant::now();
    assert_unavailable(read(&sister).await);
    assert!(
        begun.elapsed() < Duration::from_millis(100),
        "it is told at once, not after {:?}",
        begun.elapsed()
    );
    proxy.heal();
    crate::until("the service is called again", async || {
        read(&sister).await.is_ok()
    })
    .await;
    for _ in 0..10 {
        read(&sister).await.unwrap();
    }
}

#[tokio::test]
async fn a_service_is_found_by_its_name() {
    let replica = Replica::start().await;
    // The name may stand for an address of IPv6, too, where nobody listens.
    let address = format!("http://localhost:{}", replica.address.port());
    let sister = Sister::connect("loyalty", &address, None, patient()).unwrap();
    for _ in 0..10 {
        read(&sister).await.unwrap();
    }
    assert!(replica.calls() >= 10);
}

#[tokio::test]
async fn a_service_whose_name_nobody_knows_is_told_as_one() {
    let sister = Sister::connect("loyalty", "http://nobody.invalid", None, patient()).unwrap();
    let message = assert_unavailable(read(&sister).await);
    assert!(message.contains("nobody.invalid"), "{message}");
}
