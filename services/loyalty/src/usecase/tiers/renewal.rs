//! What becomes of members by time alone, and by new rules.

use std::collections::BTreeSet;

use rapport_clock::Clock;
use rapport_status::Result;
use rapport_storage::Store;

use super::standings::{Concerned, bring_up_to_date};
use crate::store::tiers::{
    members::{self, Whose},
    sets::{self, Recompute},
    standings,
};

/// Members who are brought up to date in one transaction.
const BATCH: u64 = 200;

/// Tier sets of one run whose members are evaluated anew; the others have their turn at the next run.
const SETS: u64 = 20;

/// Brings members up to date of whom something is due. Tells whether more may be.
pub(crate) async fn review(store: &Store, clock: &Clock) -> Result<bool> {
    let due = standings::due(store.read(), clock.now(), BATCH).await?;
    let tenants: BTreeSet<&String> = due.iter().map(|(tenant, _)| tenant).collect();
    for tenant in tenants {
        let names = &standings::names(&due, tenant);
        store
            .write("review_tiers", |transaction| async move {
                let connection = transaction.connection();
                let locked = members::lock(connection, tenant, Whose::Names(names)).await?;
                let concerned = locked
                    .into_iter()
                    .map(|member| Concerned::without_news(member, false))
                    .collect();
                bring_up_to_date(connection, clock, tenant, concerned).await?;
                transaction.commit(()).await
            })
            .await?;
    }
    Ok(!due.is_empty())
}

/// Evaluates some members anew whose tier set is new or has a new version. Tells whether more are left.
pub(crate) async fn recompute(store: &Store, clock: &Clock) -> Result<bool> {
    let sets = sets::to_recompute(store.read(), clock.now(), SETS).await?;
    for set in &sets {
        recompute_some(store, clock, set).await?;
    }
    Ok(!sets.is_empty())
}

async fn recompute_some(store: &Store, clock: &Clock, set: &Recompute) -> Result<()> {
    let tenant = set.tenant.as_str();
    store
        .write("recompute_tiers", |transaction| async move {
            let connection = transaction.connection();
            let names = members::names_after(connection, tenant, &set.program, &set.after, BATCH).await?;
            let locked = members::lock(connection, tenant, Whose::Names(&names)).await?;
            let concerned = locked
                .into_iter()
                .map(|member| Concerned::without_news(member, true))
                .collect();
            bring_up_to_date(connection, clock, tenant, concerned).await?;
            sets::recomputed(connection, set, names.last().map(String::as_str)).await?;
            transaction.commit(()).await
        })
        .await
}
