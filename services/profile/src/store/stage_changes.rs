//! Moves of customers between lifecycle stages.

use std::collections::HashMap;

use rapport_status::Error;
use rapport_storage::{Stored as _, rows};
use sea_orm::{
    ActiveValue::Set, ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _,
    QueryOrder as _, QuerySelect as _,
};

use super::columns;
use crate::domain::{
    stage::StageChange,
    timeline::{Position, STAGE_CHANGE_RANK},
};

/// The table of moves.
mod stage_change {
    use sea_orm::entity::prelude::*;

    #[derive(Clone, Debug, PartialEq, Eq, DeriveEntityModel)]
    #[sea_orm(table_name = "stage_change")]
    pub(crate) struct Model {
        #[sea_orm(primary_key, auto_increment = false)]
        pub tenant: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub customer: String,
        #[sea_orm(primary_key, auto_increment = false)]
        pub number: i32,
        pub from_stage: String,
        pub to_stage: String,
        pub change_date: i32,
        pub reason: String,
        pub rules_version: i32,
    }

    #[derive(Copy, Clone, Debug, EnumIter, DeriveRelation)]
    pub(crate) enum Relation {}

    impl ActiveModelBehavior for ActiveModel {}
}

/// Customers whose moves one statement reads or deletes.
const CUSTOMERS_PER_STATEMENT: usize = 1_000;

/// Stores the moves of customers in place of those that were stored. Customers whose moves are the same are not
/// touched, so that a daily evaluation writes only what has changed.
pub(crate) async fn replace(
    connection: &impl ConnectionTrait,
    tenant: &str,
    moves: &[(&str, &[StageChange])],
) -> Result<(), Error> {
    for part in moves.chunks(CUSTOMERS_PER_STATEMENT) {
        let stored = of_customers(connection, tenant, part.iter().map(|(customer, _)| *customer)).await?;
        let changed: Vec<_> = part
            .iter()
            .filter(|(customer, changes)| {
                stored
                    .get(*customer)
                    .map_or(!changes.is_empty(), |known| known.as_slice() != *changes)
            })
            .collect();
        if changed.is_empty() {
            continue;
        }
        delete_of(connection, tenant, changed.iter().map(|(customer, _)| *customer)).await?;
        let new = changed
            .iter()
            .flat_map(|(_, changes)| changes.iter().map(|change| row_of(tenant, change)));
        rows::insert::<stage_change::Entity>(connection, "write moves between stages", new.collect()).await?;
    }
    Ok(())
}

/// Deletes the moves of a customer.
pub(crate) async fn delete(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customer: &str,
) -> Result<(), Error> {
    delete_of(connection, tenant, [customer]).await
}

/// Moves of a customer that come after a position, the newest first.
pub(crate) async fn newest(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customer: &str,
    after: Option<&Position>,
    limit: u64,
) -> Result<Vec<StageChange>, Error> {
    let mut query = stage_change::Entity::find()
        .filter(stage_change::Column::Tenant.eq(tenant))
        .filter(stage_change::Column::Customer.eq(customer));
    if let Some(after) = after {
        query = query.filter(later_in_list(after)?);
    }
    query
        .order_by_desc(stage_change::Column::ChangeDate)
        .order_by_desc(stage_change::Column::Number)
        .limit(limit)
        .all(connection)
        .await
        .stored("list moves between stages")?
        .into_iter()
        .map(change_of)
        .collect()
}

/// The moves that stand after a position of the timeline: they stand at the beginning of their day.
fn later_in_list(after: &Position) -> Result<Condition, Error> {
    let day = columns::days(crate::domain::purchase::day_of(after.time));
    let before = Condition::any().add(stage_change::Column::ChangeDate.lt(day));
    if after.time > crate::domain::timeline::beginning_of(columns::date(day)) {
        return Ok(before.add(stage_change::Column::ChangeDate.eq(day)));
    }
    if after.rank < STAGE_CHANGE_RANK {
        return Ok(before);
    }
    let number: i32 = after
        .id
        .parse()
        .map_err(|error| Error::internal("a position in a timeline cannot be read").because(error))?;
    Ok(before.add(
        Condition::all()
            .add(stage_change::Column::ChangeDate.eq(day))
            .add(stage_change::Column::Number.lt(number)),
    ))
}

async fn of_customers(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customers: impl Iterator<Item = &str>,
) -> Result<HashMap<String, Vec<StageChange>>, Error> {
    let rows = stage_change::Entity::find()
        .filter(stage_change::Column::Tenant.eq(tenant))
        .filter(rows::among(
            connection,
            stage_change::Column::Customer,
            customers.map(str::to_owned),
        ))
        .order_by_asc(stage_change::Column::Customer)
        .order_by_asc(stage_change::Column::Number)
        .all(connection)
        .await
        .stored("read moves between stages")?;
    let mut moves: HashMap<String, Vec<StageChange>> = HashMap::new();
    for row in rows {
        let change = change_of(row)?;
        moves.entry(change.customer.clone()).or_default().push(change);
    }
    Ok(moves)
}

async fn delete_of(
    connection: &impl ConnectionTrait,
    tenant: &str,
    customers: impl IntoIterator<Item = &str>,
) -> Result<(), Error> {
    stage_change::Entity::delete_many()
        .filter(stage_change::Column::Tenant.eq(tenant))
        .filter(rows::among(
            connection,
            stage_change::Column::Customer,
            customers.into_iter().map(str::to_owned),
        ))
        .exec(connection)
        .await
        .stored("delete moves between stages")?;
    Ok(())
}

fn row_of(tenant: &str, change: &StageChange) -> stage_change::ActiveModel {
    stage_change::ActiveModel {
        tenant: Set(tenant.to_owned()),
        customer: Set(change.customer.clone()),
        number: Set(change.number),
        from_stage: Set(columns::stage_word(change.from).to_owned()),
        to_stage: Set(columns::stage_word(change.to).to_owned()),
        change_date: Set(columns::days(change.date)),
        reason: Set(change.reason.clone()),
        rules_version: Set(change.rules_version),
    }
}

fn change_of(row: stage_change::Model) -> Result<StageChange, Error> {
    Ok(StageChange {
        customer: row.customer,
        number: row.number,
        from: columns::stage(&row.from_stage)?,
        to: columns::stage(&row.to_stage)?,
        date: columns::date(row.change_date),
        reason: row.reason,
        rules_version: row.rules_version,
    })
}
