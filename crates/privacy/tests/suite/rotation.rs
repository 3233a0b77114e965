//! Rotations: values under new keys, old keys deleted when nothing needs them.

use rapport_privacy::{
    Content, KeyColumn, MasterKeys, Privacy, Rotated, Scope, SealedRows, SealedTable, TenantKeys, rotate,
    status,
};
use rapport_testkit::TemporaryStore;
use sea_orm::{ConnectionTrait as _, Statement};

use crate::{clock, place, privacy, store};

const ROWS: usize = 1_201;

fn tables() -> Vec<Box<dyn SealedRows>> {
    let table = |columns, content| SealedTable {
        table: "note",
        key: &[KeyColumn::Text("book"), KeyColumn::Integer("page")],
        columns,
        content,
    };
    vec![
        Box::new(table(&["text"], Content::Text)),
        Box::new(table(&["picture"], Content::Bytes)),
    ]
}

async fn write(store: &TemporaryStore, page: usize, text: Option<String>, picture: Vec<u8>) {
    let connection = store.store.read();
    let sql = "INSERT INTO note (tenant, book, page, text, picture) VALUES ('hotel', 'diary', $1, $2, $3)";
    let values = [i32::try_from(page).unwrap().into(), text.into(), picture.into()];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    connection.execute_raw(statement).await.unwrap();
}

/// Number, text and picture of every note.
async fn notes(store: &TemporaryStore) -> Vec<(i32, Option<String>, Vec<u8>)> {
    let connection = store.store.read();
    let sql = "SELECT page, text, picture FROM note ORDER BY page";
    let statement = Statement::from_string(connection.get_database_backend(), sql);
    let rows = connection.query_all_raw(statement).await.unwrap();
    rows.iter()
        .map(|row| {
            let by_index = (
                row.try_get_by_index(0),
                row.try_get_by_index(1),
                row.try_get_by_index(2),
            );
            (by_index.0.unwrap(), by_index.1.unwrap(), by_index.2.unwrap())
        })
        .collect()
}

/// Pictures begin like messages of the contract.
fn picture(page: usize) -> Vec<u8> {
    format!("\n\u{3}picture {page}").into_bytes()
}

/// Every third note was stored before values were sealed, every seventh says nothing.
async fn fill(store: &TemporaryStore, keys: &TenantKeys) {
    for page in 0..ROWS {
        let (number, text) = (page.to_string(), format!("text {page}"));
        let row = ["diary", number.as_str()];
        let picture_place = rapport_privacy::Place {
            column: "picture",
            ..place(&row)
        };
        let (text, picture) = match page {
            _ if page % 7 == 0 => (None, Vec::new()),
            _ if page % 3 == 0 => (Some(text), picture(page)),
            _ => (
                Some(keys.seal(&place(&row), &text).unwrap()),
                keys.seal_bytes(&picture_place, &picture(page)).unwrap(),
            ),
        };
        write(store, page, text, picture).await;
    }
}

/// Fails unless every note says what it was given and is under the newest key.
async fn assert_whole(store: &TemporaryStore, keys: &TenantKeys) {
    for (page, text, bytes) in notes(store).await {
        let number = page.to_string();
        let row = ["diary", number.as_str()];
        let picture_place = rapport_privacy::Place {
            column: "picture",
            ..place(&row)
        };
        if page % 7 == 0 {
            assert_eq!((text, bytes.len()), (None, 0), "note {page}");
            continue;
        }
        let text = text.unwrap();
        assert!(
            keys.is_current(&text) && keys.are_current(&bytes),
            "note {page}: {text}"
        );
        assert_eq!(
            keys.open(&place(&row), &text).await.unwrap().expose(),
            &format!("text {page}")
        );
        let opened = keys.open_bytes(&picture_place, &bytes).await.unwrap();
        assert_eq!(opened, picture(usize::try_from(page).unwrap()), "note {page}");
    }
}

