//! How many cases wait for somebody, of all tenants together: for metrics, which know no tenants.

use rapport_status::Result;
use rapport_storage::{
    Store, Stored as _,
    sea_orm_migration::prelude::{DbErr, MigrationName, MigrationTrait, SchemaManager},
};
use sea_orm::{ColumnTrait as _, ConnectionTrait as _, EntityTrait as _, QueryFilter as _, QuerySelect as _};

use crate::{
    domain::{case::CaseState, priority::Priority},
    store::entity::feedback_case,
};

/// The cases on which somebody has to work are few among all that ever were: they have an index of their own.
pub(super) struct OpenCasesIndex;

impl MigrationName for OpenCasesIndex {
    fn name(&self) -> &'static str {
        "m0004_index_of_open_cases"
    }
}

#[async_trait::async_trait]
impl MigrationTrait for OpenCasesIndex {
    async fn up(&self, manager: &SchemaManager) -> Result<(), DbErr> {
        manager
            .get_connection()
            .execute_unprepared(
                "CREATE INDEX feedback_case_open ON feedback_case (priority) \
                 WHERE state IN ('OPEN', 'ASSIGNED')",
            )
            .await?;
        Ok(())
    }
}

/// Counts them by priority; a priority without any is there as well.
pub(crate) async fn counts(store: &Store) -> Result<[(Priority, u64); 4]> {
    let pending = [CaseState::Open.name(), CaseState::Assigned.name()];
    let rows: Vec<(String, i64)> = feedback_case::Entity::find()
        .select_only()
        .column(feedback_case::Column::Priority)
        .column_as(feedback_case::Column::Name.count(), "case_count")
        .filter(feedback_case::Column::State.is_in(pending))
        .group_by(feedback_case::Column::Priority)
        .into_tuple()
        .all(store.read())
        .await
        .stored("count open cases")?;
    Ok(Priority::ALL.map(|priority| {
        let found = rows.iter().find(|(word, _)| word == priority.name());
        (priority, found.map_or(0, |(_, count)| count.unsigned_abs()))
    }))
}
