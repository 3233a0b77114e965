//! What points are due to, and the lines of purchases.

use rapport_storage::sea_orm_migration::{prelude::*, schema};

pub(super) struct Attribution;

impl MigrationName for Attribution {
    fn name(&self) -> &'static str {
        "m0007_attribution"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Attribution {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            ("ledger_transaction", schema::text_null("attribution")),
            ("purchase", schema::text_null("details")),
        ] {
            let alteration = Table::alter().table(table).add_column(column).take();
            manager.alter_table(alteration).await?;
        }
        Ok(())
    }
}
