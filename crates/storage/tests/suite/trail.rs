use std::sync::Arc;

use rapport_status::{Error, Reason, Result, call};
use rapport_storage::{
    Store,
    group::Committer,
    rows,
    trail::{self, Trail, audit_purge, audit_record},
};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QueryOrder as _};

use crate::{group_commit::Numbers, number, open};

fn record(tenant: &str, call_time: i64, id: &str) -> audit_record::Model {
    audit_record::Model {
        tenant: tenant.to_owned(),
        call_time,
        id: id.to_owned(),
        subject: "li".to_owned(),
        caller_kind: "LOCAL".to_owned(),
        method: "rapport.storage.v1.Numbers/Add".to_owned(),
        target: String::new(),
        code: "OK".to_owned(),
        reason: String::new(),
    }
}

/// Runs a call about a number, and gives its trail afterwards.
async fn call<F: Future>(id: &str, work: F) -> (Trail, F::Output) {
    let trail = Trail::new(record("acme", 1_000, id));
    let work = async {
        call::tell_target(|| format!("numbers/{id}"));
        work.await
    };
    let answer = call::scope(id.to_owned(), Trail::scope(Some(trail.clone()), work)).await;
    (trail, answer)
}

async fn kept(store: &Store) -> Vec<String> {
    let rows = audit_record::Entity::find()
        .order_by_asc(audit_record::Column::CallTime)
        .order_by_asc(audit_record::Column::Id)
        .all(store.read())
        .await
        .unwrap();
    rows.into_iter()
        .map(|row| format!("{} {} {}", row.id, row.target, row.code))
        .collect()
}

async fn add(store: &Store, id: i64, refused: bool) -> Result<()> {
    store
        .write("add", |transaction| async move {
            let row = number::Model {
                id,
                value: 1,
                name: String::new(),
                remark: None,
                bytes: None,
            };
            rows::insert::<number::Entity>(transaction.connection(), "add a number", vec![row]).await?;
            if refused {
                return Err(Error::new(Reason::InsufficientPoints, "refused"));
            }
            transaction.commit(()).await
        })
        .await
}

#[tokio::test]
async fn a_change_and_its_record_are_committed_together_or_not_at_all() {
    let temporary = open().await;
    let store = &temporary.store;
    let (done, answer) = call("done", add(store, 1, false)).await;
    answer.unwrap();
    let (refused, answer) = call("refused", add(store, 2, true)).await;
    answer.unwrap_err();
    let (idle, ()) = call("idle", async {}).await;
    assert_eq!(
        (done.is_kept(), refused.is_kept(), idle.is_kept()),
        (true, false, false)
    );
    // Work that no call has asked for leaves nothing.
    add(store, 3, false).await.unwrap();
    assert_eq!(kept(store).await, ["done numbers/done OK"]);
}

#[tokio::test]
async fn a_change_whose_record_cannot_be_written_is_not_made() {
    let temporary = open().await;
    let store = &temporary.store;
    trail::append(store.read(), vec![record("acme", 1_000, "twice")])
        .await
        .unwrap();
    let (trail, answer) = call("twice", add(store, 1, false)).await;
    answer.unwrap_err();
    assert!(!trail.is_kept());
    assert_eq!(
        number::Entity::find_by_id(1).one(store.read()).await.unwrap(),
        None
    );
}

#[tokio::test]
async fn the_calls_of_a_batch_leave_a_record_each_and_refused_ones_none() {
    let temporary = open().await;
    let store = &temporary.store;
    let committer = Committer::start(
        store.clone(),
        Numbers {
            transactions: Arc::default(),
        },
    );
    let single = |id: i64| {
        let committer = committer.clone();
        async move { call(&format!("call-{id}"), committer.submit((id, 1))).await.1 }
    };
    let many = call("many", committer.submit_all(vec![(10, 1), (12, 1), (13, 1)]));
    let (first, refused, second, (trail, _)) = tokio::join!(single(2), single(3), single(4), many);
    first.unwrap();
    refused.unwrap_err();
    second.unwrap();
    assert!(trail.is_kept());
    assert_eq!(
        kept(store).await,
        [
            "call-2 numbers/call-2 OK",
            "call-4 numbers/call-4 OK",
            "many numbers/many OK"
        ]
    );
}

#[tokio::test]
async fn nobody_changes_the_audit_log_and_only_a_stated_purge_removes_from_it() {
    let temporary = open().await;
    let store = &temporary.store;
    let records = vec![
        record("acme", 1_000, "old"),
        record("acme", 2_000, "new"),
        record("other", 1_000, "old"),
    ];
    trail::append(store.read(), records).await.unwrap();
    let refused = async |sql: &str| {
        let error = store.read().execute_unprepared(sql).await;
        let error = error.expect_err(sql).to_string();
        assert!(error.contains("only appended to"), "{sql}: {error}");
    };
    refused("UPDATE audit_record SET subject = 'nobody'").await;
    refused("DELETE FROM audit_record").await;
    let purge = audit_purge::Model {
        tenant: "acme".to_owned(),
        kept_from: 2_000,
        purged_at: 9_000,
    };
    rows::insert::<audit_purge::Entity>(store.read(), "purge", vec![purge])
        .await
        .unwrap();
    refused("DELETE FROM audit_record WHERE tenant = 'acme'").await;
    refused("DELETE FROM audit_record WHERE tenant = 'other'").await;
    refused("UPDATE audit_purge SET kept_from = 99000").await;
    refused("DELETE FROM audit_purge").await;
    if rapport_testkit::on_postgres() {
        refused("TRUNCATE audit_record").await;
        refused("TRUNCATE audit_purge").await;
    } else {
        refused("INSERT OR REPLACE INTO audit_record SELECT * FROM audit_record").await;
        refused("INSERT OR REPLACE INTO audit_purge SELECT * FROM audit_purge").await;
    }
    let removed = audit_record::Entity::delete_many()
        .filter(audit_record::Column::Tenant.eq("acme"))
        .filter(audit_record::Column::CallTime.lt(2_000))
        .exec(store.read())
        .await
        .unwrap();
    assert_eq!((removed.rows_affected, kept(store).await.len()), (1, 2));
}
