//! Reads the ledger: balances, statements, sums.

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_listing::TokenKey;
use rapport_status::Result;
use rapport_storage::{Store, gather::Gatherer};

use super::listing::Listing;
use crate::{
    domain::{
        ledger::{Balance, Transaction, as_of},
        member, program,
        summary::Sums,
    },
    store::{
        accounts,
        balances::{SettledBalances, Wanted},
        programs, snapshot, statements, summaries,
    },
};

/// What a member has now: holds whose time is over and points that expired count as if that were booked.
pub(crate) async fn balance(
    store: &Store,
    settled: &Gatherer<SettledBalances>,
    clock: &Clock,
    tenant: &str,
    member: &str,
) -> Result<(Balance, Timestamp)> {
    let now = clock.now();
    let wanted = Wanted {
        tenant: tenant.to_owned(),
        member: member.to_owned(),
        now,
    };
    if let Some(balance) = settled.find(wanted).await? {
        return Ok((balance, now));
    }
    let view = snapshot(store).await?;
    let found = accounts::load_one(&view, tenant, member, now).await?;
    let ledger = found.ok_or_else(|| member::not_found(member))?;
    Ok((as_of(&ledger.account, now).balance(now), now))
}

/// A page of a member's statement.
pub(crate) async fn statement(
    store: &Store,
    tenant: &str,
    member: &str,
    listing: &Listing,
    key: &TokenKey,
) -> Result<(Vec<Transaction>, String)> {
    let scope = format!("transactions of {tenant} in {member}");
    let page = listing.page(&statements::SCHEMA, "post_time desc", &scope, key)?;
    let view = snapshot(store).await?;
    let account = statements::account_of(&view, tenant, member).await?;
    let account = account.ok_or_else(|| member::not_found(member))?;
    statements::list(&view, tenant, account, &page).await
}

/// The sums over a program's ledger as of now.
pub(crate) async fn summary(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    program: &str,
) -> Result<(Sums, Timestamp)> {
    let view = snapshot(store).await?;
    let now = clock.now();
    if programs::find(&view, tenant, program).await?.is_none() {
        return Err(program::not_found(program));
    }
    Ok((summaries::sums(&view, tenant, program, now).await?, now))
}
