//! The tables that every service has: outbox, consumed events, dead letters, request ids, audit log.

use sea_orm_migration::{prelude::*, schema};

use crate::trail;

/// The migrations of these tables: each service's list begins with them.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(SharedTables),
        Box::new(TracedEvents),
        Box::new(ReplayedDeadLetters),
        Box::new(trail::AuditLog),
    ]
}

struct SharedTables;

impl MigrationName for SharedTables {
    fn name(&self) -> &'static str {
        "m0001_shared_tables"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for SharedTables {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(outbox_table()).await?;
        manager
            .get_connection()
            .execute_unprepared("CREATE INDEX outbox_waiting ON outbox (sequence) WHERE relayed_at IS NULL")
            .await?;
        manager.create_table(consumed_event_table()).await?;
        manager.create_table(dead_letter_table()).await?;
        manager.create_table(request_table()).await
    }
}

/// Events keep the trace that they belong to, and are purged some time after they were relayed.
struct TracedEvents;

impl MigrationName for TracedEvents {
    fn name(&self) -> &'static str {
        "m0001_traced_events"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for TracedEvents {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        for table in ["outbox", "dead_letter"] {
            let column = Table::alter()
                .table(table)
                .add_column(schema::text_null("trace_parent"))
                .take();
            manager.alter_table(column).await?;
        }
        let connection = manager.get_connection();
        connection
            .execute_unprepared(
                "CREATE INDEX outbox_relayed ON outbox (relayed_at) WHERE relayed_at IS NOT NULL",
            )
            .await?;
        connection
            .execute_unprepared("CREATE INDEX consumed_event_by_time ON consumed_event (consumed_at)")
            .await
            .map(drop)
    }
}

/// Dead letters can be asked for again: the service that keeps them sends them to their consumer.
struct ReplayedDeadLetters;

impl MigrationName for ReplayedDeadLetters {
    fn name(&self) -> &'static str {
        "m0001_replayed_dead_letters"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for ReplayedDeadLetters {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        let column = Table::alter()
            .table("dead_letter")
            .add_column(schema::big_integer_null("replay_requested_at"))
            .take();
        manager.alter_table(column).await?;
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX dead_letter_to_replay ON dead_letter (consumer, replay_requested_at) \
                 WHERE replay_requested_at IS NOT NULL",
            )
            .await
            .map(drop)
    }
}

fn outbox_table() -> TableCreateStatement {
    Table::create()
        .table("outbox")
        // The one key that does not begin with the tenant: the relay reads all tenants in the order of writing.
        .col(schema::big_pk_auto("sequence"))
        .col(schema::uuid("event_id"))
        .col(schema::text("tenant"))
        .col(schema::text("key"))
        .col(schema::text("topic"))
        .col(schema::blob("payload"))
        .col(schema::big_integer("occurred_at"))
        .col(schema::big_integer_null("relayed_at"))
        .take()
}

fn consumed_event_table() -> TableCreateStatement {
    Table::create()
        .table("consumed_event")
        .col(schema::text("tenant"))
        .col(schema::text("consumer"))
        .col(schema::uuid("event_id"))
        .col(schema::big_integer("consumed_at"))
        .primary_key(Index::create().col("tenant").col("consumer").col("event_id"))
        .take()
}

fn dead_letter_table() -> TableCreateStatement {
    Table::create()
        .table("dead_letter")
        .col(schema::text("tenant"))
        .col(schema::text("consumer"))
        .col(schema::uuid("event_id"))
        .col(schema::text("key"))
        .col(schema::text("topic"))
        .col(schema::blob("payload"))
        .col(schema::big_integer("occurred_at"))
        .col(schema::text("reason"))
        .col(schema::big_integer("failed_at"))
        .primary_key(Index::create().col("tenant").col("consumer").col("event_id"))
        .take()
}

fn request_table() -> TableCreateStatement {
    Table::create()
        .table("request")
        .col(schema::text("tenant"))
        .col(schema::text("method"))
        .col(schema::text("request_id"))
        .col(schema::blob("fingerprint"))
        .col(schema::blob("answer"))
        .col(schema::big_integer("created_at"))
        .primary_key(Index::create().col("tenant").col("method").col("request_id"))
        .take()
}

/// An event that waits to be relayed, or was.
pub mod outbox {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "outbox")]
    #[allow(missing_docs, reason = "the columns are described in rapport-events")]
    pub struct Model {
        #[sea_orm(primary_key)]
        pub sequence: i64,
        pub event_id: Uuid,
        pub tenant: String,
        pub key: String,
        pub topic: String,
        pub payload: Vec<u8>,
        pub occurred_at: i64,
        pub relayed_at: Option<i64>,
        pub trace_parent: Option<String>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs, reason = "there are none")]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An event that a consumer has taken.
pub mod consumed_event {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "consumed_event")]
    #[allow(missing_docs, reason = "the columns are described in rapport-events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub consumer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub event_id: Uuid,
        pub consumed_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs, reason = "there are none")]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// An event that a consumer could not take.
pub mod dead_letter {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "dead_letter")]
    #[allow(missing_docs, reason = "the columns are described in rapport-events")]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub consumer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub event_id: Uuid,
        pub key: String,
        pub topic: String,
        pub payload: Vec<u8>,
        pub occurred_at: i64,
        pub reason: String,
        pub failed_at: i64,
        pub trace_parent: Option<String>,
        pub replay_requested_at: Option<i64>,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs, reason = "there are none")]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A request id with the answer that it had.
pub mod request {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "request")]
    #[allow(
        missing_docs,
        reason = "the columns are described in rapport_storage::request"
    )]
    pub struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub method: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub request_id: String,
        pub fingerprint: Vec<u8>,
        pub answer: Vec<u8>,
        pub created_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs, reason = "there are none")]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}
