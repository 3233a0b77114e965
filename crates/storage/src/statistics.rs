//! What the planner of a PostgreSQL server knows of young tables.
//!
//! Of a table that was never analysed the planner guesses, and by its guess a key of three columns is found by the first
//! two: every search then reads the whole of a tenant. The server's own daemon analyses tables about once a minute; the
//! first minute of a new database, such as that of a first import, would be a slow one.

use rapport_status::Result;
use sea_orm::{ConnectionTrait as _, DbBackend, FromQueryResult, Statement};

use crate::{Store, failure::Stored as _};

/// Rows after which a table is worth it.
const ROWS: i64 = 500;

/// Tables of the store that were never analysed. Other schemas of the database are those of others. The row of `pg_class`
/// is asked whether this user may.
const YOUNG: &str = "SELECT format('%I.%I', young.schemaname, young.relname) AS name \
                     FROM pg_stat_user_tables AS young JOIN pg_class ON pg_class.oid = young.relid \
                     WHERE young.schemaname = ANY(current_schemas(false)) \
                     AND young.last_analyze IS NULL AND young.last_autoanalyze IS NULL \
                     AND young.n_mod_since_analyze >= $1 AND pg_has_role(pg_class.relowner, 'USAGE') \
                     ORDER BY young.relname";

#[derive(Debug, FromQueryResult)]
struct Table {
    name: String,
}

/// Has the server analyse tables that have rows and were never analysed. Gives their number; 0 on SQLite, which plans by
/// the keys alone.
pub async fn analyse_young_tables(store: &Store) -> Result<usize> {
    if store.backend() != DbBackend::Postgres {
        return Ok(0);
    }
    let young = Statement::from_sql_and_values(DbBackend::Postgres, YOUNG, [ROWS.into()]);
    let tables = Table::find_by_statement(young)
        .all(store.read())
        .await
        .stored("look for young tables")?;
    for table in &tables {
        store
            .read()
            .execute_unprepared(&format!("ANALYZE {}", table.name))
            .await
            .stored("analyse a young table")?;
        tracing::info!(table = table.name, "analysed a young table");
    }
    Ok(tables.len())
}
