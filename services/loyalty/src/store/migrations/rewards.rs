//! Rewards: the catalogue, redemptions, code pools, vouchers.
//!
//! The checks repeat what the domain decides: a stock is never overrun, a code is with one redemption at most, and a voucher
//! is not used more often than it says.

use rapport_storage::sea_orm_migration::{prelude::*, schema};

pub(super) struct Rewards;

impl MigrationName for Rewards {
    fn name(&self) -> &'static str {
        "m0006_rewards"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Rewards {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            reward_table(),
            version_table(),
            redemption_table(),
            payment_table(),
            pool_table(),
            code_table(),
            voucher_table(),
            use_table(),
        ] {
            manager.create_table(table).await?;
        }
        for index in INDEXES {
            manager.get_connection().execute_unprepared(index).await?;
        }
        Ok(())
    }
}

const INDEXES: &[&str] = &[
    "CREATE INDEX reward_created ON reward (tenant, program, create_time, name)",
    "CREATE INDEX redemption_reserved ON redemption (tenant, member, reserve_time, id)",
    "CREATE INDEX redemption_due ON redemption (expire_time) WHERE state = 'RESERVED'",
    // A code is imported into a pool once.
    "CREATE UNIQUE INDEX reward_code_text ON reward_code (tenant, pool, code)",
    "CREATE INDEX reward_code_free ON reward_code (tenant, pool, expire_time, number) WHERE state = 'FREE'",
    "CREATE INDEX reward_code_redemption ON reward_code (tenant, redemption) WHERE redemption IS NOT NULL",
    "CREATE UNIQUE INDEX voucher_code ON voucher (tenant, program, code)",
    "CREATE INDEX voucher_redemption ON voucher (tenant, redemption)",
];

fn reward_table() -> TableCreateStatement {
    Table::create()
        .table("reward")
        .col(schema::text("tenant"))
        .col(schema::text("name"))
        .col(schema::text("program"))
        .col(schema::text("category"))
        .col(schema::text("kind"))
        .col(schema::big_integer_null("published_from"))
        .col(schema::big_integer_null("published_until"))
        .col(schema::big_integer("version"))
        // None: there is no end of units.
        .col(schema::big_integer_null("total_units"))
        .col(schema::big_integer("taken_units"))
        // The present terms: a `rapport.loyalty.v1.Reward` that has terms and nothing else.
        .col(schema::binary("terms"))
        .col(schema::big_integer("create_time"))
        .col(schema::big_integer("update_time"))
        .primary_key(Index::create().col("tenant").col("name"))
        .check(Expr::cust(
            "taken_units >= 0 AND (total_units IS NULL OR taken_units <= total_units)",
        ))
        .take()
}

/// Every version of the terms; only ever added to.
fn version_table() -> TableCreateStatement {
    Table::create()
        .table("reward_version")
        .col(schema::text("tenant"))
        .col(schema::text("reward"))
        .col(schema::big_integer("version"))
        .col(schema::binary("terms"))
        .col(schema::big_integer("create_time"))
        .primary_key(Index::create().col("tenant").col("reward").col("version"))
        .take()
}

fn redemption_table() -> TableCreateStatement {
    Table::create()
        .table("redemption")
        .col(schema::text("tenant"))
        .col(schema::text("member"))
        .col(schema::uuid("id"))
        .col(schema::text("reward"))
        // Version of the reward's terms.
        .col(schema::big_integer("version"))
        .col(schema::text("state"))
        .col(schema::big_integer("units"))
        // Those that count in the member's limits.
        .col(schema::big_integer("counted_units"))
        .col(schema::big_integer("reserve_time"))
        .col(schema::big_integer("expire_time"))
        // A `rapport.loyalty.v1.Redemption` without codes and vouchers, which have tables of their own.
        .col(schema::binary("record"))
        .primary_key(Index::create().col("tenant").col("member").col("id"))
        .check(Expr::cust(
            "units > 0 AND counted_units >= 0 AND counted_units <= units",
        ))
        .take()
}

