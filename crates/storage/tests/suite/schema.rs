use rapport_status::Reason;
use rapport_storage::{MigrationList, SchemaState};
use rapport_testkit::TemporaryStore;
use sea_orm::ConnectionTrait as _;

use crate::{migrations, open};

#[tokio::test]
async fn a_new_store_is_empty_and_takes_all_migrations_once() {
    let list = MigrationList(migrations);
    let temporary = TemporaryStore::empty().await;
    let store = &temporary.store;
    assert_eq!(store.schema_state(&list).await.unwrap(), SchemaState::Empty);
    store.migrate(&list).await.unwrap();
    store.migrate(&list).await.unwrap();
    assert_eq!(store.schema_state(&list).await.unwrap(), SchemaState::Current);
}

#[tokio::test]
async fn data_of_a_newer_version_are_refused_and_left_alone() {
    let temporary = open().await;
    let store = temporary.store.clone();
    store
        .read()
        .execute_unprepared("INSERT INTO seaql_migrations (version, applied_at) VALUES ('m9999_future', 0)")
        .await
        .unwrap();
    let list = MigrationList(migrations);
    assert_eq!(
        store.schema_state(&list).await.unwrap(),
        SchemaState::Newer(vec!["m9999_future".to_owned()])
    );
    let refused = store.migrate(&list).await.unwrap_err();
    assert_eq!(refused.reason(), Reason::StorageUnavailable);
    assert!(
        refused
            .message()
            .contains("newer version of Rapport (it has applied m9999_future)"),
        "{refused}"
    );
}

#[tokio::test]
async fn missing_migrations_are_named() {
    fn first() -> Vec<Box<dyn sea_orm_migration::MigrationTrait>> {
        rapport_storage::tables::migrations()
    }
    let temporary = TemporaryStore::empty().await;
    let store = &temporary.store;
    store.migrate(&MigrationList(first)).await.unwrap();
    assert_eq!(
        store.schema_state(&MigrationList(migrations)).await.unwrap(),
        SchemaState::Pending(vec!["m0002_numbers".to_owned()])
    );
}
