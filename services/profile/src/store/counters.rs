//! Numbers that are given out one after the other, and locks that go with them.
//!
//! The row of a counter is locked until the transaction that took numbers ends. Transactions of one tenant that take
//! numbers therefore commit in the order of their numbers: who has seen a number committed will see no smaller one
//! come after it.

use rapport_status::Error;
use rapport_storage::{Stored as _, rows};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QuerySelect as _, Statement, sea_query::LockType,
};

/// The table of counters.
mod counter {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "counter")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub name: String,
        pub last: i64,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// What is counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Counter {
    /// Purchases, in the order of storing.
    Purchases,
    /// Evaluations of all customers.
    Evaluations,
}

impl Counter {
    const fn name(self) -> &'static str {
        match self {
            Self::Purchases => "purchases",
            Self::Evaluations => "evaluations",
        }
    }

    /// The largest number that is in use. The version before numbered without counters.
    const fn largest(self) -> &'static str {
        match self {
            Self::Purchases => "SELECT COALESCE(MAX(sequence), 0) FROM purchase WHERE tenant = $1",
            Self::Evaluations => "SELECT COALESCE(MAX(run), 0) FROM evaluation WHERE tenant = $1",
        }
    }
}

/// Takes the next numbers, `count` of them, and gives the last.
pub(crate) async fn take(
    connection: &impl ConnectionTrait,
    tenant: &str,
    counter: Counter,
    count: i64,
) -> Result<i64, Error> {
    let sql = format!(
        "INSERT INTO counter (tenant, name, last) VALUES ($1, $2, ({}) + $3) ON CONFLICT (tenant, name) DO UPDATE SET \
         last = CASE WHEN counter.last + $3 < excluded.last THEN excluded.last ELSE counter.last + $3 END RETURNING last",
        counter.largest()
    );
    let values = [tenant.into(), counter.name().into(), count.into()];
    let statement = Statement::from_sql_and_values(connection.get_database_backend(), sql, values);
    let row = connection
        .query_one_raw(statement)
        .await
        .stored("take numbers")?
        .ok_or_else(|| Error::internal("a counter gave no number"))?;
    row.try_get_by_index(0).stored("read a number")
}

/// Holds a counter until the end of the transaction: others may hold it as well, but nobody counts meanwhile. One that was
/// never [made](make) holds nobody up.
pub(crate) async fn hold(
    connection: &impl ConnectionTrait,
    tenant: &str,
    counter: Counter,
) -> Result<(), Error> {
    counter::Entity::find()
        .filter(counter::Column::Tenant.eq(tenant))
        .filter(counter::Column::Name.eq(counter.name()))
        .lock(LockType::Share)
        .one(connection)
        .await
        .stored("hold a counter")?;
    Ok(())
}

/// Makes a counter that is not there yet, so that it can be held.
pub(crate) async fn make(
    connection: &impl ConnectionTrait,
    tenant: &str,
    counter: Counter,
) -> Result<(), Error> {
    let row = counter::ActiveModel {
        tenant: Set(tenant.to_owned()),
        name: Set(counter.name().to_owned()),
        last: Set(0),
    };
    let unless_there = "ON CONFLICT (tenant, name) DO NOTHING";
    rows::upsert::<counter::Entity>(connection, "make a counter", vec![row], unless_there)
        .await
        .map(drop)
}
