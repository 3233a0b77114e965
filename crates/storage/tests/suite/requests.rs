use jiff::Timestamp;
use rapport_status::Reason;
use rapport_storage::request::{KnownRequests, RequestKey, store_answers};

use crate::open;

#[tokio::test]
async fn the_first_answer_is_kept_and_another_request_under_its_id_is_refused() {
    let temporary = open().await;
    let store = temporary.store.clone();
    let key = RequestKey::new("harbour", "redeem_points", "r-1", b"fifty points");
    let stored = key.clone();
    store
        .write("answer", |transaction| {
            let stored = stored.clone();
            async move {
                store_answers(
                    transaction.connection(),
                    vec![(stored, b"first".to_vec())],
                    Timestamp::UNIX_EPOCH,
                )
                .await?;
                transaction.commit(()).await
            }
        })
        .await
        .unwrap();
    let other_body = RequestKey::new("harbour", "redeem_points", "r-1", b"sixty points");
    let other_tenant = RequestKey::new("garden", "redeem_points", "r-1", b"sixty points");
    let other_method = RequestKey::new("harbour", "earn_points", "r-1", b"sixty points");
    let known = KnownRequests::load(store.read(), &[&key, &other_body, &other_tenant, &other_method])
        .await
        .unwrap();
    assert_eq!(known.answer(&key).unwrap(), Some(&b"first"[..]));
    assert_eq!(
        known.answer(&other_body).unwrap_err().reason(),
        Reason::RequestIdReused
    );
    assert_eq!(known.answer(&other_tenant).unwrap(), None);
    assert_eq!(known.answer(&other_method).unwrap(), None);
}

#[tokio::test]
async fn an_answer_is_remembered_within_a_batch() {
    let temporary = open().await;
    let store = temporary.store.clone();
    let key = RequestKey::new("harbour", "earn_points", "r-2", b"body");
    let mut known = KnownRequests::load(store.read(), &[&key]).await.unwrap();
    assert_eq!(known.answer(&key).unwrap(), None);
    known.remember(&key, b"answer".to_vec());
    assert_eq!(known.answer(&key).unwrap(), Some(&b"answer"[..]));
}
