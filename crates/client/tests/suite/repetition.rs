//! What is sent again, how often, and after which wait.

use std::time::{Duration, Instant};

use rapport_client::{BudgetPolicy, CallPolicy};
use rapport_status::{Error, Reason};

use crate::{
    change, earn, patient, read,
    server::{Reaction, Replica},
    sister,
};

fn unavailable() -> Reaction {
    Reaction::Refuse(Error::new(
        Reason::CommitOutcomeUnknown,
        "the connection was lost",
    ))
}

#[tokio::test]
async fn a_call_with_a_request_id_is_sent_again_until_it_succeeds() {
    let replica = Replica::reacting(|call| if call < 2 { unavailable() } else { Reaction::Answer }).await;
    let sister = sister(&[replica.address], patient());
    earn(&sister).await.expect("the third attempt succeeds");
    assert_eq!(replica.calls(), 3);
}

#[tokio::test]
async fn what_the_last_attempt_got_reaches_the_caller() {
    let replica = Replica::reacting(|_| unavailable()).await;
    let sister = sister(&[replica.address], patient());
    let status = read(&sister).await.unwrap_err();
    assert_eq!(rapport_testkit::reason(&status), "COMMIT_OUTCOME_UNKNOWN");
    assert_eq!(replica.calls(), 3);
}

#[tokio::test]
async fn a_call_that_is_not_idempotent_is_sent_once() {
    let replica = Replica::reacting(|_| unavailable()).await;
    let sister = sister(&[replica.address], patient());
    change(&sister).await.unwrap_err();
    assert_eq!(replica.calls(), 1);
}

#[tokio::test]
async fn a_refusal_that_repetition_cannot_help_is_handed_on() {
    for reason in [
        Reason::InsufficientPoints,
        Reason::EtagMismatch,
        Reason::InternalError,
        Reason::MemberNotFound,
    ] {
        let replica = Replica::reacting(move |_| Reaction::Refuse(Error::new(reason, "as prepared"))).await;
        let sister = sister(&[replica.address], patient());
        let status = earn(&sister).await.unwrap_err();
        assert_eq!(rapport_testkit::reason(&status), reason.name());
        assert_eq!(replica.calls(), 1, "{reason:?}");
    }
}

#[tokio::test]
async fn a_conflict_of_transactions_is_tried_again() {
    let replica = Replica::reacting(|call| match call {
        0 => Reaction::Refuse(Error::new(Reason::TransactionConflict, "others were in the way")),
        _ => Reaction::Answer,
    })
    .await;
    earn(&sister(&[replica.address], patient())).await.unwrap();
    assert_eq!(replica.calls(), 2);
}

#[tokio::test]
async fn an_overloaded_service_is_asked_again_no_sooner_than_it_wants() {
    let wanted = Duration::from_millis(300);
    let replica = Replica::reacting(move |call| match call {
        0 => Reaction::Refuse(Error::new(Reason::Overloaded, "too much").retry_after(wanted)),
        _ => Reaction::Answer,
    })
    .await;
    let begun = Instant::now();
    earn(&sister(&[replica.address], patient())).await.unwrap();
    assert!(begun.elapsed() >= wanted, "{:?}", begun.elapsed());
}

#[tokio::test]
async fn a_wait_that_is_longer_than_the_deadline_is_not_begun() {
    let replica = Replica::reacting(|_| {
        Reaction::Refuse(Error::new(Reason::Overloaded, "too much").retry_after(Duration::from_mins(1)))
    })
    .await;
    let begun = Instant::now();
    let status = earn(&sister(&[replica.address], patient())).await.unwrap_err();
    assert_eq!(rapport_testkit::reason(&status), "OVERLOADED");
    assert!(
        begun.elapsed() < Duration::from_secs(1),
        "it is told at once, not after {:?}",
        begun.elapsed()
    );
}

#[tokio::test]
async fn repetitions_stay_within_their_budget() {
    let replica = Replica::reacting(|_| unavailable()).await;
    let policy = CallPolicy {
        first_wait: Duration::from_millis(1),
        budget: BudgetPolicy {
            share: 0.2,
            reserve: 5,
        },
        ..patient()
    };
    let sister = sister(&[replica.address], policy);
    for _ in 0..100 {
        earn(&sister).await.unwrap_err();
    }
    let attempts = replica.calls();
    assert!(
        (110..=125).contains(&attempts),
        "100 calls and at most a fifth more and the reserve of 5 are not {attempts}"
    );
}

#[tokio::test]
async fn more_calls_at_a_time_than_the_limit_are_refused_at_once() {
    let replica = Replica::reacting(|_| Reaction::Silence).await;
    let policy = CallPolicy {
        calls_at_a_time: 1,
        ..patient()
    };
    let sister = sister(&[replica.address], policy);
    let first = tokio::spawn({
        let sister = sister.clone();
        async move { earn(&sister).await }
    });
    crate::until("the first call has arrived", async || replica.calls() > 0).await;
    let status = earn(&sister).await.unwrap_err();
    assert_eq!(rapport_testkit::reason(&status), "OVERLOADED");
    assert!(
        status.message().contains("1 calls to the loyalty service"),
        "{status:?}"
    );
    first.abort();
}
