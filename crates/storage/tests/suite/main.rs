//! The store on a real database: migrations, transactions, request ids, group commit, pages.
#![allow(
    clippy::unwrap_used,
    clippy::cast_possible_wrap,
    clippy::large_futures,
    reason = "tests fail by panicking; their numbers are small, and their stacks are large enough"
)]

mod duties;
mod gather;
mod group_commit;
mod pages;
mod requests;
mod rows;
mod schema;
mod statistics;
mod trail;
mod transactions;

use rapport_storage::{MigrationList, tables};
use rapport_testkit::TemporaryStore;
use sea_orm_migration::{prelude::*, schema as columns};

/// A table of numbers, each of which must not be negative.
struct Numbers;

impl MigrationName for Numbers {
    fn name(&self) -> &'static str {
        "m0002_numbers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Numbers {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let table = Table::create()
            .table("number")
            .col(columns::big_integer("id").primary_key())
            .col(columns::big_integer("value").check(Expr::col("value").gte(0)))
            .col(columns::text("name"))
            .col(columns::text_null("remark"))
            .col(columns::blob_null("bytes"))
            .take();
        manager.create_table(table).await
    }
}

fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    let mut list = tables::migrations();
    list.push(Box::new(Numbers));
    list
}

async fn open() -> TemporaryStore {
    TemporaryStore::new(MigrationList(migrations)).await
}

/// The rows of the table of numbers.
#[allow(unreachable_pub, reason = "the entity macro needs public items")]
mod number {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "number")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: i64,
        pub value: i64,
        pub name: String,
        pub remark: Option<String>,
        pub bytes: Option<Vec<u8>>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
