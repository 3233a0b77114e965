use rapport_status::Reason;
use rapport_storage::rows;
use sea_orm::{EntityTrait as _, QueryFilter as _, QueryOrder as _, Value};

use crate::{number, open};

fn numbers(count: i64) -> Vec<number::Model> {
    (0..count)
        .map(|id| number::Model {
            id,
            value: id * 10,
            name: format!("number \"{id}\", {{it's}} \\ é"),
            remark: (id % 3 == 0).then(|| format!("remark {id}")),
            bytes: (id % 2 == 0).then(|| vec![0, 255, u8::try_from(id % 256).unwrap()]),
        })
        .collect()
}

#[tokio::test]
async fn rows_are_read_as_they_were_written_however_many() {
    for count in [0, 1, 2, 3, 1_000, 9_000] {
        let temporary = open().await;
        let expected = numbers(count);
        let store = &temporary.store;
        rows::insert::<number::Entity>(store.read(), "add numbers", expected.clone())
            .await
            .unwrap();
        let read = number::Entity::find()
            .order_by_asc(number::Column::Id)
            .all(store.read())
            .await
            .unwrap();
        assert!(
            read == expected,
            "{count} rows came back as {} others",
            read.len()
        );
    }
}

#[tokio::test]
async fn a_key_that_is_there_is_a_conflict_unless_the_statement_says_what_then() {
    let temporary = open().await;
    let connection = temporary.store.read();
    rows::insert::<number::Entity>(connection, "add numbers", numbers(3))
        .await
        .unwrap();
    let refused = rows::insert::<number::Entity>(connection, "add numbers", numbers(1))
        .await
        .unwrap_err();
    assert_eq!(refused.reason(), Reason::TransactionConflict);
    let written =
        rows::upsert::<number::Entity>(connection, "add", numbers(5), "ON CONFLICT (id) DO NOTHING")
            .await
            .unwrap();
    assert_eq!(written, 2, "three of five were there");
    let addition = "ON CONFLICT (id) DO UPDATE SET value = number.value + excluded.value";
    rows::upsert::<number::Entity>(connection, "add", numbers(5), addition)
        .await
        .unwrap();
    let fourth = number::Entity::find_by_id(4)
        .one(connection)
        .await
        .unwrap()
        .unwrap();
    assert_eq!(fourth.value, 80);
}

#[tokio::test]
async fn an_update_changes_each_row_by_its_own_values_or_none_at_all() {
    let temporary = open().await;
    let connection = temporary.store.read();
    rows::insert::<number::Entity>(connection, "add numbers", numbers(4))
        .await
        .unwrap();
    let update = rows::Update {
        what: "change numbers",
        head: "UPDATE number SET value = v.column2, remark = v.column3",
        condition: "number.id = v.column1",
    };
    let values = |id: i64, remark: Option<&str>| -> [Value; 3] {
        [id.into(), (id + 1).into(), remark.map(str::to_owned).into()]
    };
    update
        .run(connection, vec![values(1, Some("one")), values(2, None)])
        .await
        .unwrap();
    let changed = number::Entity::find()
        .order_by_asc(number::Column::Id)
        .all(connection)
        .await
        .unwrap();
    let told: Vec<_> = changed
        .iter()
        .map(|row| (row.value, row.remark.as_deref()))
        .collect();
    assert_eq!(
        told,
        [
            (0, Some("remark 0")),
            (2, Some("one")),
            (3, None),
            (30, Some("remark 3"))
        ]
    );
    let missing = update.run(connection, vec![values(99, None)]).await.unwrap_err();
    assert_eq!(missing.reason(), Reason::TransactionConflict);
}

#[tokio::test]
async fn rows_are_found_by_lists_of_values() {
    let temporary = open().await;
    let connection = temporary.store.read();
    rows::insert::<number::Entity>(connection, "add numbers", numbers(10))
        .await
        .unwrap();
    for (wanted, expected) in [(vec![], 0), (vec![3_i64], 1), (vec![3, 4, 4, 77], 2)] {
        let found = number::Entity::find()
            .filter(rows::among(connection, number::Column::Id, wanted.clone()))
            .all(connection)
            .await
            .unwrap();
        assert_eq!(found.len(), expected, "{wanted:?}");
    }
    let by_name = rows::among(
        connection,
        number::Column::Name,
        numbers(2).into_iter().map(|row| row.name),
    );
    assert_eq!(
        number::Entity::find()
            .filter(by_name)
            .all(connection)
            .await
            .unwrap()
            .len(),
        2
    );
}

/// Sets the value of a number that has another one.
static RAISE: rows::Update = rows::Update {
    what: "raise numbers",
    head: "UPDATE number SET value = v.column3",
    condition: "number.id = v.column1 AND number.value = v.column2",
};

#[tokio::test]
async fn writes_go_together_and_each_update_meets_its_row_or_none_counts() {
    let temporary = open().await;
    let store = &temporary.store;
    rows::insert::<number::Entity>(store.read(), "add numbers", numbers(3))
        .await
        .unwrap();
    let raise = |from: i64| -> [Value; 3] { [1.into(), from.into(), 77.into()] };
    let write = |from: i64, new: Vec<number::Model>| async move {
        let raise = raise(from);
        let (raise, new) = (&raise, &new);
        store
            .write("together", |transaction| async move {
                let mut together = rows::Together::new("change numbers");
                together.insert::<number::Entity>(new.clone());
                together.update(&RAISE, vec![raise.clone()]);
                together.update::<3>(&RAISE, Vec::new());
                together.run(transaction.connection()).await?;
                transaction.commit(()).await
            })
            .await
    };
    let new = numbers(5).split_off(3);
    let refused = write(11, new.clone()).await.unwrap_err();
    assert_eq!(
        refused.reason(),
        Reason::TransactionConflict,
        "number 1 is not 11 but 10"
    );
    write(10, new).await.unwrap();
    let values: Vec<i64> = number::Entity::find()
        .order_by_asc(number::Column::Id)
        .all(store.read())
        .await
        .unwrap()
        .into_iter()
        .map(|row| row.value)
        .collect();
    assert_eq!(values, [0, 77, 20, 30, 40]);
}
