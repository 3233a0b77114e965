use rapport_listing::{Field, Kind, Schema, TokenKey, Value};
use rapport_storage::{Stored as _, listing::paged};
use rapport_testkit::TemporaryStore;
use sea_orm::{ActiveValue::Set, EntityTrait as _};

use crate::{number, open};

static FIELDS: [Field; 3] = [
    Field::new("id", Kind::Integer, "id"),
    Field::new("value", Kind::Integer, "value"),
    Field::new("name", Kind::Text, "name"),
];
static NUMBERS: Schema = Schema::new(&FIELDS, "id");

const NAMES: [&str; 5] = ["Anna", "100% wool", "under_score", "back\\slash", "ÄRGER"];

async fn filled() -> TemporaryStore {
    let temporary = open().await;
    let store = &temporary.store;
    let rows = (0..50_usize).map(|id| number::ActiveModel {
        id: Set(id as i64),
        value: Set((id % 7) as i64),
        name: Set(NAMES[id % NAMES.len()].to_owned()),
        ..Default::default()
    });
    let rows: Vec<_> = rows.collect();
    store
        .write("fill", |transaction| {
            let rows = rows.clone();
            async move {
                number::Entity::insert_many(rows)
                    .exec_without_returning(transaction.connection())
                    .await
                    .stored("fill")?;
                transaction.commit(()).await
            }
        })
        .await
        .unwrap();
    temporary
}

async fn read_all(store: &rapport_storage::Store, filter: &str, order: &str, size: i32) -> Vec<i64> {
    let key = TokenKey::new([1; 32]);
    let (mut token, mut ids) = (String::new(), Vec::new());
    loop {
        let page = NUMBERS
            .page(size, &token, filter, order, "numbers", &key)
            .unwrap();
        let rows = paged(number::Entity::find(), &page)
            .all(store.read())
            .await
            .unwrap();
        let keys: Vec<&str> = page.order().keys().iter().map(|key| key.field.name).collect();
        let (rows, next) = page
            .complete(rows, |row: &number::Model| {
                keys.iter()
                    .map(|key| match *key {
                        "id" => Value::Integer(row.id),
                        "value" => Value::Integer(row.value),
                        _ => Value::Text(row.name.clone()),
                    })
                    .collect()
            })
            .unwrap();
        ids.extend(rows.iter().map(|row| row.id));
        if next.is_empty() {
            return ids;
        }
        token = next;
    }
}

#[tokio::test]
async fn paging_gives_every_row_once_in_every_order() {
    let temporary = filled().await;
    let store = &temporary.store;
    for order in [
        "",
        "value",
        "value desc",
        "name desc, value",
        "value desc, name, id desc",
    ] {
        for size in [1, 7, 50, 100] {
            let mut ids = read_all(store, "", order, size).await;
            ids.sort_unstable();
            assert_eq!(
                ids,
                (0..50).collect::<Vec<_>>(),
                "order {order:?}, pages of {size}"
            );
        }
    }
}

#[tokio::test]
async fn filters_find_what_they_say() {
    let temporary = filled().await;
    let store = &temporary.store;
    for (filter, expected) in [
        ("value = 3 AND id < 20", vec![3, 10, 17]),
        ("id = 1 OR id = 2", vec![1, 2]),
        ("NOT (id >= 3)", vec![0, 1, 2]),
        ("name : \"100%\" AND id < 10", vec![1, 6]),
        ("name : \"er_sc\" AND id < 10", vec![2, 7]),
        ("name : \"ck\\\\sl\" AND id < 10", vec![3, 8]),
        ("name : \"ANNA\" AND id < 10", vec![0, 5]),
        ("name : \"1%0\"", vec![]),
        ("name != \"Anna\" AND id < 3", vec![1, 2]),
    ] {
        assert_eq!(read_all(store, filter, "id", 10).await, expected, "{filter}");
    }
}
