use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use rapport_status::{Error, Reason, Result};
use rapport_storage::{
    Store, Stored as _,
    gather::{Gatherer, Lookup},
    rows::List,
};
use sea_orm::{EntityTrait as _, FromQueryResult, Statement};

use crate::{number, open};

/// Finds the values of numbers; fails as a whole when it is asked for a negative id.
struct Values {
    statements: Arc<AtomicUsize>,
}

#[derive(FromQueryResult)]
struct Row {
    place: i64,
    value: i64,
}

#[async_trait::async_trait]
impl Lookup for Values {
    type Key = i64;
    type Found = Option<i64>;

    fn name(&self) -> &'static str {
        "values"
    }

    async fn find(&self, store: &Store, ids: &[i64]) -> Result<Vec<Option<i64>>> {
        self.statements.fetch_add(1, Ordering::SeqCst);
        if ids.iter().any(|id| *id < 0) {
            return Err(Error::internal("negative ids cannot be asked for"));
        }
        let places = (0_i64..).zip(ids).map(|(place, id)| [place.into(), (*id).into()]);
        let list = List::of(store.read(), places);
        let sql = format!(
            "SELECT v.column1 AS place, number.value AS value FROM ({}) AS v JOIN number ON number.id = v.column2",
            list.sql
        );
        let statement = Statement::from_sql_and_values(store.backend(), sql, list.values);
        let rows = Row::find_by_statement(statement)
            .all(store.read())
            .await
            .stored("read values")?;
        let mut found = vec![None; ids.len()];
        for row in rows {
            found[usize::try_from(row.place).unwrap()] = Some(row.value);
        }
        Ok(found)
    }
}

/// A gatherer, and how many statements it has taken.
fn gatherer(store: &Store) -> (Gatherer<Values>, Arc<AtomicUsize>) {
    let statements = Arc::<AtomicUsize>::default();
    let lookup = Values {
        statements: Arc::clone(&statements),
    };
    (Gatherer::start(store.clone(), lookup), statements)
}

async fn store_numbers(store: &Store, count: i64) {
    let rows = (0..count).map(|id| number::ActiveModel {
        id: sea_orm::ActiveValue::Set(id),
        value: sea_orm::ActiveValue::Set(id * 10),
        name: sea_orm::ActiveValue::Set(String::new()),
        ..Default::default()
    });
    number::Entity::insert_many(rows)
        .exec_without_returning(store.read())
        .await
        .unwrap();
}

#[tokio::test]
async fn many_callers_share_statements_and_each_gets_what_belongs_to_its_key() {
    let temporary = open().await;
    store_numbers(&temporary.store, 100).await;
    let (gatherer, statements) = gatherer(&temporary.store);
    let calls: Vec<_> = (0..1_000)
        .map(|call| {
            let gatherer = gatherer.clone();
            tokio::spawn(async move { (call, gatherer.find(call % 200).await) })
        })
        .collect();
    for call in calls {
        let (call, found) = call.await.unwrap();
        let id = call % 200;
        assert_eq!(found.unwrap(), (id < 100).then_some(id * 10), "key {id}");
    }
    let statements = statements.load(Ordering::SeqCst);
    assert!(statements < 100, "1000 calls took {statements} statements");
}

#[tokio::test]
async fn one_caller_alone_is_answered_without_waiting_for_company() {
    let temporary = open().await;
    store_numbers(&temporary.store, 10).await;
    let (gatherer, statements) = gatherer(&temporary.store);
    for id in 0..10 {
        assert_eq!(gatherer.find(id).await.unwrap(), Some(id * 10));
    }
    assert_eq!(statements.load(Ordering::SeqCst), 10);
}

#[tokio::test]
async fn a_caller_sees_what_was_committed_before_it_asked() {
    let temporary = open().await;
    let (gatherer, _) = gatherer(&temporary.store);
    for count in 1..20 {
        let row = number::ActiveModel {
            id: sea_orm::ActiveValue::Set(count),
            value: sea_orm::ActiveValue::Set(count),
            name: sea_orm::ActiveValue::Set(String::new()),
            ..Default::default()
        };
        temporary
            .store
            .write("store a number", |transaction| {
                let row = row.clone();
                async move {
                    number::Entity::insert(row)
                        .exec_without_returning(transaction.connection())
                        .await
                        .stored("store a number")?;
                    transaction.commit(()).await
                }
            })
            .await
            .unwrap();
        assert_eq!(gatherer.find(count).await.unwrap(), Some(count));
    }
}

#[tokio::test]
async fn a_key_that_cannot_be_asked_for_fails_alone() {
    let temporary = open().await;
    store_numbers(&temporary.store, 50).await;
    let (gatherer, _) = gatherer(&temporary.store);
    let calls = (0..50).map(|id| gatherer.find(if id == 17 { -1 } else { id }));
    for (id, found) in (0..).zip(futures::future::join_all(calls).await) {
        match found {
            Ok(value) => assert_eq!(value, Some(id * 10)),
            Err(error) => assert_eq!((id, error.reason()), (17, Reason::InternalError)),
        }
    }
}

#[tokio::test]
async fn more_than_can_wait_are_refused_at_once() {
    let temporary = open().await;
    let (gatherer, _) = gatherer(&temporary.store);
    let calls = (0..10_000).map(|id| gatherer.find(id));
    let found = futures::future::join_all(calls).await;
    let refused = found.iter().filter_map(|found| found.as_ref().err());
    let reasons: Vec<Reason> = refused.map(Error::reason).collect();
    assert!(
        reasons.len() > 1_000 && reasons.iter().all(|reason| *reason == Reason::Overloaded),
        "{} of 10,000 were refused: {:?}",
        reasons.len(),
        reasons.first()
    );
}
