//! Many rows with one statement.
//!
//! On PostgreSQL the columns travel as arrays, so that the text of a statement does not depend on the number of rows: it
//! is parsed and planned once. On SQLite, which has no arrays, the rows are a list of values.

mod together;

pub use together::Together;

use rapport_status::{Error, Reason, Result};
use sea_orm::{
    ActiveModelTrait, ColumnTrait, ConnectionTrait, DbBackend, EntityTrait, ExprTrait as _, IdenStatic as _,
    IntoActiveModel, Iterable as _, Statement, Value,
    sea_query::{ArrayType, Expr, ValueType, extension::postgres::PgFunc},
};

use crate::{failure::Stored as _, rows_per_statement};

/// Most rows of one statement on PostgreSQL: bounds the memory of a statement, not its variables.
const MOST_ROWS: usize = 8_192;

/// Inserts rows, in their order, as many with one statement as can be.
pub async fn insert<E>(
    connection: &impl ConnectionTrait,
    what: &str,
    rows: Vec<impl IntoActiveModel<E::ActiveModel>>,
) -> Result<()>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    upsert::<E>(connection, what, rows, "").await.map(drop)
}

/// Inserts rows with an `ON CONFLICT …` clause that both databases understand. Gives the number of rows that were
/// written. All rows must have the same columns set.
pub async fn upsert<E>(
    connection: &impl ConnectionTrait,
    what: &str,
    rows: Vec<impl IntoActiveModel<E::ActiveModel>>,
    on_conflict: &str,
) -> Result<u64>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    match Table::of::<E>(rows) {
        Some(table) => table.write(connection, what, on_conflict).await,
        None => Ok(0),
    }
}

/// Rows for a table.
struct Table {
    /// `INSERT INTO table (column, …)`
    head: String,
    columns: usize,
    rows: Vec<Vec<Value>>,
}

impl Table {
    /// None without rows. All rows must have the same columns set.
    fn of<E>(rows: Vec<impl IntoActiveModel<E::ActiveModel>>) -> Option<Self>
    where
        E: EntityTrait,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        let mut rows = rows
            .into_iter()
            .map(IntoActiveModel::into_active_model)
            .peekable();
        let first: &E::ActiveModel = rows.peek()?;
        let columns: Vec<E::Column> = E::Column::iter()
            .filter(|column| !first.get(*column).is_not_set())
            .collect();
        let names: Vec<String> = columns
            .iter()
            .map(|column| format!("\"{}\"", column.as_str()))
            .collect();
        Some(Self {
            head: format!(
                "INSERT INTO \"{}\" ({})",
                E::default().table_name(),
                names.join(", ")
            ),
            columns: columns.len(),
            rows: rows.map(|row| values_of::<E>(row, &columns)).collect(),
        })
    }

    async fn write(self, connection: &impl ConnectionTrait, what: &str, on_conflict: &str) -> Result<u64> {
        let backend = connection.get_database_backend();
        let mut written = 0;
        let mut rows = self.rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk = rows.by_ref().take(most_rows(backend, self.columns)).collect();
            let list = List::new(backend, self.columns, chunk, 1);
            let sql = format!("{} {} {on_conflict}", self.head, list.sql);
            let statement = Statement::from_sql_and_values(backend, sql, list.values);
            written += connection
                .execute_raw(statement)
                .await
                .stored(what)?
                .rows_affected();
        }
        Ok(written)
    }
}

fn values_of<E>(mut row: E::ActiveModel, columns: &[E::Column]) -> Vec<Value>
where
    E: EntityTrait,
    E::ActiveModel: ActiveModelTrait<Entity = E>,
{
    columns
        .iter()
        .map(|column| row.take(*column).into_value().unwrap_or(Value::BigInt(None)))
        .collect()
}

/// An update of many rows by a list of new values, whose columns are called `v.column1`, `v.column2`, and so on.
#[derive(Debug)]
pub struct Update {
    /// For errors: what is done.
    pub what: &'static str,
    /// `UPDATE table SET column = v.column3, …`
    pub head: &'static str,
    /// `table.tenant = v.column1 AND …`
    pub condition: &'static str,
}

impl Update {
    /// Updates a row for each list of values. Each must meet its row: when one does not, somebody else has changed it
    /// meanwhile, and the whole transaction must run again.
    pub async fn run<const COLUMNS: usize>(
        &self,
        connection: &impl ConnectionTrait,
        rows: Vec<[Value; COLUMNS]>,
    ) -> Result<()> {
        self.run_rows(connection, COLUMNS, rows.into_iter().map(Vec::from).collect())
            .await
    }

    async fn run_rows(
        &self,
        connection: &impl ConnectionTrait,
        columns: usize,
        rows: Vec<Vec<Value>>,
    ) -> Result<()> {
        let backend = connection.get_database_backend();
        let mut rows = rows.into_iter().peekable();
        while rows.peek().is_some() {
            let chunk: Vec<_> = rows.by_ref().take(most_rows(backend, columns)).collect();
            let expected = chunk.len() as u64;
            let list = List::new(backend, columns, chunk, 1);
            let statement = Statement::from_sql_and_values(backend, self.sql(&list), list.values);
            let updated = connection.execute_raw(statement).await.stored(self.what)?;
            if updated.rows_affected() != expected {
                return Err(overtaken());
            }
        }
        Ok(())
    }

