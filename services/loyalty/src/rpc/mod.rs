//! The methods of the contract: requests become what the use cases take, outcomes become answers.

mod ledger;
mod members;
mod points;
mod programs;
mod rewards;
mod service;
mod tiers;
mod wallets;

use rapport_clock::Clock;
use rapport_listing::TokenKey;
use rapport_storage::{Store, gather::Gatherer, group::Committer};

use crate::{store::balances::SettledBalances, usecase::postings::Postings};

/// The methods.
#[derive(Debug, Clone)]
pub struct Rpc {
    store: Store,
    clock: Clock,
    token_key: TokenKey,
    committer: Committer<Postings>,
    balances: Gatherer<SettledBalances>,
}

impl Rpc {
    pub(crate) fn new(
        store: Store,
        clock: Clock,
        token_key: TokenKey,
        committer: Committer<Postings>,
    ) -> Self {
        Self {
            balances: Gatherer::start(store.clone(), SettledBalances),
            store,
            clock,
            token_key,
            committer,
        }
    }
}
