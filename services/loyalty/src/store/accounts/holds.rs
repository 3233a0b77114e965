//! Holds of accounts.

use std::collections::{BTreeSet, HashMap};

use rapport_status::Result;
use rapport_storage::{MOST_VARIABLES, Stored as _, rows::among};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _,
    sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    domain::ledger::{Allocation, Hold, HoldKind, HoldState},
    store::{
        codes::{Code as _, moment},
        entity::{hold, hold_allocation},
    },
};

/// The open holds of accounts, and those that are named.
pub(super) async fn holds(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
    named: &BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, Vec<Hold>>> {
    let mut holds: HashMap<Uuid, Vec<Hold>> = HashMap::new();
    let named = (!named.is_empty()).then(|| among(connection, hold::Column::Id, named.iter().copied()));
    let wanted = Condition::any()
        .add(Expr::cust("state = 'OPEN'"))
        .add_option(named);
    for chunk in ids.chunks(MOST_VARIABLES / 2) {
        let rows = hold::Entity::find()
            .filter(hold::Column::Tenant.eq(tenant))
            .filter(among(connection, hold::Column::Account, chunk.iter().copied()))
            .filter(wanted.clone())
            .order_by_asc(hold::Column::Id)
            .all(connection)
            .await
            .stored("read holds")?;
        let mut allocations = allocations(connection, tenant, &rows).await?;
        for row in rows {
            let allocations = allocations.remove(&row.id).unwrap_or_default();
            holds
                .entry(row.account)
                .or_default()
                .push(hold_from_rows(row, allocations)?);
        }
    }
    Ok(holds)
}

/// A hold of its row and those of its allocations.
pub(in crate::store) fn hold_from_rows(row: hold::Model, allocations: Vec<Allocation>) -> Result<Hold> {
    Ok(Hold {
        id: row.id,
        kind: HoldKind::read(&row.kind)?,
        points: row.points,
        state: HoldState::read(&row.state)?,
        captured_points: row.captured_points,
        reason: row.reason,
        create_time: moment(row.create_time)?,
        expire_time: moment(row.expire_time)?,
        allocations,
    })
}

async fn allocations(
    connection: &impl ConnectionTrait,
    tenant: &str,
    holds: &[hold::Model],
) -> Result<HashMap<Uuid, Vec<Allocation>>> {
    let mut allocations: HashMap<Uuid, Vec<Allocation>> = HashMap::new();
    for chunk in holds.chunks(MOST_VARIABLES / 3) {
        let rows = hold_allocation::Entity::find()
            .filter(hold_allocation::Column::Tenant.eq(tenant))
            .filter(among(
                connection,
                hold_allocation::Column::Account,
                chunk.iter().map(|hold| hold.account),
            ))
            .filter(among(
                connection,
                hold_allocation::Column::Hold,
                chunk.iter().map(|hold| hold.id),
            ))
            .order_by_asc(hold_allocation::Column::Position)
            .all(connection)
            .await
            .stored("read allocations of holds")?;
        for row in rows {
            allocations.entry(row.hold).or_default().push(Allocation {
                lot: row.lot,
                points: row.points,
            });
        }
    }
    Ok(allocations)
}
