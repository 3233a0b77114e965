use rapport_storage::{Store, Stored as _, statistics::analyse_young_tables};
use sea_orm::{ActiveValue::Set, ConnectionTrait as _, DbBackend, EntityTrait as _};

use crate::{number, open};

async fn add(store: &Store, ids: std::ops::Range<i64>) {
    let rows = &ids
        .map(|id| number::ActiveModel {
            id: Set(id),
            value: Set(1),
            name: Set(String::new()),
            ..Default::default()
        })
        .collect::<Vec<_>>();
    store
        .write("add numbers", |transaction| async move {
            let connection = transaction.connection();
            number::Entity::insert_many(rows.clone())
                .exec_without_returning(connection)
                .await
                .stored("add numbers")?;
            if connection.get_database_backend() == DbBackend::Postgres {
                // Else the server would hear of the rows when the connection has rested for a second.
                connection
                    .execute_unprepared("SELECT pg_stat_force_next_flush()")
                    .await
                    .stored("tell of the rows")?;
            }
            transaction.commit(()).await
        })
        .await
        .unwrap();
}

#[tokio::test]
async fn a_young_table_is_analysed_once_when_it_has_rows() {
    let temporary = open().await;
    let store = &temporary.store;
    let on_server = usize::from(store.backend() == DbBackend::Postgres);
    add(store, 0..100).await;
    assert_eq!(analyse_young_tables(store).await.unwrap(), 0, "of a hundred rows");
    add(store, 100..1_000).await;
    assert_eq!(
        analyse_young_tables(store).await.unwrap(),
        on_server,
        "of a thousand rows"
    );
    add(store, 1_000..3_000).await;
    assert_eq!(
        analyse_young_tables(store).await.unwrap(),
        0,
        "it is young no more"
    );
}