async fn rotated(privacy: &Privacy) -> Rotated {
    rotate(privacy, &tables(), Scope::Everything, &mut |_| ())
        .await
        .unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_rotation_seals_everything_anew_and_old_keys_go_when_nothing_needs_them() {
    let (store, clock, master) = (store().await, clock(), MasterKeys::new([1; 32], &[]));
    let here = privacy(&store, &clock, &master).await;
    let there = privacy(&store, &clock, &master).await;
    let before = there.keys("hotel").await.unwrap();
    fill(&store, &before).await;

    let mut seen = 0;
    let first = rotate(&here, &tables(), Scope::Everything, &mut |pass| {
        seen = seen.max(pass.seen);
    })
    .await
    .unwrap();
    assert_eq!(seen, ROWS as u64, "a pass sees every row");
    let said = (ROWS - ROWS.div_ceil(7)) as u64;
    let expected = Rotated {
        tenants: 1,
        made: 1,
        sealed: 2 * said,
        ..Rotated::default()
    };
    assert_eq!(first, expected);
    assert_whole(&store, &here.keys("hotel").await.unwrap()).await;

    // A process that has not heard of the new key reads what is under it.
    let (_, text, _) = notes(&store).await.swap_remove(1);
    let opened = before
        .open(&place(&["diary", "1"]), &text.unwrap())
        .await
        .unwrap();
    assert_eq!(opened.expose(), "text 1");
    // What it seals under the old key meanwhile is sealed anew by the next rotation.
    write(
        &store,
        ROWS,
        Some(before.seal(&place(&["diary", "1201"]), "text 1201").unwrap()),
        picture(ROWS),
    )
    .await;

    let second = rotated(&here).await;
    assert_eq!((second.made, second.deleted), (1, 0), "{second:?}");
    clock.set("2026-01-17T12:00:00Z".parse().unwrap());
    let third = rotated(&here).await;
    assert_eq!((third.made, third.deleted, third.left), (1, 2, 0), "{third:?}");
    assert_whole(&store, &here.keys("hotel").await.unwrap()).await;
    assert_eq!(status(&here).await.unwrap().unfinished, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_row_that_does_not_open_stays_and_keeps_its_key() {
    let (store, clock, master) = (store().await, clock(), MasterKeys::new([1; 32], &[]));
    let privacy = privacy(&store, &clock, &master).await;
    let keys = privacy.keys("hotel").await.unwrap();
    let elsewhere = keys.seal(&place(&["diary", "2"]), "moved").unwrap();
    write(&store, 1, Some(elsewhere), Vec::new()).await;
    let first = rotated(&privacy).await;
    assert_eq!((first.made, first.left, first.sealed), (1, 1, 0), "{first:?}");
    assert_eq!(status(&privacy).await.unwrap().unfinished, 1);
    clock.set("2026-03-01T12:00:00Z".parse().unwrap());
    let again = rotated(&privacy).await;
    assert_eq!(
        (again.made, again.deleted),
        (0, 0),
        "it is finished before another key is made: {again:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_master_key_takes_the_data_keys_over_and_the_old_one_can_go() {
    let (store, clock) = (store().await, clock());
    let old = MasterKeys::new([1; 32], &[]);
    let keys = privacy(&store, &clock, &old).await.keys("hotel").await.unwrap();
    let (place, hash) = (place(&["diary", "1"]), keys.hash("e-mail", "a@b.c"));
    let sealed = keys.seal(&place, "Ada").unwrap();

    let both = privacy(&store, &clock, &MasterKeys::new([2; 32], &[[1; 32]])).await;
    let done = rotate(&both, &tables(), Scope::MasterKey, &mut |_| ())
        .await
        .unwrap();
    assert_eq!((done.rewrapped, done.made, done.sealed), (2, 0, 0), "{done:?}");

    let new = privacy(&store, &clock, &MasterKeys::new([2; 32], &[])).await;
    let keys = new.keys("hotel").await.unwrap();
    assert_eq!(keys.open(&place, &sealed).await.unwrap().expose(), "Ada");
    assert_eq!(
        keys.hash("e-mail", "a@b.c"),
        hash,
        "lookups find what was stored before"
    );
    assert!(
        Privacy::open(store.store.clone(), old, clock.clock())
            .await
            .is_err()
    );
}
