//! Writes to several tables that need not see each other.

use std::fmt::Write as _;

use rapport_status::Result;
use sea_orm::{ActiveModelTrait, ConnectionTrait, DbBackend, EntityTrait, IntoActiveModel, Statement, Value};

use super::{List, MOST_ROWS, Table, Update, overtaken};
use crate::failure::Stored as _;

/// Inserts and updates that go to the database together: on PostgreSQL as one statement, which saves the way to it and
/// back for all but one. SQLite is in the process: it takes them one by one.
///
/// On PostgreSQL they all see the rows as they were before: none may touch a row that another one writes.
#[derive(Debug)]
pub struct Together {
    what: &'static str,
    writes: Vec<Write>,
}

enum Write {
    Insert(Table),
    Update {
        update: &'static Update,
        columns: usize,
        rows: Vec<Vec<Value>>,
    },
}

impl std::fmt::Debug for Write {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Insert(table) => write!(formatter, "{} ({} rows)", table.head, table.rows.len()),
            Self::Update { update, rows, .. } => write!(formatter, "{} ({} rows)", update.what, rows.len()),
        }
    }
}

impl Together {
    /// No writes yet. `what` says for errors what is done, such as `post points`.
    pub fn new(what: &'static str) -> Self {
        Self {
            what,
            writes: Vec::new(),
        }
    }

    /// Adds rows to a table, in their order. All rows must have the same columns set.
    pub fn insert<E>(&mut self, rows: Vec<impl IntoActiveModel<E::ActiveModel>>)
    where
        E: EntityTrait,
        E::ActiveModel: ActiveModelTrait<Entity = E>,
    {
        self.writes.extend(Table::of::<E>(rows).map(Write::Insert));
    }

    /// Updates a row for each list of values; each must meet its row.
    pub fn update<const COLUMNS: usize>(&mut self, update: &'static Update, rows: Vec<[Value; COLUMNS]>) {
        if !rows.is_empty() {
            self.writes.push(Write::Update {
                update,
                columns: COLUMNS,
                rows: rows.into_iter().map(Vec::from).collect(),
            });
        }
    }

    /// Writes everything. When an update does not meet its row, somebody else has changed it meanwhile, and the whole
    /// transaction must run again.
    pub async fn run(self, connection: &impl ConnectionTrait) -> Result<()> {
        let few = self.writes.iter().all(|write| write.rows() <= MOST_ROWS);
        match connection.get_database_backend() {
            DbBackend::Postgres if few && self.writes.len() > 1 => self.run_as_one(connection).await,
            _ => self.run_in_turn(connection).await,
        }
    }

    async fn run_in_turn(self, connection: &impl ConnectionTrait) -> Result<()> {
        for write in self.writes {
            match write {
                Write::Insert(table) => {
                    table.write(connection, self.what, "").await?;
                }
                Write::Update {
                    update,
                    columns,
                    rows,
                } => {
                    update.run_rows(connection, columns, rows).await?;
                }
            }
        }
        Ok(())
    }

    async fn run_as_one(self, connection: &impl ConnectionTrait) -> Result<()> {
        let (mut sql, mut met, mut values) = (String::from("WITH"), Vec::new(), Vec::new());
        let mut expected = 0;
        for (number, write) in (1..).zip(self.writes) {
            let comma = if number == 1 { "" } else { "," };
            let first = values.len() + 1;
            let list = match write {
                Write::Insert(table) => {
                    let list = List::new(DbBackend::Postgres, table.columns, table.rows, first);
                    let _ = write!(sql, "{comma} w{number} AS ({} {})", table.head, list.sql);
                    list
                }
                Write::Update {
                    update,
                    columns,
                    rows,
                } => {
                    expected += rows.len();
                    met.push(format!("(SELECT COUNT(*) FROM w{number})"));
                    let list = List::new(DbBackend::Postgres, columns, rows, first);
                    let _ = write!(sql, "{comma} w{number} AS ({} RETURNING 1)", update.sql(&list));
                    list
                }
            };
            values.extend(list.values);
        }
        let met = if met.is_empty() {
            "0::bigint".to_owned()
        } else {
            met.join(" + ")
        };
        let _ = write!(sql, " SELECT {met} AS met");
        let statement = Statement::from_sql_and_values(DbBackend::Postgres, sql, values);
        let row = connection.query_one_raw(statement).await.stored(self.what)?;
        let met: i64 = match row {
            Some(row) => row.try_get("", "met").stored(self.what)?,
            None => 0,
        };
        if usize::try_from(met) == Ok(expected) {
            Ok(())
        } else {
            Err(overtaken())
        }
    }
}

impl Write {
    fn rows(&self) -> usize {
        match self {
            Self::Insert(table) => table.rows.len(),
            Self::Update { rows, .. } => rows.len(),
        }
    }
}
