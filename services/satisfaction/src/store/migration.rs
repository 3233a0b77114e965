//! The tables of this service.

use rapport_storage::{
    sea_orm_migration::{prelude::*, schema},
    tables,
};

/// Every migration, the oldest first.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    let mut list = tables::migrations();
    list.push(Box::new(FactsAndRollups));
    list
}

struct FactsAndRollups;

impl MigrationName for FactsAndRollups {
    fn name(&self) -> &'static str {
        "m0002_facts_and_rollups"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for FactsAndRollups {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(answer_set_table()).await?;
        manager
            .create_index(answer_sets_by(
                "answer_set_customer",
                ["customer", "answered_at", "answer_set"],
            ))
            .await?;
        manager
            .create_index(answer_sets_by("answer_set_day", ["day", "answer_set"]))
            .await?;
        manager.create_table(score_table()).await?;
        manager.create_table(rollup_table()).await
    }
}

fn answer_set_table() -> TableCreateStatement {
    Table::create()
        .table("answer_set")
        .col(schema::text("tenant"))
        .col(schema::text("answer_set"))
        .col(schema::integer("revision"))
        .col(schema::boolean("deleted"))
        .col(schema::text("survey"))
        .col(schema::integer("survey_version"))
        .col(schema::text("customer"))
        .col(schema::big_integer("answered_at"))
        .col(schema::integer("day"))
        .col(schema::text("location"))
        .col(schema::text("channel"))
        .col(schema::big_integer_null("index_value"))
        .col(schema::small_integer_null("nps"))
        .col(schema::small_integer_null("csat"))
        .primary_key(Index::create().col("tenant").col("answer_set"))
        .take()
}

fn answer_sets_by<const COLUMNS: usize>(
    name: &'static str,
    columns: [&'static str; COLUMNS],
) -> IndexCreateStatement {
    let mut index = Index::create();
    index.name(name).table("answer_set").col("tenant");
    for column in columns {
        index.col(column);
    }
    index
}

fn score_table() -> TableCreateStatement {
    Table::create()
        .table("score")
        .col(schema::text("tenant"))
        .col(schema::text("answer_set"))
        .col(schema::integer("position"))
        .col(schema::small_integer("metric"))
        .col(schema::text("question"))
        .col(schema::small_integer("value"))
        .col(schema::small_integer("points"))
        .col(schema::text("dimension"))
        .col(schema::text("touchpoint"))
        .primary_key(Index::create().col("tenant").col("answer_set").col("position"))
        .take()
}

/// Has no checks that its numbers are positive: a change is written as an upsert of a difference, and checks look at
/// the difference before it is added. The recomputation of all roll-ups finds what a check would.
fn rollup_table() -> TableCreateStatement {
    let mut table = Table::create();
    table
        .table("metric_rollup")
        .col(schema::text("tenant"))
        .col(schema::small_integer("metric"))
        .col(schema::integer("day"))
        .col(schema::text("survey"))
        .col(schema::text("question"))
        .col(schema::text("touchpoint"))
        .col(schema::text("location"))
        .col(schema::big_integer("answers"))
        .col(schema::big_integer("total"))
        .col(schema::big_integer("squares"));
    for score in 0..=10 {
        table.col(schema::big_integer(format!("score_{score}")));
    }
    // The order of a query: one metric, a range of days, then the rest.
    let mut key = Index::create();
    for column in [
        "tenant",
        "metric",
        "day",
        "survey",
        "question",
        "touchpoint",
        "location",
    ] {
        key.col(column);
    }
    table.primary_key(&mut key).take()
}