    fn sql(&self, list: &List) -> String {
        format!("{} FROM ({}) AS v WHERE {}", self.head, list.sql, self.condition)
    }
}

fn overtaken() -> Error {
    Error::new(
        Reason::TransactionConflict,
        "other changes were in the way; nothing was changed. Send it again",
    )
}

/// The condition that a column has one of some values. On SQLite each value is a variable of its own, of which a
/// statement can have [`MOST_VARIABLES`](crate::MOST_VARIABLES).
pub fn among<C, V>(connection: &impl ConnectionTrait, column: C, values: impl IntoIterator<Item = V>) -> Expr
where
    C: ColumnTrait,
    V: Into<Value> + ValueType,
{
    match connection.get_database_backend() {
        DbBackend::Postgres => {
            let values = values.into_iter().map(Into::into).collect();
            let array = Value::Array(V::array_type(), Some(Box::new(values)));
            column.into_expr().eq(PgFunc::any(Expr::val(array)))
        }
        _ => column.is_in(values),
    }
}

fn most_rows(backend: DbBackend, columns: usize) -> usize {
    match backend {
        DbBackend::Postgres => MOST_ROWS,
        _ => rows_per_statement(columns.max(1)),
    }
}

/// Rows as the source of a statement, with columns `column1`, `column2`, and so on.
#[derive(Debug)]
pub struct List {
    /// What can stand in brackets after `FROM`.
    pub sql: String,
    /// The values of its variables, which are the first ones of the statement.
    pub values: Vec<Value>,
}

impl List {
    /// A list of rows for a statement that has no other variables.
    pub fn of<const COLUMNS: usize>(
        connection: &impl ConnectionTrait,
        rows: impl IntoIterator<Item = [Value; COLUMNS]>,
    ) -> Self {
        let rows = rows.into_iter().map(Vec::from).collect();
        Self::new(connection.get_database_backend(), COLUMNS, rows, 1)
    }

    /// On PostgreSQL, variables are numbered from `first` on.
    fn new(backend: DbBackend, columns: usize, rows: Vec<Vec<Value>>, first: usize) -> Self {
        match backend {
            DbBackend::Postgres => Self::of_arrays(columns, rows, first),
            _ => Self::of_rows(columns, rows),
        }
    }

    /// Without numbers: SQLite looks a numbered variable up among all before it, which takes time with the square of
    /// their number.
    fn of_rows(columns: usize, rows: Vec<Vec<Value>>) -> Self {
        let row = format!("({})", vec!["?"; columns].join(", "));
        Self {
            sql: format!("VALUES {}", vec![row.as_str(); rows.len()].join(", ")),
            values: rows.into_iter().flatten().collect(),
        }
    }

    /// One array a column. An array has no absent elements, so that a column in which some are has a second one, which
    /// tells where.
    fn of_arrays(columns: usize, rows: Vec<Vec<Value>>, first: usize) -> Self {
        let mut by_column: Vec<Vec<Value>> = (0..columns).map(|_| Vec::with_capacity(rows.len())).collect();
        for row in rows {
            for (column, value) in by_column.iter_mut().zip(row) {
                column.push(value);
            }
        }
        let (mut values, mut arrays, mut names, mut selected) =
            (Vec::new(), Vec::new(), Vec::new(), Vec::new());
        for (number, column) in (1..).zip(by_column) {
            let kind = column.first().map_or(ArrayType::BigInt, Value::array_type);
            let absent: Vec<bool> = column.iter().map(is_absent).collect();
            if absent.contains(&true) {
                selected.push(format!(
                    "CASE WHEN n{number} THEN NULL ELSE c{number} END AS column{number}"
                ));
                arrays.push(format!("${}::boolean[]", values.len() + first));
                names.push(format!("n{number}"));
                values.push(array(
                    ArrayType::Bool,
                    absent.into_iter().map(Value::from).collect(),
                ));
            } else {
                selected.push(format!("c{number} AS column{number}"));
            }
            arrays.push(format!("${}::{}[]", values.len() + first, type_name(&kind)));
            names.push(format!("c{number}"));
            values.push(array(kind, column.into_iter().map(present).collect()));
        }
        Self {
            sql: format!(
                "SELECT {} FROM unnest({}) AS u({})",
                selected.join(", "),
                arrays.join(", "),
                names.join(", ")
            ),
            values,
        }
    }
}

fn array(kind: ArrayType, values: Vec<Value>) -> Value {
    Value::Array(kind, Some(Box::new(values)))
}

fn is_absent(value: &Value) -> bool {
    *value == value.as_null()
}

/// The value, or some value of its type in place of none.
fn present(value: Value) -> Value {
    if is_absent(&value) {
        value.dummy_value()
    } else {
        value
    }
}

/// What PostgreSQL calls the types that tables here have.
fn type_name(kind: &ArrayType) -> &'static str {
    match kind {
        ArrayType::Bool => "boolean",
        ArrayType::SmallInt => "smallint",
        ArrayType::Int => "integer",
        ArrayType::BigInt => "bigint",
        ArrayType::Float => "real",
        ArrayType::Double => "double precision",
        ArrayType::Bytes => "bytea",
        ArrayType::Uuid => "uuid",
        _ => "text",
    }
}
