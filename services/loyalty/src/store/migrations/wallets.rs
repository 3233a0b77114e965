//! Wallets beside the first, and what their points can be: pending, blocked, owed, reversed.

use rapport_storage::sea_orm_migration::{prelude::*, schema};

pub(super) struct Wallets;

impl MigrationName for Wallets {
    fn name(&self) -> &'static str {
        "m0003_wallets"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Wallets {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(wallet_table()).await?;
        manager.create_table(wallet_account_table()).await?;
        // SQLite adds one column a statement.
        for (table, column) in new_columns() {
            let alteration = Table::alter().table(table).add_column(column).take();
            manager.alter_table(alteration).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }
}

const INDEXES: &[&str] = &[
    "CREATE UNIQUE INDEX wallet_account_account ON wallet_account (tenant, account)",
    "CREATE INDEX wallet_account_due ON wallet_account (due_time) WHERE due_time IS NOT NULL",
    // Transactions that are named to be reversed: few beside those that only open a lot, which is found by its id.
    "CREATE INDEX ledger_transaction_taking ON ledger_transaction (tenant, account, id) WHERE points <= 0",
    "CREATE INDEX ledger_transaction_reversal ON ledger_transaction (tenant, account, reverses) \
     WHERE reverses IS NOT NULL",
];

fn wallet_table() -> TableCreateStatement {
    Table::create()
        .table("wallet")
        .col(schema::text("tenant"))
        .col(schema::text("program"))
        .col(schema::text("id"))
        .col(schema::text("title"))
        .col(schema::text("kind"))
        .col(schema::text("expiry"))
        // Of a rolling or sliding expiry its length, of fixed days the least.
        .col(schema::integer("expiry_months"))
        .col(schema::text("expiry_rounding"))
        // Such as `03-31 12-31`.
        .col(schema::text("expiry_days"))
        // Such as `EARNING REDEEMING`.
        .col(schema::text("expiry_activities"))
        .col(schema::text("burn_order"))
        .col(schema::text("debt"))
        .col(schema::integer("pending_days"))
        .col(schema::big_integer("create_time"))
        .col(schema::big_integer("update_time"))
        .col(schema::big_integer("version"))
        .primary_key(Index::create().col("tenant").col("program").col("id"))
        .take()
}

fn wallet_account_table() -> TableCreateStatement {
    Table::create()
        .table("wallet_account")
        .col(schema::text("tenant"))
        .col(schema::text("member"))
        .col(schema::text("wallet"))
        // What the tables of the ledger know it by.
        .col(schema::uuid("account"))
        .col(schema::big_integer("available_points"))
        .col(schema::big_integer("reserved_points"))
        .col(schema::big_integer("blocked_points"))
        .col(schema::big_integer("pending_points"))
        .col(schema::big_integer("debt_points"))
        .col(schema::big_integer("transaction_count"))
        .col(schema::big_integer("version"))
        .col(schema::big_integer_null("due_time"))
        .primary_key(Index::create().col("tenant").col("member").col("wallet"))
        .check(Expr::cust(
            "available_points >= 0 AND reserved_points >= 0 AND blocked_points >= 0 AND pending_points >= 0 \
             AND debt_points >= 0",
        ))
        .take()
}

fn new_columns() -> Vec<(&'static str, ColumnDef)> {
    let none = |name: &'static str| schema::big_integer(name).default(0).take();
    vec![
        ("program", schema::text_null("time_zone")),
        ("member", none("pending_points")),
        ("member", none("blocked_points")),
        ("member", none("debt_points")),
        ("lot", schema::boolean("pending").default(false).take()),
        ("lot", schema::big_integer_null("release_time")),
        ("lot", schema::text_null("release_key")),
        ("ledger_transaction", none("pending_points")),
        ("ledger_transaction", none("debt_points")),
        ("ledger_transaction", schema::uuid_null("reverses")),
        ("lot_movement", schema::text_null("effect")),
        ("lot_movement", schema::big_integer_null("expire_time")),
        ("hold", schema::text("kind").default("RESERVATION").take()),
    ]
}
