//! The tables of the ledger.
//!
//! Every key begins with the tenant. What happened (transactions, entries, movements, purchases, compensations) is only
//! ever added to. The checks repeat what the ledger decides: should a decision ever be wrong, the database refuses it.

use rapport_storage::sea_orm_migration::{prelude::*, schema};

pub(super) struct LedgerTables;

impl MigrationName for LedgerTables {
    fn name(&self) -> &'static str {
        "m0002_ledger_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for LedgerTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            program_table(),
            member_table(),
            lot_table(),
            transaction_table(),
            entry_table(),
            movement_table(),
            hold_table(),
            allocation_table(),
            purchase_table(),
            compensation_table(),
        ] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }
}

/// Written out, because the partial ones have no form in the schema builder that both databases share.
const INDEXES: &[&str] = &[
    "CREATE INDEX program_created ON program (tenant, create_time, name)",
    "CREATE UNIQUE INDEX member_customer ON member (tenant, customer, program)",
    "CREATE UNIQUE INDEX member_account ON member (tenant, account)",
    "CREATE INDEX member_enrolled ON member (tenant, program, enrol_time, name)",
    "CREATE INDEX member_due ON member (due_time) WHERE due_time IS NOT NULL",
    "CREATE INDEX lot_open ON lot (tenant, account) WHERE remaining > 0",
    "CREATE INDEX hold_open ON hold (tenant, account) WHERE state = 'OPEN'",
    "CREATE INDEX purchase_sale ON purchase (tenant, account, source, sale_source_id)",
];

fn program_table() -> TableCreateStatement {
    Table::create()
        .table("program")
        .col(schema::text("tenant"))
        .col(schema::text("name"))
        .col(schema::text("title"))
        .col(schema::text_null("earning_currency"))
        .col(schema::big_integer_null("earning_points"))
        .col(schema::big_integer_null("earning_per_amount"))
        .col(schema::big_integer_null("compensation_low"))
        .col(schema::big_integer_null("compensation_normal"))
        .col(schema::big_integer_null("compensation_high"))
        .col(schema::big_integer_null("compensation_urgent"))
        .col(schema::integer("lifetime_months"))
        .col(schema::boolean("enrols_automatically"))
        .col(schema::big_integer("create_time"))
        .col(schema::big_integer("update_time"))
        .col(schema::big_integer("version"))
        .primary_key(Index::create().col("tenant").col("name"))
        .take()
}

fn member_table() -> TableCreateStatement {
    Table::create()
        .table("member")
        .col(schema::text("tenant"))
        .col(schema::text("name"))
        .col(schema::text("program"))
        .col(schema::text("customer"))
        // What the tables of the ledger know the member by: shorter than the name.
        .col(schema::uuid("account"))
        .col(schema::text("state"))
        .col(schema::big_integer("enrol_time"))
        .col(schema::big_integer("available_points"))
        .col(schema::big_integer("reserved_points"))
        .col(schema::big_integer("transaction_count"))
        // Counts the changes: a writer who read an older one is refused and starts again.
        .col(schema::big_integer("version"))
        // When something must be booked although nobody asks.
        .col(schema::big_integer_null("due_time"))
        .primary_key(Index::create().col("tenant").col("name"))
        .check(Expr::cust("available_points >= 0 AND reserved_points >= 0"))
        .take()
}

fn lot_table() -> TableCreateStatement {
    Table::create()
        .table("lot")
        .col(schema::text("tenant"))
        .col(schema::uuid("account"))
        .col(schema::uuid("id"))
        .col(schema::text("program"))
        .col(schema::big_integer("number"))
        .col(schema::big_integer("original"))
        .col(schema::big_integer("remaining"))
        .col(schema::big_integer("reserved"))
        .col(schema::big_integer_null("expire_time"))
        .col(schema::text("vintage"))
        .primary_key(Index::create().col("tenant").col("account").col("id"))
        .check(Expr::cust(
            "reserved >= 0 AND reserved <= remaining AND remaining <= original",
        ))
        .take()
}

