use futures::future::{join_all, try_join_all};
use rapport_storage::{MigrationList, SchemaState, Store, rows};
use rapport_testkit::TemporaryStore;
use sea_orm::{
    ActiveModelTrait as _, ActiveValue::Set, EntityTrait as _, IntoActiveModel as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use crate::{migrations, number, open};

/// Adds one to a number that it has read and locked.
async fn add_one(store: &Store, id: i64) -> rapport_status::Result<()> {
    store
        .write("add_one", |transaction| async move {
            let connection = transaction.connection();
            let read = number::Entity::find()
                .filter(rows::among(connection, number::Column::Id, [id]))
                .order_by_asc(number::Column::Id)
                .lock_exclusive()
                .one(connection)
                .await
                .unwrap();
            let row = match read {
                Some(row) => {
                    let value = row.value + 1;
                    let mut row = row.into_active_model();
                    row.value = Set(value);
                    row.update(connection).await.unwrap();
                    return transaction.commit(()).await;
                }
                None => number::Model {
                    id,
                    value: 1,
                    name: String::new(),
                    remark: None,
                    bytes: None,
                },
            };
            rows::insert::<number::Entity>(connection, "add a number", vec![row]).await?;
            transaction.commit(()).await
        })
        .await
}

#[tokio::test]
async fn changes_of_many_writers_on_several_replicas_all_count() {
    let temporary = open().await;
    let replicas = if rapport_testkit::on_postgres() {
        vec![temporary.again().await, temporary.again().await]
    } else {
        vec![temporary.store.clone()]
    };
    // The row is not there at first: those who add it at the same time collide, run again, and find it.
    let calls = (0..40).map(|call| add_one(&replicas[call % replicas.len()], 7));
    try_join_all(calls).await.unwrap();
    let row = number::Entity::find_by_id(7)
        .one(temporary.store.read())
        .await
        .unwrap()
        .unwrap();
    assert_eq!(row.value, 40);
}

#[tokio::test]
async fn a_transaction_that_is_dropped_leaves_nothing_behind_and_its_connection_is_good() {
    let temporary = open().await;
    for id in 0..40 {
        let transaction = temporary.store.begin("dropped").await.unwrap();
        let row = number::Model {
            id,
            value: 1,
            name: String::new(),
            remark: None,
            bytes: None,
        };
        rows::insert::<number::Entity>(transaction.connection(), "add", vec![row])
            .await
            .unwrap();
        drop(transaction);
    }
    assert!(
        number::Entity::find()
            .all(temporary.store.read())
            .await
            .unwrap()
            .is_empty()
    );
    add_one(&temporary.store, 1).await.unwrap();
}

#[tokio::test]
async fn migrations_that_begin_at_the_same_time_are_applied_once() {
    let temporary = TemporaryStore::empty().await;
    let list = MigrationList(migrations);
    if !rapport_testkit::on_postgres() {
        // A file belongs to one process, which migrates it once.
        temporary.store.migrate(&list).await.unwrap();
        return;
    }
    let replicas = join_all((0..4).map(|_| temporary.again())).await;
    try_join_all(replicas.iter().map(|replica| replica.migrate(&list)))
        .await
        .unwrap();
    assert_eq!(
        temporary.store.schema_state(&list).await.unwrap(),
        SchemaState::Current
    );
}
