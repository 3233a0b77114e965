//! The trail that calls leave: the audit record of a call that changes something is written in the transaction of the
//! change, so that none is committed without it, and it costs no transaction of its own.
//!
//! Whoever answers calls runs each under a [`Trail`]. [`Transaction::commit`](crate::Transaction::commit) and the group
//! commit write the record; [`Trail::is_kept`] tells afterwards whether one of them did. The records can never be
//! changed: triggers of the database refuse it. They can be removed only as far as a row of `audit_purge` says, which
//! can never be removed itself.

use std::{
    collections::HashSet,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicBool, Ordering},
    },
};

use rapport_status::{Result, call};
use sea_orm::{ConnectionTrait, DbBackend};
use sea_orm_migration::{prelude::*, schema};

use crate::rows::{self, Together};

/// What is done when nothing but records is written, for errors.
pub(crate) const APPEND: &str = "append to the audit log";

tokio::task_local! {
    static CURRENT: Option<Trail>;
}

/// The record that the call under way leaves. Cheap to clone.
#[derive(Debug, Clone)]
pub struct Trail(Arc<Known>);

#[derive(Debug)]
struct Known {
    record: audit_record::Model,
    /// Known when the request has been read; the record's own stays empty.
    target: OnceLock<String>,
    kept: AtomicBool,
}

impl Trail {
    /// The trail of a call that has been let in. What the call is about is asked of [`rapport_status::call::target`] when
    /// the record is written.
    pub fn new(record: audit_record::Model) -> Self {
        Self(Arc::new(Known {
            record,
            target: OnceLock::new(),
            kept: AtomicBool::new(false),
        }))
    }

    /// Runs a call that leaves a trail, or none.
    pub async fn scope<F: Future>(trail: Option<Self>, call: F) -> F::Output {
        CURRENT.scope(trail, call).await
    }

    /// Whether a committed transaction holds the record.
    pub fn is_kept(&self) -> bool {
        self.0.kept.load(Ordering::Acquire)
    }

    /// The trail of the call under way. To be asked in the task of the call.
    pub(crate) fn current() -> Option<Self> {
        let trail = CURRENT.try_with(Clone::clone).ok().flatten()?;
        trail.0.target.get_or_init(call::target);
        Some(trail)
    }

    fn row(&self) -> audit_record::Model {
        audit_record::Model {
            target: self.0.target.get().cloned().unwrap_or_default(),
            ..self.0.record.clone()
        }
    }
}

/// Adds the records of calls that no transaction holds yet, each once. They count when the transaction is committed and
/// [`keep`] is told so.
pub(crate) fn add(writes: &mut Together, trails: &[Trail]) {
    writes.insert::<audit_record::Entity>(rows_of(trails));
}

fn rows_of(trails: &[Trail]) -> Vec<audit_record::Model> {
    let mut seen = HashSet::new();
    trails
        .iter()
        .filter(|trail| !trail.is_kept() && seen.insert(Arc::as_ptr(&trail.0)))
        .map(Trail::row)
        .collect()
}

/// Remembers that the transaction with these records is committed.
pub(crate) fn keep(trails: &[Trail]) {
    for trail in trails {
        trail.0.kept.store(true, Ordering::Release);
    }
}

/// Appends records to the audit log.
pub async fn append(connection: &impl ConnectionTrait, records: Vec<audit_record::Model>) -> Result<()> {
    rows::insert::<audit_record::Entity>(connection, APPEND, records).await
}

/// A call, as the audit log keeps it. Nothing of what its messages say is in it but the names of resources.
pub mod audit_record {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_record")]
    #[allow(missing_docs, reason = "the module describes it")]
    pub struct Model {
        /// The tenant whose data the call worked on.
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        /// When it came: the moment in its id, a multiple of 1,000 microseconds.
        #[sea_orm(primary_key, auto_increment = false)]
        pub call_time: i64,
        /// Its id, a UUID of version 7, with `.change` when it was written with a change, and `.answer` when it was
        /// written with the answer.
        #[sea_orm(primary_key, auto_increment = false)]
        pub id: String,
        /// Who called.
        pub subject: String,
        /// How that was proven, as a bare word of the contract's enumeration.
        pub caller_kind: String,
        /// Full name of the method.
        pub method: String,
        /// The resource that the request named.
        pub target: String,
        /// Name of the code with which the call ended.
        pub code: String,
        /// Why it failed; empty when it did not.
        pub reason: String,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs, reason = "there are none")]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// A removal of old audit records. Only what it covers can be removed.
