//! The short form of the run under faults, and the replacement of every replica under load.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

use std::time::Duration;

use rapport_fault::{Options, rolling, run, run_and_spoil};

/// Seed of the runs in the gate. The long form takes another each time.
const SEED: u64 = 20_261_124;

#[tokio::test(flavor = "multi_thread")]
async fn what_was_acknowledged_under_faults_is_there_once_and_everything_adds_up() {
    let verdict = run(Options {
        cycles: 15,
        seed: SEED,
        programs: None,
    })
    .await;
    println!("{}", verdict.line);
    assert!(
        verdict.differences.is_empty(),
        "{}\n{}\nthe logs are in {:?}",
        verdict.line,
        verdict.differences.join("\n"),
        verdict.logs
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn whatever_wrong_is_done_to_the_data_is_found() {
    let (before, spoiled) = run_and_spoil(Options {
        cycles: 1,
        seed: SEED,
        programs: None,
    })
    .await;
    assert!(
        before.differences.is_empty(),
        "before anything was done: {:#?}",
        before.differences
    );
    for spoiled in spoiled {
        println!("{}: {:#?}", spoiled.what, spoiled.differences);
        assert!(
            !spoiled.differences.is_empty(),
            "{}: nobody noticed",
            spoiled.what
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn no_call_fails_while_every_replica_is_replaced_in_turn() {
    let replaced = rolling::replace_all(SEED, None).await;
    assert!(replaced.failed.is_empty(), "calls failed: {:#?}", replaced.failed);
    assert!(replaced.disorder.is_empty(), "{:#?}", replaced.disorder);
    assert!(replaced.differences.is_empty(), "{:#?}", replaced.differences);
    assert!(
        replaced.slowest_end < Duration::from_secs(12),
        "a replica took {:?} to end, and its grace period is ten seconds",
        replaced.slowest_end
    );
    assert!(
        replaced.operations > 200,
        "only {} operations",
        replaced.operations
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_busy_replica_that_is_told_to_end_answers_every_call_that_it_has_taken() {
    let ended = rolling::end_under_load(None).await;
    assert!(ended.broken_off.is_empty(), "{:#?}", ended.broken_off);
    assert!(ended.status.success(), "it ended with {}", ended.status);
    assert!(
        ended.took < Duration::from_secs(12),
        "it took {:?} to end, and its grace period is ten seconds",
        ended.took
    );
    assert!(
        ended.answered > 100,
        "only {} calls were answered",
        ended.answered
    );
}
