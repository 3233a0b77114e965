//! Tiers: the rules, what counts, where members stand, what was granted.

use rapport_storage::sea_orm_migration::{prelude::*, schema};

pub(super) struct Tiers;

impl MigrationName for Tiers {
    fn name(&self) -> &'static str {
        "m0008_tiers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Tiers {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            set_table(),
            version_table(),
            customer_table(),
            fact_table(),
            grant_table(),
            standing_table(),
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
    "CREATE INDEX tier_set_program ON tier_set (tenant, program, create_time, name)",
    "CREATE INDEX tier_set_recompute ON tier_set (recompute_time) WHERE recompute_time IS NOT NULL",
    "CREATE INDEX tier_fact_reduces ON tier_fact (tenant, subject, reduces) WHERE reduces IS NOT NULL",
    "CREATE INDEX tier_standing_due ON tier_standing (due_time) WHERE due_time IS NOT NULL",
];

fn set_table() -> TableCreateStatement {
    Table::create()
        .table("tier_set")
        .col(schema::text("tenant"))
        .col(schema::text("name"))
        .col(schema::text("program"))
        .col(schema::big_integer("create_time"))
        .col(schema::big_integer("update_time"))
        .col(schema::big_integer("revision"))
        // From when on all members are to be evaluated anew; and the last one who was.
        .col(schema::big_integer_null("recompute_time"))
        .col(schema::text("recomputed_member"))
        .primary_key(Index::create().col("tenant").col("name"))
        .take()
}

fn version_table() -> TableCreateStatement {
    Table::create()
        .table("tier_set_version")
        .col(schema::text("tenant"))
        .col(schema::text("tier_set"))
        .col(schema::integer("number"))
        .col(schema::big_integer("effective_time"))
        // A message rapport.loyalty.v1.TierSet with what its owner decides.
        .col(schema::binary("content"))
        .primary_key(Index::create().col("tenant").col("tier_set").col("number"))
        .take()
}

/// One row for each customer of whom something was recorded, to be locked by whoever records or counts it: the customer
/// may become a member at the same moment.
fn customer_table() -> TableCreateStatement {
    Table::create()
        .table("tier_customer")
        .col(schema::text("tenant"))
        .col(schema::text("customer"))
        .primary_key(Index::create().col("tenant").col("customer"))
        .take()
}

fn fact_table() -> TableCreateStatement {
    Table::create()
        .table("tier_fact")
        .col(schema::text("tenant"))
        // Of purchases the customer, of points the member.
        .col(schema::text("subject"))
        .col(schema::uuid("id"))
        .col(schema::big_integer("time"))
        .col(schema::text("kind"))
        // The currency, or the wallet.
        .col(schema::text("unit"))
        .col(schema::big_integer("amount"))
        .col(schema::big_integer("quantity"))
        .col(schema::uuid_null("reduces"))
        .primary_key(Index::create().col("tenant").col("subject").col("id"))
        .take()
}

fn grant_table() -> TableCreateStatement {
    Table::create()
        .table("tier_grant")
        .col(schema::text("tenant"))
        .col(schema::text("member"))
        .col(schema::uuid("id"))
        .col(schema::text("tier_set"))
        .col(schema::text("tier"))
        .col(schema::big_integer("grant_time"))
        // The last day, as YYYY-MM-DD.
        .col(schema::text("until"))
        .col(schema::text("reason"))
        .col(schema::text("granted_by"))
        // Of a match.
        .col(schema::text_null("evidence"))
        // Of a match: a message rapport.loyalty.v1.TierQualification.
        .col(schema::binary_null("challenge"))
        .col(schema::big_integer_null("revoke_time"))
        .col(schema::text_null("revoke_reason"))
        .col(schema::text_null("revoked_by"))
        .primary_key(Index::create().col("tenant").col("member").col("id"))
        .take()
}

fn standing_table() -> TableCreateStatement {
    Table::create()
        .table("tier_standing")
        .col(schema::text("tenant"))
        .col(schema::text("member"))
        .col(schema::text("tier_set"))
        .col(schema::text("tier"))
        .col(schema::big_integer("since"))
        .col(schema::big_integer_null("valid_until"))
        .col(schema::big_integer_null("due_time"))
        // The first recorded fact that lay ahead.
        .col(schema::big_integer_null("later_time"))
        // The rules that made the state: the revision of the tier set and the time zone.
        .col(schema::text("rules"))
        // The snapshot, as `store/tiers/state.rs` encodes it.
        .col(schema::binary("state"))
        .primary_key(Index::create().col("tenant").col("member").col("tier_set"))
        .take()
}
