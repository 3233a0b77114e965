//! Many rows with one statement.

use rapport_status::{Error, Reason, Result};
use rapport_storage::{Stored as _, rows_per_statement};
use sea_orm::{
    ActiveModelTrait, ConnectionTrait, DatabaseTransaction, DbBackend, EntityTrait, IntoActiveModel,
    Iterable as _, Statement, Value,
};

/// Inserts rows, as many with one statement as can be.
pub(super) async fn insert<E>(
    transaction: &DatabaseTransaction,
    what: &str,
    rows: Vec<E::Model>,
) -> Result<()>
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E> + Send,
{
    let most = rows_per_statement(E::Column::iter().count());
    let mut rows = rows.into_iter().map(fully_set::<E>).peekable();
    while rows.peek().is_some() {
        E::insert_many(rows.by_ref().take(most))
            .exec_without_returning(transaction)
            .await
            .stored(what)?;
    }
    Ok(())
}

/// A row with every column set: a model that was read counts as unchanged, and unchanged columns are not written.
fn fully_set<E>(row: E::Model) -> E::ActiveModel
where
    E: EntityTrait,
    E::Model: IntoActiveModel<E::ActiveModel>,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    row.into_active_model().reset_all()
}

/// An update of many rows by a list of new values: `UPDATE table SET … FROM (VALUES …) AS v WHERE …`. Both databases
/// call the columns of such a list `column1`, `column2`, and so on.
pub(super) struct Update {
    /// For errors: what is done.
    pub(super) what: &'static str,
    /// `UPDATE table SET column = v.column3, …`
    pub(super) head: &'static str,
    /// `table.tenant = v.column1 AND …`
    pub(super) condition: &'static str,
}

impl Update {
    /// Updates a row for each list of values. Each must meet its row: when one does not, somebody else has changed it
    /// meanwhile, and the whole transaction must run again.
    pub(super) async fn run<const COLUMNS: usize>(
        &self,
        transaction: &DatabaseTransaction,
        rows: Vec<[Value; COLUMNS]>,
    ) -> Result<()> {
        let backend = transaction.get_database_backend();
        for chunk in rows.chunks(rows_per_statement(COLUMNS)) {
            let list: Vec<String> = (0..chunk.len())
                .map(|row| placeholders(backend, row * COLUMNS, COLUMNS))
                .collect();
            let sql = format!(
                "{} FROM (VALUES {}) AS v WHERE {}",
                self.head,
                list.join(", "),
                self.condition
            );
            let values: Vec<Value> = chunk.iter().flatten().cloned().collect();
            let statement = Statement::from_sql_and_values(backend, sql, values);
            let updated = transaction.execute_raw(statement).await.stored(self.what)?;
            if updated.rows_affected() != chunk.len() as u64 {
                return Err(Error::new(
                    Reason::TransactionConflict,
                    "other changes were in the way; nothing was changed. Send it again",
                ));
            }
        }
        Ok(())
    }
}

/// One row of places for values. SQLite looks a numbered place up among all before it, which takes time with the square
/// of their number; without numbers it does not.
fn placeholders(backend: DbBackend, before: usize, columns: usize) -> String {
    let places: Vec<String> = match backend {
        DbBackend::Sqlite => vec!["?".to_owned(); columns],
        _ => (1..=columns)
            .map(|column| format!("${}", before + column))
            .collect(),
    };
    format!("({})", places.join(", "))
}
