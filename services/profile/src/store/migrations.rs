//! The tables, as they came to be.

use rapport_storage::sea_orm_migration::{async_trait, prelude::*, schema};

/// The migrations of the service, the oldest first.
pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    let mut list = rapport_storage::tables::migrations();
    list.extend(rapport_privacy::migrations());
    list.push(Box::new(Customers));
    list.push(Box::new(Purchases));
    list.push(Box::new(Values));
    list.push(Box::new(SealedCustomers));
    list.push(Box::new(Counters));
    list.push(Box::new(UnsealedIdentities));
    list.push(Box::new(PurchaseLines));
    list
}

struct Customers;

impl MigrationName for Customers {
    fn name(&self) -> &'static str {
        "m0002_customers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Customers {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let customer = Table::create()
            .table("customer")
            .col(schema::text("tenant"))
            .col(schema::text("id"))
            .col(schema::text("display_name"))
            .col(schema::text("language"))
            .col(schema::integer_null("birth_date"))
            .col(schema::text("attributes"))
            .col(schema::big_integer("create_time"))
            .col(schema::big_integer("update_time"))
            .col(schema::big_integer("version"))
            .primary_key(Index::create().col("tenant").col("id"))
            .take();
        manager.create_table(customer).await?;
        for (name, column) in [
            ("customer_by_create_time", "create_time"),
            ("customer_by_update_time", "update_time"),
            ("customer_by_display_name", "display_name"),
        ] {
            manager
                .create_index(index(name, "customer", &["tenant", column, "id"]))
                .await?;
        }
        let identity = Table::create()
            .table("identity")
            .col(schema::text("tenant"))
            .col(schema::text("kind"))
            .col(schema::text("system"))
            .col(schema::text("value"))
            .col(schema::text("customer"))
            .col(schema::boolean("verified"))
            .col(schema::integer("position"))
            .primary_key(
                Index::create()
                    .col("tenant")
                    .col("kind")
                    .col("system")
                    .col("value"),
            )
            .take();
        manager.create_table(identity).await?;
        manager
            .create_index(index("identity_by_customer", "identity", &["tenant", "customer"]))
            .await
    }
}

struct Purchases;

impl MigrationName for Purchases {
    fn name(&self) -> &'static str {
        "m0003_purchases"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Purchases {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let purchase = Table::create()
            .table("purchase")
            .col(schema::text("tenant"))
            .col(schema::text("source"))
            .col(schema::text("source_id"))
            .col(schema::text("id"))
            .col(schema::text("customer"))
            .col(schema::text("kind"))
            .col(schema::text("original_source_id"))
            .col(schema::big_integer("purchase_time"))
            .col(schema::integer("purchase_day"))
            .col(schema::big_integer("amount"))
            .col(schema::text("currency"))
            .col(schema::big_integer("quantity"))
            .col(schema::text("location"))
            .col(schema::big_integer("create_time"))
            .col(schema::big_integer("sequence"))
            .primary_key(Index::create().col("tenant").col("source").col("source_id"))
            .take();
        manager.create_table(purchase).await?;
        manager
            .create_index(index(
                "purchase_by_customer",
                "purchase",
                &["tenant", "customer", "purchase_time", "id"],
            ))
            .await?;
        // Unique: two transactions that would give the same number to two purchases cannot both commit.
        let sequence = index("purchase_by_sequence", "purchase", &["tenant", "sequence"])
            .unique()
            .take();
        manager.create_index(sequence).await?;
        let deleted = Table::create()
            .table("deleted_purchase")
            .col(schema::text("tenant"))
            .col(schema::text("source"))
            .col(schema::text("source_id"))
            .primary_key(Index::create().col("tenant").col("source").col("source_id"))
            .take();
        manager.create_table(deleted).await
    }
}

struct Values;

impl MigrationName for Values {
    fn name(&self) -> &'static str {
        "m0004_values"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Values {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(value_table()).await?;
        for (name, column) in [
            ("customer_value_by_monetary", "monetary"),
            ("customer_value_by_frequency", "frequency"),
            ("customer_value_by_recency", "recency_order"),
        ] {
            manager
                .create_index(index(name, "customer_value", &["tenant", column, "customer"]))
                .await?;
        }
        let change = Table::create()
            .table("stage_change")
            .col(schema::text("tenant"))
            .col(schema::text("customer"))
            .col(schema::integer("number"))
            .col(schema::text("from_stage"))
            .col(schema::text("to_stage"))
            .col(schema::integer("change_date"))
            .col(schema::text("reason"))
            .col(schema::integer("rules_version"))
            .primary_key(Index::create().col("tenant").col("customer").col("number"))
            .take();
        manager.create_table(change).await?;
        manager.create_table(evaluation_table()).await?;
        manager
            .create_index(index("evaluation_by_run", "evaluation", &["tenant", "run"]))
            .await
    }
}

