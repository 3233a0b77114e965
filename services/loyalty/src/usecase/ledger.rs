//! Reads the ledger: balances, statements, sums.

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_listing::TokenKey;
use rapport_status::Result;
use rapport_storage::{Store, gather::Gatherer};
use sea_orm::DatabaseTransaction;
use uuid::Uuid;

use super::listing::Listing;
use crate::{
    domain::{
        ledger::{Balance, Hold, Lot, Transaction, as_of, hold_not_found},
        member, program,
        summary::Sums,
        wallet::{AccountKey, POINTS},
    },
    store::{
        accounts::{self, Ledger, Place},
        balances::{SettledBalances, Wanted},
        lots, programs, snapshot, statements, summaries,
    },
};

/// What a member has in a wallet now: holds whose time is over, and points that were released or expired, count as if
/// that were booked.
pub(crate) async fn balance(
    store: &Store,
    settled: &Gatherer<SettledBalances>,
    clock: &Clock,
    tenant: &str,
    account: &AccountKey,
) -> Result<(Balance, Timestamp)> {
    let now = clock.now();
    if account.wallet == POINTS {
        let wanted = Wanted {
            tenant: tenant.to_owned(),
            member: account.member.clone(),
            now,
        };
        if let Some(balance) = settled.find(wanted).await? {
            return Ok((balance, now));
        }
    }
    let view = snapshot(store).await?;
    let ledger = known_account(&view, tenant, account, now).await?;
    Ok((as_of(&ledger.account, now).balance(now), now))
}

/// An account; refused when there is no such member, or when the program has no such wallet.
async fn known_account(
    view: &DatabaseTransaction,
    tenant: &str,
    account: &AccountKey,
    now: Timestamp,
) -> Result<Ledger> {
    let found = accounts::load_one(view, tenant, account, now).await?;
    let ledger = found.ok_or_else(|| member::not_found(&account.member))?;
    if ledger.place == Place::Nowhere {
        let program = programs::find(view, tenant, &ledger.program).await?;
        let program = program.ok_or_else(|| program::not_found(&ledger.program))?;
        program.wallet(&account.wallet)?;
    }
    Ok(ledger)
}

/// What a member has now in each wallet of the program, by the wallet's id.
pub(crate) async fn balances(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    member: &str,
) -> Result<(Vec<(AccountKey, Balance)>, Timestamp)> {
    let now = clock.now();
    let view = snapshot(store).await?;
    let first = AccountKey::of_points(member);
    let ledger = known_account(&view, tenant, &first, now).await?;
    let program = programs::find(&view, tenant, &ledger.program).await?;
    let wallets = program.iter().flat_map(|program| program.wallets.keys());
    let accounts: Vec<AccountKey> = wallets
        .map(|wallet| AccountKey {
            member: member.to_owned(),
            wallet: wallet.clone(),
        })
        .collect();
    let mut balances = Vec::with_capacity(accounts.len());
    for account in accounts {
        let ledger = known_account(&view, tenant, &account, now).await?;
        balances.push((account, as_of(&ledger.account, now).balance(now)));
    }
    Ok((balances, now))
}

/// A page of the lots of a member that have points left now, those that expire next first.
pub(crate) async fn lots(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    account: &AccountKey,
    listing: &Listing,
    key: &TokenKey,
) -> Result<(Vec<(Lot, Uuid)>, String)> {
    let now = clock.now();
    let scope = format!("lots of {tenant} in {} of {}", account.wallet, account.member);
    let page = listing.page(&lots::SCHEMA, "expire_time", &scope, key)?;
    let view = snapshot(store).await?;
    let ledger = known_account(&view, tenant, account, now).await?;
    let (lots, next) = lots::page(as_of(&ledger.account, now).lots(), &page)?;
    let openings = statements::openings(&view, tenant, ledger.id, &lots).await?;
    let lots = lots
        .into_iter()
        .map(|lot| {
            let opening = openings.get(&lot.number).copied().unwrap_or(lot.id);
            (lot, opening)
        })
        .collect();
    Ok((lots, next))
}

/// A hold as it is now.
pub(crate) async fn hold(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    account: &AccountKey,
    id: Uuid,
) -> Result<Hold> {
    let now = clock.now();
    let view = snapshot(store).await?;
    let found = accounts::load_with_hold(&view, tenant, account, id, now).await?;
    let not_found = || hold_not_found(&account.resource("holds", id));
    let ledger = found.ok_or_else(not_found)?;
    as_of(&ledger.account, now)
        .hold(id)
        .cloned()
        .ok_or_else(not_found)
}

/// A page of a member's statement of a wallet.
pub(crate) async fn statement(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    account: &AccountKey,
    listing: &Listing,
    key: &TokenKey,
) -> Result<(Vec<Transaction>, String)> {
    let scope = format!(
        "transactions of {tenant} in {} of {}",
        account.wallet, account.member
    );
    let page = listing.page(&statements::SCHEMA, "post_time desc", &scope, key)?;
    let view = snapshot(store).await?;
    let id = match statements::account_of(&view, tenant, account).await? {
        Some(id) => id,
        None => known_account(&view, tenant, account, clock.now()).await?.id,
    };
    statements::list(&view, tenant, id, &page).await
}

/// The sums over a wallet of a program as of now.
pub(crate) async fn summary(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    program: &str,
    wallet: &str,
) -> Result<(Sums, Timestamp)> {
    let view = snapshot(store).await?;
    let now = clock.now();
    let known = programs::find(&view, tenant, program).await?;
    let known = known.ok_or_else(|| program::not_found(program))?;
    known.wallet(wallet)?;
    Ok((summaries::sums(&view, tenant, program, wallet, now).await?, now))
}
