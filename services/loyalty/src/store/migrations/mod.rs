//! The migrations of this service's own tables, the oldest first. What a migration has made is only added to.

mod attribution;
mod chain;
mod ledger;
mod rewards;
mod tiers;
mod wallets;

use rapport_storage::sea_orm_migration::MigrationTrait;

pub(super) fn own() -> Vec<Box<dyn MigrationTrait>> {
    vec![
        Box::new(ledger::LedgerTables),
        Box::new(wallets::Wallets),
        Box::new(chain::Chain),
        Box::new(rewards::Rewards),
        Box::new(attribution::Attribution),
        Box::new(tiers::Tiers),
    ]
}