fn value_table() -> TableCreateStatement {
    Table::create()
        .table("customer_value")
        .col(schema::text("tenant"))
        .col(schema::text("customer"))
        .col(schema::integer("as_of_date"))
        // The purchases up to this number, and no others, are in the figures.
        .col(schema::big_integer("sequence"))
        .col(schema::text("currency"))
        .col(schema::integer_null("recency_days"))
        // As recency_days; without a purchase larger than any, so that orders and filters find every row.
        .col(schema::big_integer("recency_order"))
        .col(schema::integer("frequency"))
        .col(schema::big_integer("monetary"))
        .col(schema::integer_null("recency_score"))
        .col(schema::integer_null("frequency_score"))
        .col(schema::integer_null("monetary_score"))
        .col(schema::text("rfm_group"))
        .col(schema::text("stage"))
        .col(schema::integer("stage_since_date"))
        .col(schema::text("stage_reason"))
        .col(schema::double_null("repurchase_probability"))
        .col(schema::double_null("expected_purchases"))
        .col(schema::big_integer_null("expected_spend"))
        .col(schema::big_integer_null("lifetime_value"))
        .primary_key(Index::create().col("tenant").col("customer"))
        .take()
}

fn evaluation_table() -> TableCreateStatement {
    Table::create()
        .table("evaluation")
        .col(schema::text("tenant"))
        .col(schema::text("id"))
        // Counts the evaluations of the tenant: the latest has the largest.
        .col(schema::big_integer("run"))
        .col(schema::integer("as_of_date"))
        .col(schema::big_integer("create_time"))
        .col(schema::text("currency"))
        .col(schema::big_integer("customer_count"))
        .col(schema::big_integer("buyer_count"))
        .col(schema::boolean("accepted"))
        .col(schema::text("finding"))
        .col(schema::double_null("purchase_r"))
        .col(schema::double_null("purchase_alpha"))
        .col(schema::double_null("purchase_a"))
        .col(schema::double_null("purchase_b"))
        .col(schema::double_null("purchase_log_likelihood"))
        .col(schema::double_null("spend_p"))
        .col(schema::double_null("spend_q"))
        .col(schema::double_null("spend_gamma"))
        .col(schema::double_null("spend_log_likelihood"))
        .col(schema::text("thresholds"))
        .primary_key(Index::create().col("tenant").col("id"))
        .take()
}

/// Personal data are sealed. The columns that had them stay, for the version before.
struct SealedCustomers;

impl MigrationName for SealedCustomers {
    fn name(&self) -> &'static str {
        "m0005_sealed_customers"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for SealedCustomers {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for (table, column) in [
            // Name, language, birth date and attributes.
            ("customer", "sealed"),
            ("customer", "display_name_hash"),
            ("customer", "language_hash"),
            // Where it is there, the column value has the keyed hash of the value.
            ("identity", "sealed_value"),
        ] {
            let added = Table::alter()
                .table(table)
                .add_column(schema::text_null(column))
                .take();
            manager.alter_table(added).await?;
        }
        manager
            .create_index(index(
                "customer_by_display_name_hash",
                "customer",
                &["tenant", "display_name_hash"],
            ))
            .await
    }
}

/// Numbers that are given out in the order of commits.
struct Counters;

impl MigrationName for Counters {
    fn name(&self) -> &'static str {
        "m0006_counters"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for Counters {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let counter = Table::create()
            .table("counter")
            .col(schema::text("tenant"))
            .col(schema::text("name"))
            .col(schema::big_integer("last"))
            .primary_key(Index::create().col("tenant").col("name"))
            .take();
        manager.create_table(counter).await
    }
}

/// Finds identities from before values were sealed, or that there is none.
struct UnsealedIdentities;

impl MigrationName for UnsealedIdentities {
    fn name(&self) -> &'static str {
        "m0007_unsealed_identities"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for UnsealedIdentities {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX identity_unsealed ON identity (tenant) WHERE sealed_value IS NULL",
            )
            .await?;
        Ok(())
    }
}

fn index(name: &'static str, table: &'static str, columns: &[&'static str]) -> IndexCreateStatement {
    let mut statement = Index::create();
    statement.name(name).table(table);
    for column in columns {
        statement.col(*column);
    }
    statement.take()
}

/// What was bought, line by line, and how.
struct PurchaseLines;

impl MigrationName for PurchaseLines {
    fn name(&self) -> &'static str {
        "m0008_purchase_lines"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for PurchaseLines {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let columns = [
            schema::text("channel").default("").take(),
            schema::text_null("lines"),
        ];
        // SQLite adds one column a statement.
        for column in columns {
            let alteration = Table::alter().table("purchase").add_column(column).take();
            manager.alter_table(alteration).await?;
        }
        Ok(())
    }
}