/// What a redemption has in the ledger: a hold in each wallet, and the transaction that captured it.
fn payment_table() -> TableCreateStatement {
    Table::create()
        .table("redemption_payment")
        .col(schema::text("tenant"))
        .col(schema::text("member"))
        .col(schema::uuid("redemption"))
        .col(schema::text("wallet"))
        .col(schema::big_integer("points"))
        .col(schema::uuid("hold"))
        .col(schema::uuid_null("spending"))
        .primary_key(
            Index::create()
                .col("tenant")
                .col("member")
                .col("redemption")
                .col("wallet"),
        )
        .check(Expr::cust("points > 0"))
        .take()
}

fn pool_table() -> TableCreateStatement {
    Table::create()
        .table("code_pool")
        .col(schema::text("tenant"))
        .col(schema::text("name"))
        .col(schema::big_integer_null("low_at"))
        .col(schema::boolean("low"))
        .col(schema::big_integer("free_codes"))
        .col(schema::big_integer("taken_codes"))
        .col(schema::big_integer("shown_codes"))
        .col(schema::big_integer("void_codes"))
        .col(schema::big_integer("expired_codes"))
        .primary_key(Index::create().col("tenant").col("name"))
        .check(Expr::cust(
            "free_codes >= 0 AND taken_codes >= 0 AND shown_codes >= 0 AND void_codes >= 0 AND expired_codes >= 0",
        ))
        .take()
}

fn code_table() -> TableCreateStatement {
    Table::create()
        .table("reward_code")
        .col(schema::text("tenant"))
        .col(schema::uuid("id"))
        .col(schema::text("pool"))
        .col(schema::text("code"))
        // The order of import within the pool.
        .col(schema::big_integer("number"))
        // The largest number stands for never.
        .col(schema::big_integer("expire_time"))
        .col(schema::text("state"))
        .col(schema::uuid_null("redemption"))
        // Its place among the codes of the redemption.
        .col(schema::integer("place"))
        .primary_key(Index::create().col("tenant").col("id"))
        .check(Expr::cust(
            "(state IN ('FREE', 'EXPIRED') AND redemption IS NULL) \
             OR (state IN ('TAKEN', 'SHOWN', 'VOID') AND redemption IS NOT NULL)",
        ))
        .take()
}

fn voucher_table() -> TableCreateStatement {
    Table::create()
        .table("voucher")
        .col(schema::text("tenant"))
        .col(schema::uuid("id"))
        .col(schema::text("program"))
        // The member who received it.
        .col(schema::text("member"))
        .col(schema::uuid("redemption"))
        // Its place among the vouchers of the redemption.
        .col(schema::integer("place"))
        // The code to type, without hyphens.
        .col(schema::text("code"))
        // A `rapport.loyalty.v1.VoucherReward`.
        .col(schema::binary("terms"))
        .col(schema::big_integer_null("valid_from"))
        .col(schema::big_integer_null("valid_until"))
        .col(schema::big_integer("uses"))
        .col(schema::big_integer("used"))
        .col(schema::big_integer_null("cancel_time"))
        .primary_key(Index::create().col("tenant").col("id"))
        .check(Expr::cust("used >= 0 AND used <= uses"))
        .take()
}

fn use_table() -> TableCreateStatement {
    Table::create()
        .table("voucher_use")
        .col(schema::text("tenant"))
        .col(schema::uuid("voucher"))
        .col(schema::text("id"))
        .col(schema::big_integer("use_time"))
        .col(schema::text("currency"))
        .col(schema::big_integer("order_minor"))
        .col(schema::big_integer("discount_minor"))
        .col(schema::big_integer_null("undo_time"))
        .primary_key(Index::create().col("tenant").col("voucher").col("id"))
        .check(Expr::cust("discount_minor > 0 AND discount_minor <= order_minor"))
        .take()
}
