//! The loyalty service: programs, members, and the points ledger.
//!
//! Points are never lost, doubled or made from nothing. One pure function decides every movement
//! ([`domain::ledger::decide`]); calls, events and timers all reach it through one batch
//! (`usecase::postings`), which loads the accounts it touches, decides in order of arrival, and writes the outcome,
//! the answers to be remembered and the events in one transaction.
//!
//! | where | what |
//! |---|---|
//! | [`domain`] | programs, members, the ledger, the recomputation: pure |
//! | `usecase` | one file for each family of methods |
//! | `store` | tables, migrations, queries |
//! | `wire` | the domain in messages of the contract |
//! | [`rpc`] | the methods of the contract |
//! | `workers` | the consumer of events, the timer |

pub mod domain;
pub mod rpc;
mod store;
mod usecase;
mod wire;
mod workers;

use std::{sync::Arc, time::Duration};

use rapport_clock::Clock;
use rapport_contract::loyalty::v1::{
    ledger_service_server::LedgerServiceServer, loyalty_service_server::LoyaltyServiceServer,
    reward_service_server::RewardServiceServer, tier_service_server::TierServiceServer,
};
use rapport_events::Consumer;
use rapport_listing::TokenKey;
use rapport_server::{Server, Timer, tuned};
use rapport_status::{Error, Reason, Result};
use rapport_storage::{MigrationList, SchemaState, Store, group::Committer};

use crate::{rpc::Rpc, usecase::postings::Postings, workers::Events};
pub use store::migrations;

/// Name of the service, of its store and in logs.
pub const NAME: &str = "loyalty";

/// How often what is due is booked. Reads do not wait for it: they take what is due into account.
const DUE_EVERY: Duration = Duration::from_mins(1);

/// What the service is made of.
#[derive(Debug, Clone)]
pub struct Parts {
    /// Where it stores; its migrations have been applied.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Signs page tokens; the same in every replica.
    pub token_key: TokenKey,
}

/// The loyalty service.
#[derive(Debug, Clone)]
pub struct Loyalty {
    parts: Parts,
    postings: Postings,
    committer: Committer<Postings>,
}

impl Loyalty {
    /// Opens the service on a store that has its schema, or one that a newer version has added to; refused on another.
    pub async fn open(parts: Parts) -> Result<Self> {
        match parts.store.schema_state(&MigrationList(migrations)).await? {
            SchemaState::Current | SchemaState::Newer(_) => {}
            state => {
                return Err(Error::new(
                    Reason::StorageUnavailable,
                    format!(
                        "the loyalty store does not have its schema ({state:?}); apply the migrations first"
                    ),
                ));
            }
        }
        let postings = Postings::new(parts.clock.clone());
        let committer = Committer::start(parts.store.clone(), postings.clone());
        Ok(Self {
            parts,
            postings,
            committer,
        })
    }

    /// Adds the methods to a server.
    pub fn add_to(&self, server: Server) -> Server {
        let Parts {
            store,
            clock,
            token_key,
        } = self.parts.clone();
        let rpc = Rpc::new(store, clock, token_key, self.committer.clone());
        server
            .with(tuned!(LoyaltyServiceServer::new(rpc.clone())))
            .with(tuned!(LedgerServiceServer::new(rpc.clone())))
            .with(tuned!(RewardServiceServer::new(rpc.clone())))
            .with(tuned!(TierServiceServer::new(rpc)))
    }

    /// What takes events.
    pub fn consumers(&self) -> Vec<Arc<dyn Consumer>> {
        let Parts { store, clock, .. } = self.parts.clone();
        vec![Arc::new(Events::new(store, clock, self.postings.clone()))]
    }

    /// What is due again and again: holds whose time is over and points that expired are booked, tiers are reviewed.
    pub fn timers(&self) -> Vec<Timer> {
        let (store, clock, committer) = (
            self.parts.store.clone(),
            self.parts.clock.clone(),
            self.committer.clone(),
        );
        let (tier_store, tier_clock) = (store.clone(), clock.clone());
        vec![
            Timer::new("book_due_points", DUE_EVERY, &self.parts.store, move || {
                let (store, clock, committer) = (store.clone(), clock.clone(), committer.clone());
                async move { workers::book_due(&store, &committer, &clock).await }
            }),
            Timer::new("review_tiers", DUE_EVERY, &self.parts.store, move || {
                let (store, clock) = (tier_store.clone(), tier_clock.clone());
                async move { workers::review_tiers(&store, &clock).await }
            }),
        ]
    }

    /// Waits until everything that callers asked for is done. The server, the timers and every other copy of the
    /// service must have ended before.
    pub async fn drain(self) {
        self.committer.drain().await;
    }
}
