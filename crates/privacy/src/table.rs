//! Tables whose sealed columns are all that a rotation has to know of them.

use rapport_status::Result;
use rapport_storage::Stored as _;
use sea_orm::{ConnectionTrait as _, DatabaseTransaction, DbBackend, QueryResult, Statement, Value};

use crate::{Place, Position, ROWS_PER_STEP, SealedRows, Step, TenantKeys};

/// A table whose rows are sealed column by column, each under the place that its [key](KeyColumn) makes.
#[derive(Debug, Clone, Copy)]
pub struct SealedTable {
    /// Name of the table.
    pub table: &'static str,
    /// The primary key after the tenant.
    pub key: &'static [KeyColumn],
    /// The sealed columns.
    pub columns: &'static [&'static str],
    /// What the columns have.
    pub content: Content,
}

/// A column of a primary key.
#[derive(Debug, Clone, Copy)]
pub enum KeyColumn {
    /// A text.
    Text(&'static str),
    /// A whole number; in a place it is written in decimal digits.
    Integer(&'static str),
}

/// What sealed columns have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Content {
    /// Texts.
    Text,
    /// Bytes.
    Bytes,
}

impl KeyColumn {
    const fn name(self) -> &'static str {
        match self {
            Self::Text(name) | Self::Integer(name) => name,
        }
    }
}

#[async_trait::async_trait]
impl SealedRows for SealedTable {
    fn table(&self) -> &'static str {
        self.table
    }

    async fn step(
        &self,
        transaction: &DatabaseTransaction,
        keys: &TenantKeys,
        after: Option<&Position>,
    ) -> Result<Step> {
        let rows = transaction
            .query_all_raw(self.select(transaction.get_database_backend(), keys.tenant(), after))
            .await
            .stored("read sealed rows")?;
        let mut step = Step::default();
        for row in &rows {
            step.seen += 1;
            let key = self.key_of(row)?;
            match self.seal_anew(transaction, keys, row, &key).await {
                Ok(sealed) => step.sealed += u64::from(sealed),
                Err(error) if error.reason() == rapport_status::Reason::InternalError => {
                    tracing::warn!(table = self.table, error = error.chain(), "a row stays as it is");
                    step.left += 1;
                }
                Err(error) => return Err(error),
            }
            if step.seen == ROWS_PER_STEP {
                step.next = Some(Position(key));
            }
        }
        Ok(step)
    }

    async fn tenants(&self, transaction: &DatabaseTransaction) -> Result<Vec<String>> {
        let sql = format!("SELECT DISTINCT tenant FROM {}", self.table);
        let statement = Statement::from_string(transaction.get_database_backend(), sql);
        let rows = transaction
            .query_all_raw(statement)
            .await
            .stored("read the tenants of sealed rows")?;
        rows.iter()
            .map(|row| row.try_get_by_index(0).stored("read a tenant"))
            .collect()
    }
}

impl SealedTable {
    fn select(&self, backend: DbBackend, tenant: &str, after: Option<&Position>) -> Statement {
        let names: Vec<&str> = self.key.iter().map(|column| column.name()).collect();
        let read = self.key.iter().map(|column| match column {
            KeyColumn::Text(name) => (*name).to_owned(),
            KeyColumn::Integer(name) => format!("CAST({name} AS BIGINT)"),
        });
        let read: Vec<String> = read
            .chain(self.columns.iter().map(|name| (*name).to_owned()))
            .collect();
        let mut values: Vec<Value> = vec![tenant.into()];
        let mut later = String::new();
        if let Some(Position(position)) = after {
            let numbers: Vec<String> = (2..)
                .take(position.len())
                .map(|number| format!("${number}"))
                .collect();
            later = format!("AND ({}) > ({})", names.join(", "), numbers.join(", "));
            values.extend(position.iter().cloned());
        }
        // The rows stay as they are until they are written; a file has one writer in any case.
        let lock = if backend == DbBackend::Postgres {
            "FOR UPDATE"
        } else {
            ""
        };
        let sql = format!(
            "SELECT {} FROM {} WHERE tenant = $1 {later} ORDER BY {} LIMIT {ROWS_PER_STEP} {lock}",
            read.join(", "),
            self.table,
            names.join(", ")
        );
        Statement::from_sql_and_values(backend, sql, values)
    }

