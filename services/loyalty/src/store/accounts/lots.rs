//! Lots of accounts.

use std::collections::{BTreeSet, HashMap};

use rapport_status::{Error, Result};
use rapport_storage::{MOST_VARIABLES, Stored as _, rows::among};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _, sea_query::Expr,
};
use uuid::Uuid;

use crate::{
    domain::ledger::{Lot, Pending, Vintage},
    store::{codes::moment_or_never, entity::lot},
};

/// The lots of accounts that have points left, and those that are named.
pub(super) async fn lots(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
    named: &BTreeSet<Uuid>,
) -> Result<HashMap<Uuid, Vec<Lot>>> {
    let mut lots: HashMap<Uuid, Vec<Lot>> = HashMap::new();
    for chunk in ids.chunks(MOST_VARIABLES / 2) {
        // Not a bound value, so that the index of open lots is found to fit.
        let open = Expr::cust("remaining > 0");
        add(connection, tenant, chunk, Condition::all().add(open), &mut lots).await?;
        for named in named
            .iter()
            .copied()
            .collect::<Vec<_>>()
            .chunks(MOST_VARIABLES / 2 - 1)
        {
            let exhausted = Condition::all().add(Expr::cust("remaining = 0")).add(among(
                connection,
                lot::Column::Id,
                named.iter().copied(),
            ));
            add(connection, tenant, chunk, exhausted, &mut lots).await?;
        }
    }
    Ok(lots)
}

async fn add(
    connection: &impl ConnectionTrait,
    tenant: &str,
    accounts: &[Uuid],
    which: Condition,
    lots: &mut HashMap<Uuid, Vec<Lot>>,
) -> Result<()> {
    let rows = lot::Entity::find()
        .filter(lot::Column::Tenant.eq(tenant))
        .filter(among(connection, lot::Column::Account, accounts.iter().copied()))
        .filter(which)
        .all(connection)
        .await
        .stored("read lots")?;
    for row in rows {
        lots.entry(row.account).or_default().push(from_row(&row)?);
    }
    Ok(())
}

/// A lot of its row.
pub(in crate::store) fn from_row(row: &lot::Model) -> Result<Lot> {
    Ok(Lot {
        vintage: vintage(row)?,
        pending: pending(row)?,
        id: row.id,
        number: row.number,
        original: row.original,
        remaining: row.remaining,
        reserved: row.reserved,
        expire_time: moment_or_never(row.expire_time)?,
    })
}

/// The month in which the points of a stored lot were first given.
pub(in crate::store) fn vintage(row: &lot::Model) -> Result<Vintage> {
    row.vintage.parse().map_err(|error| {
        Error::internal(format!("the stored vintage {:?} is no month", row.vintage)).because(error)
    })
}

/// What the points of a stored lot wait for.
pub(in crate::store) fn pending(row: &lot::Model) -> Result<Option<Pending>> {
    if !row.pending {
        return Ok(None);
    }
    Ok(Some(Pending {
        release_time: moment_or_never(row.release_time)?,
        release_key: row.release_key.clone().unwrap_or_default(),
    }))
}
