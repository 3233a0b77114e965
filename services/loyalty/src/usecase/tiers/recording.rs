//! Takes what happened: purchases, points, enrolments. Each is recorded in the transaction in which it happens.

use std::collections::BTreeSet;

use rapport_clock::Clock;
use rapport_events::Event;
use rapport_status::{Error, Reason, Result};
use sea_orm::DatabaseTransaction;

use super::standings::{Concerned, bring_up_to_date, brought_up_to_date};
use crate::{
    domain::tiers::Record,
    store::tiers::{
        facts::{self, BySubject},
        members::{self, TierMember, Whose},
        sets,
    },
};

pub(crate) use members::lock_customers;

/// Records points of members who are locked, by member, and brings them up to date. Gives the events of changed tiers.
pub(crate) async fn record_points(
    transaction: &DatabaseTransaction,
    clock: &Clock,
    tenant: &str,
    points: BySubject,
) -> Result<Vec<Event>> {
    if points.is_empty() {
        return Ok(Vec::new());
    }
    facts::insert(transaction, tenant, &points).await?;
    if !sets::any(transaction, tenant).await? {
        return Ok(Vec::new());
    }
    let names = points.keys().cloned().collect();
    let members = members::find(transaction, tenant, Whose::Names(&names)).await?;
    let concerned = members.into_iter().map(|member| {
        let news = points.get(&member.name).cloned().unwrap_or_default();
        Concerned {
            replay: reaches_back(&news),
            news,
            member,
        }
    });
    Box::pin(brought_up_to_date(
        transaction,
        clock,
        tenant,
        concerned.collect(),
    ))
    .await
}

/// Records purchases, by customer, and brings their memberships up to date. `locked` are the names of the memberships
/// that were locked before, and the customers are locked as well.
pub(crate) async fn record_purchases(
    transaction: &DatabaseTransaction,
    clock: &Clock,
    tenant: &str,
    purchases: BySubject,
    locked: &BTreeSet<&str>,
) -> Result<()> {
    if purchases.is_empty() {
        return Ok(());
    }
    let customers = purchases.keys().cloned().collect();
    let present = members::find(transaction, tenant, Whose::Customers(&customers)).await?;
    require_all_locked(&present, locked)?;
    let fresh = facts::add(transaction, tenant, purchases).await?;
    let reduced = facts::reduced(transaction, tenant, &fresh).await?;
    let mut concerned = Vec::new();
    for member in present {
        let Some(news) = fresh.get(&member.customer).cloned() else {
            continue;
        };
        let was_reduced = news.iter().any(|record| reduced.contains(&record.id));
        concerned.push(Concerned {
            replay: was_reduced || reaches_back(&news),
            news,
            member,
        });
    }
    bring_up_to_date(transaction, clock, tenant, concerned).await
}

/// Finds out where customers stand who were just enrolled and are locked: purchases of the same day count.
pub(crate) async fn enrolled(
    transaction: &DatabaseTransaction,
    clock: &Clock,
    tenant: &str,
    customers: &BTreeSet<String>,
) -> Result<()> {
    if customers.is_empty() || !sets::any(transaction, tenant).await? {
        return Ok(());
    }
    let present = members::find(transaction, tenant, Whose::Customers(customers)).await?;
    let concerned = present
        .into_iter()
        .map(|member| Concerned::without_news(member, true))
        .collect();
    bring_up_to_date(transaction, clock, tenant, concerned).await
}

fn reaches_back(news: &[Record]) -> bool {
    news.iter().any(|record| record.reduces().is_some())
}

/// Refuses to go on when a customer has become a member since the members were locked: run again, the transaction locks
/// that one as well. Who becomes a member later finds what is recorded here.
fn require_all_locked(present: &[TierMember], locked: &BTreeSet<&str>) -> Result<()> {
    if present.iter().all(|member| locked.contains(member.name.as_str())) {
        return Ok(());
    }
    Err(Error::new(
        Reason::TransactionConflict,
        "a customer became a member at the same moment; nothing was changed. Send it again",
    ))
}