fn transaction_table() -> TableCreateStatement {
    Table::create()
        .table("ledger_transaction")
        .col(schema::text("tenant"))
        .col(schema::uuid("account"))
        .col(schema::big_integer("number"))
        .col(schema::uuid("id"))
        .col(schema::text("kind"))
        .col(schema::big_integer("points"))
        .col(schema::big_integer("post_time"))
        .col(schema::text("reason"))
        .col(schema::text("cause"))
        .col(schema::big_integer("available_points"))
        .col(schema::big_integer("shortfall_points"))
        .primary_key(Index::create().col("tenant").col("account").col("number"))
        .check(Expr::cust("available_points >= 0 AND shortfall_points >= 0"))
        .take()
}

fn entry_table() -> TableCreateStatement {
    Table::create()
        .table("ledger_entry")
        .col(schema::text("tenant"))
        .col(schema::uuid("account"))
        .col(schema::big_integer("number"))
        .col(schema::text("book"))
        .col(schema::text("program"))
        .col(schema::big_integer("points"))
        .primary_key(
            Index::create()
                .col("tenant")
                .col("account")
                .col("number")
                .col("book"),
        )
        .take()
}

fn movement_table() -> TableCreateStatement {
    Table::create()
        .table("lot_movement")
        .col(schema::text("tenant"))
        .col(schema::uuid("account"))
        .col(schema::big_integer("number"))
        .col(schema::integer("position"))
        .col(schema::uuid("lot"))
        .col(schema::big_integer("points"))
        .primary_key(
            Index::create()
                .col("tenant")
                .col("account")
                .col("number")
                .col("position"),
        )
        .take()
}

fn hold_table() -> TableCreateStatement {
    Table::create()
        .table("hold")
        .col(schema::text("tenant"))
        .col(schema::uuid("account"))
        .col(schema::uuid("id"))
        .col(schema::text("program"))
        .col(schema::big_integer("points"))
        .col(schema::text("state"))
        .col(schema::big_integer("captured_points"))
        .col(schema::text("reason"))
        .col(schema::big_integer("create_time"))
        .col(schema::big_integer("expire_time"))
        .primary_key(Index::create().col("tenant").col("account").col("id"))
        .check(Expr::cust(
            "points > 0 AND captured_points >= 0 AND captured_points <= points",
        ))
        .take()
}

fn allocation_table() -> TableCreateStatement {
    Table::create()
        .table("hold_allocation")
        .col(schema::text("tenant"))
        .col(schema::uuid("account"))
        .col(schema::uuid("hold"))
        .col(schema::integer("position"))
        .col(schema::uuid("lot"))
        .col(schema::big_integer("points"))
        .primary_key(
            Index::create()
                .col("tenant")
                .col("account")
                .col("hold")
                .col("position"),
        )
        .check(Expr::cust("points > 0"))
        .take()
}

fn purchase_table() -> TableCreateStatement {
    Table::create()
        .table("purchase")
        .col(schema::text("tenant"))
        .col(schema::uuid("account"))
        .col(schema::text("source"))
        .col(schema::text("source_id"))
        .col(schema::text("sale_source_id"))
        .col(schema::text("kind"))
        .col(schema::text("currency"))
        .col(schema::big_integer("amount_minor"))
        .col(schema::big_integer("earned_points"))
        .col(schema::big_integer("claimed_points"))
        .col(schema::uuid_null("lot"))
        .primary_key(
            Index::create()
                .col("tenant")
                .col("account")
                .col("source")
                .col("source_id"),
        )
        .take()
}

fn compensation_table() -> TableCreateStatement {
    Table::create()
        .table("compensation")
        .col(schema::text("tenant"))
        .col(schema::uuid("account"))
        .col(schema::text("case_name"))
        .col(schema::big_integer("points"))
        .primary_key(Index::create().col("tenant").col("account").col("case_name"))
        .take()
}
