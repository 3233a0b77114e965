//! Keys and sealed values on a real store.
#![allow(clippy::unwrap_used, clippy::expect_used, reason = "tests fail by panicking")]

mod keys;
mod rotation;

use rapport_clock::ManualClock;
use rapport_privacy::{MasterKeys, Place, Privacy};
use rapport_storage::{
    MigrationList,
    sea_orm_migration::{prelude::*, schema},
    tables,
};
use rapport_testkit::TemporaryStore;

/// A store with a table of sealed notes.
pub(crate) async fn store() -> TemporaryStore {
    TemporaryStore::new(MigrationList(migrations)).await
}

/// A clock that stands still.
pub(crate) fn clock() -> ManualClock {
    ManualClock::at("2026-01-15T12:00:00Z".parse().unwrap())
}

/// The keys of a store under these master keys.
pub(crate) async fn privacy(store: &TemporaryStore, clock: &ManualClock, master: &MasterKeys) -> Privacy {
    Privacy::open(store.store.clone(), master.clone(), clock.clock())
        .await
        .unwrap()
}

/// Where the text of a note is.
pub(crate) fn place<'p>(row: &'p [&'p str]) -> Place<'p> {
    Place {
        table: "note",
        column: "text",
        row,
    }
}

fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    let mut list = tables::migrations();
    list.extend(rapport_privacy::migrations());
    list.push(Box::new(Notes));
    list
}

struct Notes;

impl MigrationName for Notes {
    fn name(&self) -> &'static str {
        "m0002_notes"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Notes {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let notes = Table::create()
            .table("note")
            .col(schema::text("tenant"))
            .col(schema::text("book"))
            .col(schema::integer("page"))
            .col(schema::text_null("text"))
            .col(schema::blob("picture"))
            .primary_key(Index::create().col("tenant").col("book").col("page"))
            .take();
        manager.create_table(notes).await
    }
}
