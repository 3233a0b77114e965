use std::time::Duration;

use crate::open;

/// The other replica: only a server has any.
fn has_replicas() -> bool {
    rapport_testkit::on_postgres()
}

#[tokio::test]
async fn a_duty_is_had_once_until_it_is_released() {
    let temporary = open().await;
    let duties = temporary.store.duties().clone();
    let first = duties.take("relay").await.unwrap().expect("nobody has it");
    assert!(first.is_held().await);
    assert!(
        duties.take("relay").await.unwrap().is_none(),
        "it was given twice"
    );
    assert!(
        duties.take("sweep").await.unwrap().is_some(),
        "another duty is free"
    );
    first.release().await;
    assert!(duties.take("relay").await.unwrap().is_some(), "it was released");
}

#[tokio::test]
async fn a_duty_that_is_dropped_is_free_again() {
    let temporary = open().await;
    let duties = temporary.store.duties();
    drop(duties.take("relay").await.unwrap().expect("nobody has it"));
    assert!(duties.take("relay").await.unwrap().is_some());
}

#[tokio::test]
async fn replicas_share_duties_and_inherit_those_of_one_that_ends() {
    if !has_replicas() {
        // A file is used by one process: there is nobody to share with, as the test above shows.
        return;
    }
    let temporary = open().await;
    let (first, second) = (temporary.again().await, temporary.again().await);
    let held = first
        .duties()
        .take("relay")
        .await
        .unwrap()
        .expect("nobody has it");
    assert!(second.duties().take("relay").await.unwrap().is_none());
    // As by a kill: the session ends, and nothing is said.
    first.close().await.unwrap();
    assert!(!held.is_held().await);
    let mut inherited = None;
    for _ in 0..100 {
        inherited = second.duties().take("relay").await.unwrap();
        if inherited.is_some() {
            break;
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    assert!(
        inherited.is_some(),
        "the duty of a session that ended stays with it"
    );
}
