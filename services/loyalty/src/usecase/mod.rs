//! What the service does, one file for each family of methods: reads and writes through the store, decides by the
//! domain.

pub(crate) mod ledger;
pub(crate) mod listing;
pub(crate) mod members;
pub(crate) mod postings;
pub(crate) mod programs;
pub(crate) mod rewards;
pub(crate) mod tiers;
pub(crate) mod verification;
pub(crate) mod wallets;
