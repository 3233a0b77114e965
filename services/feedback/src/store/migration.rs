//! The tables of this service, after those that every service has.
//!
//! Names of resources are stored as the contract writes them (`surveys/{survey}`): filters compare them as they are.
//! Where the contract has an empty text for "not known", so have the columns: a null would fall out of every page.

use rapport_storage::{sea_orm_migration::prelude::*, tables};
use sea_orm_migration::schema;

/// The migrations of this service, the oldest first.
pub(crate) fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    let mut migrations = tables::migrations();
    migrations.extend(rapport_privacy::migrations());
    migrations.push(Box::new(FeedbackTables));
    migrations.push(Box::new(super::open_cases::OpenCasesIndex));
    migrations
}

struct FeedbackTables;

impl MigrationName for FeedbackTables {
    fn name(&self) -> &'static str {
        "m0002_feedback_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for FeedbackTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in [
            survey_table(),
            survey_version_table(),
            answer_set_table(),
            answer_table(),
            case_table(),
            case_event_table(),
        ] {
            manager.create_table(table).await?;
        }
        for index in indexes() {
            manager.create_index(index).await?;
        }
        // A set of answers opens one case at most, whatever the program believes.
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE UNIQUE INDEX feedback_case_of_answer_set ON feedback_case (tenant, answer_set) \
                 WHERE answer_set <> ''",
            )
            .await?;
        Ok(())
    }
}

fn survey_table() -> TableCreateStatement {
    Table::create()
        .table("survey")
        .col(schema::text("tenant"))
        .col(schema::text("name"))
        // The title of the latest version, for lists.
        .col(schema::text("title"))
        .col(schema::text("state"))
        .col(schema::integer("published_version"))
        .col(schema::integer("latest_version"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer("updated_at"))
        .col(schema::big_integer("revision"))
        // SHA-256 of what it was created with: tells a repeated creation from another survey.
        .col(schema::blob("creation_fingerprint"))
        .primary_key(Index::create().col("tenant").col("name"))
        .take()
}

fn survey_version_table() -> TableCreateStatement {
    Table::create()
        .table("survey_version")
        .col(schema::text("tenant"))
        .col(schema::text("survey"))
        .col(schema::integer("version"))
        // Title, questions and rules as a `rapport.feedback.v1.Survey`.
        .col(schema::blob("content"))
        // From then on the row never changes.
        .col(schema::big_integer_null("published_at"))
        .primary_key(Index::create().col("tenant").col("survey").col("version"))
        .take()
}

fn answer_set_table() -> TableCreateStatement {
    Table::create()
        .table("answer_set")
        .col(schema::text("tenant"))
        .col(schema::text("name"))
        .col(schema::text("survey"))
        .col(schema::integer("survey_version"))
        .col(schema::text("customer"))
        .col(schema::big_integer("answered_at"))
        .col(schema::text("touchpoint"))
        .col(schema::text("location"))
        .col(schema::text("channel"))
        .col(schema::text("language"))
        .col(schema::big_integer("created_at"))
        .col(schema::integer("revision"))
        .col(schema::text("opened_case"))
        .primary_key(Index::create().col("tenant").col("name"))
        .take()
}

fn answer_table() -> TableCreateStatement {
    Table::create()
        .table("answer")
        .col(schema::text("tenant"))
        .col(schema::text("answer_set"))
        .col(schema::integer("position"))
        .col(schema::text("question"))
        // One of the three has the value.
        .col(schema::integer_null("score"))
        .col(schema::text_null("choice"))
        .col(schema::text_null("text"))
        .primary_key(Index::create().col("tenant").col("answer_set").col("position"))
        .take()
}

fn case_table() -> TableCreateStatement {
    Table::create()
        .table("feedback_case")
        .col(schema::text("tenant"))
        .col(schema::text("name"))
        .col(schema::text("subject"))
        .col(schema::text("state"))
        .col(schema::text("priority"))
        // 1 for low to 4 for urgent.
        .col(schema::integer("priority_rank"))
        .col(schema::text("customer"))
        .col(schema::text("answer_set"))
        .col(schema::text("survey"))
        .col(schema::text("owner"))
        .col(schema::big_integer("due_at"))
        .col(schema::text_null("resolution"))
        .col(schema::boolean_null("compensate"))
        .col(schema::big_integer_null("resolved_at"))
        .col(schema::big_integer("created_at"))
        .col(schema::big_integer("updated_at"))
        .col(schema::big_integer("revision"))
        // SHA-256 of what it was created with; empty when a rule opened it.
        .col(schema::blob("creation_fingerprint"))
        .primary_key(Index::create().col("tenant").col("name"))
        .take()
}

fn case_event_table() -> TableCreateStatement {
    Table::create()
        .table("feedback_case_event")
        .col(schema::text("tenant"))
        .col(schema::text("case_name"))
        // The revision of the case that the step led to; rows are only ever added.
        .col(schema::big_integer("revision"))
        .col(schema::big_integer("happened_at"))
        .col(schema::text("actor"))
        .col(schema::text("action"))
        .col(schema::text("note"))
        .primary_key(Index::create().col("tenant").col("case_name").col("revision"))
        .take()
}

/// One for each usual order of a list and each usual way to narrow it.
fn indexes() -> Vec<IndexCreateStatement> {
    let index = |name: &str, table: &str, columns: &[&str]| {
        let mut index = Index::create();
        index.name(name.to_owned()).table(table.to_owned()).col("tenant");
        for column in columns {
            index.col((*column).to_owned());
        }
        index.take()
    };
    vec![
        index("survey_by_creation", "survey", &["created_at", "name"]),
        index("answer_set_by_time", "answer_set", &["answered_at", "name"]),
        index("answer_set_by_creation", "answer_set", &["created_at", "name"]),
        index(
            "answer_set_of_customer",
            "answer_set",
            &["customer", "answered_at"],
        ),
        index("answer_set_of_survey", "answer_set", &["survey", "answered_at"]),
        index("feedback_case_by_deadline", "feedback_case", &["due_at", "name"]),
        index(
            "feedback_case_by_state",
            "feedback_case",
            &["state", "priority", "due_at"],
        ),
        index(
            "feedback_case_of_customer",
            "feedback_case",
            &["customer", "due_at"],
        ),
    ]
}
