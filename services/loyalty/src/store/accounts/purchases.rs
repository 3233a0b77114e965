//! Purchases of accounts, and the cases that were compensated.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use rapport_status::Result;
use rapport_storage::{MOST_VARIABLES, Stored as _, rows::among};
use sea_orm::{
    ColumnTrait as _, Condition, ConnectionTrait, EntityTrait as _, QueryFilter as _, QuerySelect as _,
};
use uuid::Uuid;

use crate::{
    domain::ledger::{Purchase, PurchaseKind, Sale, SaleKey},
    store::{
        attributions,
        codes::Code as _,
        entity::{compensation, purchase},
        programs::currency,
    },
};

/// The purchases of accounts that have one of these source ids, or return a sale that has one.
pub(super) async fn purchases(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
    wanted: &BTreeSet<String>,
) -> Result<HashMap<Uuid, Vec<Purchase>>> {
    let mut purchases: HashMap<Uuid, Vec<Purchase>> = HashMap::new();
    if wanted.is_empty() {
        return Ok(purchases);
    }
    let of_sales = Condition::any()
        .add(among(
            connection,
            purchase::Column::SaleSourceId,
            wanted.iter().cloned(),
        ))
        .add(among(
            connection,
            purchase::Column::SourceId,
            wanted.iter().cloned(),
        ));
    for chunk in ids.chunks(MOST_VARIABLES / 2) {
        let rows = purchase::Entity::find()
            .filter(purchase::Column::Tenant.eq(tenant))
            .filter(among(
                connection,
                purchase::Column::Account,
                chunk.iter().copied(),
            ))
            .filter(of_sales.clone())
            .all(connection)
            .await
            .stored("read purchases")?;
        for row in rows {
            let (lots, lines) = attributions::read_details(row.details.as_deref(), row.lot)?;
            purchases.entry(row.account).or_default().push(Purchase {
                sale: SaleKey {
                    source: row.source,
                    source_id: row.sale_source_id,
                    currency: currency(&row.currency)?,
                },
                source_id: row.source_id,
                kind: PurchaseKind::read(&row.kind)?,
                amount_minor: row.amount_minor,
                earned_points: row.earned_points,
                lots,
                lines,
                claimed_points: row.claimed_points,
            });
        }
    }
    Ok(purchases)
}

/// What is known of each sale from the purchases of it.
pub(super) fn sales(purchases: &[Purchase]) -> Vec<Sale> {
    let mut sales: BTreeMap<&SaleKey, Sale> = BTreeMap::new();
    for purchase in purchases {
        let sale = sales
            .remove(&purchase.sale)
            .unwrap_or_else(|| Sale::unknown(purchase.sale.clone()));
        sales.insert(&purchase.sale, sale.after(purchase));
    }
    sales.into_values().collect()
}

/// Those of these cases that accounts were compensated for.
pub(super) async fn cases(
    connection: &impl ConnectionTrait,
    tenant: &str,
    ids: &[Uuid],
    wanted: &BTreeSet<String>,
) -> Result<HashMap<Uuid, HashSet<String>>> {
    let mut cases: HashMap<Uuid, HashSet<String>> = HashMap::new();
    if wanted.is_empty() {
        return Ok(cases);
    }
    for chunk in ids.chunks(MOST_VARIABLES / 2) {
        let rows: Vec<(Uuid, String)> = compensation::Entity::find()
            .select_only()
            .column(compensation::Column::Account)
            .column(compensation::Column::CaseName)
            .filter(compensation::Column::Tenant.eq(tenant))
            .filter(among(
                connection,
                compensation::Column::Account,
                chunk.iter().copied(),
            ))
            .filter(among(
                connection,
                compensation::Column::CaseName,
                wanted.iter().cloned(),
            ))
            .into_tuple()
            .all(connection)
            .await
            .stored("read compensations")?;
        for (account, case) in rows {
            cases.entry(account).or_default().insert(case);
        }
    }
    Ok(cases)
}
