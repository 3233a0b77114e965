//! The table of the keys of tenants.

use rapport_storage::sea_orm_migration::{prelude::*, schema};

/// The migrations of the table: services that seal values have them in their list, after those of every service.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![Box::new(DataKeys)]
}

struct DataKeys;

impl MigrationName for DataKeys {
    fn name(&self) -> &'static str {
        "m0001_data_keys"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for DataKeys {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let keys = Table::create()
            .table("data_key")
            .col(schema::text("tenant"))
            // What the key is for: SEAL or HASH.
            .col(schema::text("purpose"))
            // Counts the keys of a tenant and purpose from 1; the largest is the one in use.
            .col(schema::integer("number"))
            // Names the master key that it is wrapped under.
            .col(schema::text("master"))
            // Nonce, ciphertext and tag.
            .col(schema::blob("wrapped"))
            .col(schema::big_integer("created_at"))
            // When every value was sealed anew under a later key; absent before.
            .col(schema::big_integer_null("retired_at"))
            .primary_key(Index::create().col("tenant").col("purpose").col("number"))
            .take();
        manager.create_table(keys).await
    }
}

/// The key of a tenant, wrapped.
pub(crate) mod data_key {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "data_key")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub purpose: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        pub master: String,
        pub wrapped: Vec<u8>,
        pub created_at: i64,
        pub retired_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