pub mod audit_purge {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "audit_purge")]
    #[allow(missing_docs, reason = "the module describes it")]
    pub struct Model {
        /// The tenant whose records are removed.
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        /// Records of calls from this moment on are kept.
        #[sea_orm(primary_key, auto_increment = false)]
        pub kept_from: i64,
        /// When the removal began.
        pub purged_at: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    #[allow(missing_docs, reason = "there are none")]
    pub enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// The tables of the audit log, and the triggers that keep it as it was written.
pub(crate) struct AuditLog;

impl MigrationName for AuditLog {
    fn name(&self) -> &'static str {
        "m0001_audit_log"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for AuditLog {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager.create_table(record_table()).await?;
        manager.create_table(purge_table()).await?;
        let triggers = match manager.get_database_backend() {
            DbBackend::Postgres => &POSTGRES[..],
            _ => &SQLITE[..],
        };
        for trigger in triggers {
            manager.get_connection().execute_unprepared(trigger).await?;
        }
        Ok(())
    }
}

fn record_table() -> TableCreateStatement {
    Table::create()
        .table("audit_record")
        .col(schema::text("tenant"))
        .col(schema::big_integer("call_time"))
        .col(schema::text("id"))
        .col(schema::text("subject"))
        .col(schema::text("caller_kind"))
        .col(schema::text("method"))
        .col(schema::text("target"))
        .col(schema::text("code"))
        .col(schema::text("reason"))
        .primary_key(Index::create().col("tenant").col("call_time").col("id"))
        .take()
}

fn purge_table() -> TableCreateStatement {
    Table::create()
        .table("audit_purge")
        .col(schema::text("tenant"))
        .col(schema::big_integer("kept_from"))
        .col(schema::big_integer("purged_at"))
        .primary_key(Index::create().col("tenant").col("kept_from"))
        .take()
}

const POSTGRES: [&str; 5] = [
    "CREATE FUNCTION audit_log_is_permanent() RETURNS trigger LANGUAGE plpgsql AS $$
     BEGIN
       IF TG_OP = 'DELETE' AND TG_TABLE_NAME = 'audit_record' THEN
         IF EXISTS (SELECT 1 FROM audit_purge WHERE tenant = OLD.tenant AND kept_from > OLD.call_time) THEN
           RETURN OLD;
         END IF;
       END IF;
       RAISE EXCEPTION 'the audit log is only appended to' USING ERRCODE = 'restrict_violation';
     END $$",
    "CREATE TRIGGER audit_record_is_permanent BEFORE UPDATE OR DELETE ON audit_record
     FOR EACH ROW EXECUTE FUNCTION audit_log_is_permanent()",
    "CREATE TRIGGER audit_record_stays BEFORE TRUNCATE ON audit_record
     FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_permanent()",
    "CREATE TRIGGER audit_purge_is_permanent BEFORE UPDATE OR DELETE ON audit_purge
     FOR EACH ROW EXECUTE FUNCTION audit_log_is_permanent()",
    "CREATE TRIGGER audit_purge_stays BEFORE TRUNCATE ON audit_purge
     FOR EACH STATEMENT EXECUTE FUNCTION audit_log_is_permanent()",
];

/// INSERT OR REPLACE removes a row without asking the triggers of removal: so inserting over one is refused as well.
const SQLITE: [&str; 6] = [
    "CREATE TRIGGER audit_record_is_new BEFORE INSERT ON audit_record
     WHEN EXISTS (SELECT 1 FROM audit_record
                  WHERE tenant = NEW.tenant AND call_time = NEW.call_time AND id = NEW.id)
     BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END",
    "CREATE TRIGGER audit_record_is_permanent BEFORE UPDATE ON audit_record
     BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END",
    "CREATE TRIGGER audit_record_stays BEFORE DELETE ON audit_record
     WHEN NOT EXISTS (SELECT 1 FROM audit_purge WHERE tenant = OLD.tenant AND kept_from > OLD.call_time)
     BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END",
    "CREATE TRIGGER audit_purge_is_new BEFORE INSERT ON audit_purge
     WHEN EXISTS (SELECT 1 FROM audit_purge WHERE tenant = NEW.tenant AND kept_from = NEW.kept_from)
     BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END",
    "CREATE TRIGGER audit_purge_is_permanent BEFORE UPDATE ON audit_purge
     BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END",
    "CREATE TRIGGER audit_purge_stays BEFORE DELETE ON audit_purge
     BEGIN SELECT RAISE(ABORT, 'the audit log is only appended to'); END",
];