    fn key_of(&self, row: &QueryResult) -> Result<Vec<Value>> {
        let columns = self.key.iter().enumerate();
        columns
            .map(|(index, column)| match column {
                KeyColumn::Text(_) => row.try_get_by_index::<String>(index).map(Value::from),
                KeyColumn::Integer(_) => row.try_get_by_index::<i64>(index).map(Value::from),
            })
            .collect::<std::result::Result<_, _>>()
            .stored("read the key of a sealed row")
    }

    /// Seals the columns of a row that are not under the newest key. False when all are.
    async fn seal_anew(
        &self,
        transaction: &DatabaseTransaction,
        keys: &TenantKeys,
        row: &QueryResult,
        key: &[Value],
    ) -> Result<bool> {
        let parts: Vec<String> = key.iter().map(part_of).collect();
        let parts: Vec<&str> = parts.iter().map(String::as_str).collect();
        let mut changed: Vec<(&str, Value)> = Vec::new();
        for (index, column) in (self.key.len()..).zip(self.columns) {
            let place = Place {
                table: self.table,
                column,
                row: &parts,
            };
            let sealed = match self.content {
                Content::Text => {
                    let stored: Option<String> = row.try_get_by_index(index).stored("read a sealed text")?;
                    sealed_text(keys, &place, stored.as_deref()).await?
                }
                Content::Bytes => {
                    let stored: Vec<u8> = row.try_get_by_index(index).stored("read sealed bytes")?;
                    sealed_bytes(keys, &place, &stored).await?
                }
            };
            changed.extend(sealed.map(|sealed| (*column, sealed)));
        }
        if changed.is_empty() {
            return Ok(false);
        }
        let (columns, mut values): (Vec<&str>, Vec<Value>) = changed.into_iter().unzip();
        let set = numbered(&columns, 1).join(", ");
        values.push(keys.tenant().into());
        values.extend(key.iter().cloned());
        let names: Vec<&str> = std::iter::once("tenant")
            .chain(self.key.iter().map(|column| column.name()))
            .collect();
        let met = numbered(&names, columns.len() + 1).join(" AND ");
        let sql = format!("UPDATE {} SET {set} WHERE {met}", self.table);
        let statement = Statement::from_sql_and_values(transaction.get_database_backend(), sql, values);
        transaction
            .execute_raw(statement)
            .await
            .stored("seal a row anew")?;
        Ok(true)
    }
}

/// `column = $number` for each column.
fn numbered(columns: &[&str], first: usize) -> Vec<String> {
    (first..)
        .zip(columns)
        .map(|(number, column)| format!("{column} = ${number}"))
        .collect()
}

/// A column of a key as it stands in a place.
fn part_of(value: &Value) -> String {
    match value {
        Value::String(Some(text)) => text.clone(),
        Value::BigInt(Some(number)) => number.to_string(),
        _ => String::new(),
    }
}

async fn sealed_text(keys: &TenantKeys, place: &Place<'_>, stored: Option<&str>) -> Result<Option<Value>> {
    match stored {
        Some(stored) if !keys.is_current(stored) => {
            let text = keys.open(place, stored).await?;
            Ok(Some(keys.seal(place, text.expose())?.into()))
        }
        _ => Ok(None),
    }
}

async fn sealed_bytes(keys: &TenantKeys, place: &Place<'_>, stored: &[u8]) -> Result<Option<Value>> {
    if keys.are_current(stored) {
        return Ok(None);
    }
    let bytes = keys.open_bytes(place, stored).await?;
    Ok(Some(keys.seal_bytes(place, &bytes)?.into()))
}
