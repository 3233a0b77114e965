//! The last links of accounts: what the next transaction follows.

use std::collections::HashMap;

use rapport_status::{Error, Result};
use rapport_storage::Stored as _;
use sea_orm::{ColumnTrait as _, ConnectionTrait, EntityTrait as _, QueryFilter as _, QueryOrder as _};
use uuid::Uuid;

use crate::{
    domain::ledger::chain::{FIRST, Link, Stored, StoredMovement, link},
    store::entity::{ledger_transaction, lot_movement},
};

/// Where the chain of an account ends.
pub(super) struct ChainEnd {
    pub(super) account: Uuid,
    /// Number of the transaction whose link is known.
    pub(super) number: i64,
    /// Number of the last transaction.
    pub(super) last: i64,
    pub(super) link: Link,
}

/// A stored link; none is what stands before the first transaction.
pub(super) fn read_link(stored: Option<&[u8]>) -> Result<Link> {
    stored.map_or(Ok(FIRST), |bytes| {
        bytes
            .try_into()
            .map_err(|_| Error::internal(format!("a stored link has {} bytes instead of 32", bytes.len())))
    })
}

/// The links of the last transactions of accounts. Where a program that knows no chain has written transactions, it is
/// carried on over them.
pub(super) async fn links(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ends: Vec<ChainEnd>,
) -> Result<HashMap<Uuid, Link>> {
    let mut links = HashMap::with_capacity(ends.len());
    for end in ends {
        let link = if end.number < end.last {
            carried_on(connection, tenant, &end).await?
        } else {
            end.link
        };
        links.insert(end.account, link);
    }
    Ok(links)
}

/// Needed once for an account, after an upgrade.
async fn carried_on(connection: &impl ConnectionTrait, tenant: &str, end: &ChainEnd) -> Result<Link> {
    let transactions = ledger_transaction::Entity::find()
        .filter(ledger_transaction::Column::Tenant.eq(tenant))
        .filter(ledger_transaction::Column::Account.eq(end.account))
        .filter(ledger_transaction::Column::Number.gt(end.number))
        .order_by_asc(ledger_transaction::Column::Number)
        .all(connection)
        .await
        .stored("read transactions")?;
    let movements = lot_movement::Entity::find()
        .filter(lot_movement::Column::Tenant.eq(tenant))
        .filter(lot_movement::Column::Account.eq(end.account))
        .filter(lot_movement::Column::Number.gt(end.number))
        .order_by_asc(lot_movement::Column::Number)
        .order_by_asc(lot_movement::Column::Position)
        .all(connection)
        .await
        .stored("read lot movements")?;
    let mut by_number: HashMap<i64, Vec<&lot_movement::Model>> = HashMap::new();
    for movement in &movements {
        by_number.entry(movement.number).or_default().push(movement);
    }
    Ok(transactions.iter().fold(end.link, |before, row| {
        let movements = by_number.remove(&row.number).unwrap_or_default();
        link(&before, &stored(row), movements.into_iter().map(stored_movement))
    }))
}

/// What of a transaction's row is hashed.
pub(in crate::store) fn stored(row: &ledger_transaction::Model) -> Stored<'_> {
    Stored {
        account: row.account,
        number: row.number,
        id: row.id,
        kind: &row.kind,
        amounts: [
            row.points,
            row.pending_points,
            row.debt_points,
            row.available_points,
            row.shortfall_points,
        ],
        post_time: row.post_time,
        reason: &row.reason,
        cause: &row.cause,
        reverses: row.reverses,
        attribution: row.attribution.as_deref(),
    }
}

/// What of a movement's row is hashed.
pub(in crate::store) fn stored_movement(row: &lot_movement::Model) -> StoredMovement<'_> {
    StoredMovement {
        lot: row.lot,
        points: row.points,
        effect: row.effect.as_deref(),
        expire_time: row.expire_time,
    }
}
