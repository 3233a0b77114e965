//! The chain of hashes over the transactions of each account.

use rapport_storage::sea_orm_migration::{prelude::*, schema};

pub(super) struct Chain;

impl MigrationName for Chain {
    fn name(&self) -> &'static str {
        "m0004_chain"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Chain {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in new_columns() {
            let alteration = Table::alter().table(table).add_column(column).take();
            manager.alter_table(alteration).await?;
        }
        Ok(())
    }
}

fn new_columns() -> Vec<(&'static str, ColumnDef)> {
    let mut columns = Vec::new();
    for table in ["member", "wallet_account"] {
        // The hash of a transaction, and its number: that of the last one, unless a program that knows no chain has
        // written others since.
        columns.push((table, schema::binary_null("chain")));
        columns.push((table, schema::big_integer("chain_number").default(0).take()));
    }
    columns.push(("ledger_transaction", schema::binary_null("hash")));
    columns
}
