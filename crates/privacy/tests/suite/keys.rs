//! Keys of tenants: made once, apart from each other, useless without the master key.

use futures::future::join_all;
use rapport_privacy::{MasterKeys, Privacy};

use crate::{clock, place, privacy, store};

#[tokio::test]
async fn a_sealed_text_is_read_by_every_process_and_by_its_tenant_alone() {
    let (store, clock, master) = (store().await, clock(), MasterKeys::new([1; 32], &[]));
    let here = privacy(&store, &clock, &master)
        .await
        .keys("hotel")
        .await
        .unwrap();
    let there = privacy(&store, &clock, &master)
        .await
        .keys("hotel")
        .await
        .unwrap();
    let row = ["diary", "1"];
    let sealed = here.seal(&place(&row), "Ada was here").unwrap();
    assert!(!sealed.contains("Ada"), "{sealed}");
    assert_ne!(
        sealed,
        here.seal(&place(&row), "Ada was here").unwrap(),
        "each sealing differs"
    );
    assert_eq!(
        there.open(&place(&row), &sealed).await.unwrap().expose(),
        "Ada was here"
    );
    assert_eq!(here.hash("e-mail", "a@b.c"), there.hash("e-mail", "a@b.c"));
    assert_ne!(here.hash("e-mail", "a@b.c"), here.hash("phone", "a@b.c"));

    let other = privacy(&store, &clock, &master).await.keys("shop").await.unwrap();
    assert_ne!(here.hash("e-mail", "a@b.c"), other.hash("e-mail", "a@b.c"));
    let refused = other.open(&place(&row), &sealed).await.unwrap_err();
    assert!(!refused.chain().contains("Ada"), "{}", refused.chain());
}

#[tokio::test]
async fn what_was_stored_before_values_were_sealed_is_given_as_it_is_and_nothing_stays_nothing() {
    let (store, clock, master) = (store().await, clock(), MasterKeys::new([1; 32], &[]));
    let keys = privacy(&store, &clock, &master)
        .await
        .keys("hotel")
        .await
        .unwrap();
    let place = place(&["diary", "1"]);
    assert_eq!(keys.open(&place, "Ada").await.unwrap().expose(), "Ada");
    assert_eq!(
        keys.open_bytes(&place, b"\x0a\x03Ada").await.unwrap(),
        b"\x0a\x03Ada"
    );
    assert_eq!(keys.seal(&place, "").unwrap(), "");
    assert!(!keys.is_current("Ada") && keys.is_current(""));
}

#[tokio::test(flavor = "multi_thread")]
async fn processes_that_use_a_tenant_first_at_the_same_time_agree_on_its_keys() {
    let (store, clock, master) = (store().await, clock(), MasterKeys::new([1; 32], &[]));
    let mut processes = Vec::new();
    for _ in 0..8 {
        processes.push(privacy(&store, &clock, &master).await);
    }
    let hashes = join_all(processes.iter().map(|process| async {
        let keys = process.keys("hotel").await.unwrap();
        keys.hash("e-mail", "a@b.c")
    }));
    let hashes = hashes.await;
    assert!(hashes.iter().all(|hash| *hash == hashes[0]), "{hashes:?}");
}

#[tokio::test]
async fn without_the_master_key_the_store_is_refused_and_the_missing_key_is_named() {
    let (store, clock, master) = (store().await, clock(), MasterKeys::new([1; 32], &[]));
    privacy(&store, &clock, &master)
        .await
        .keys("hotel")
        .await
        .unwrap();
    let other = MasterKeys::new([2; 32], &[]);
    let refused = Privacy::open(store.store.clone(), other, clock.clock())
        .await
        .unwrap_err();
    assert!(
        refused.message().contains(master.ids()[0]),
        "{}",
        refused.message()
    );
    let both = MasterKeys::new([2; 32], &[[1; 32]]);
    assert!(
        Privacy::open(store.store.clone(), both, clock.clock())
            .await
            .is_ok()
    );
}
