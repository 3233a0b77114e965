//! The satisfaction service: how satisfied customers are, measured from their answers.
//!
//! Events of the feedback service bring the scores of answer sets. The service keeps the present scores of each (the
//! facts) and what they add up to by metric, day, survey, question, touchpoint and location (the roll-ups), both in
//! one transaction. Queries read roll-ups only, so that their cost does not grow with the number of answers; a
//! correction or deletion is subtracted exactly; a recomputation from the facts proves the roll-ups right.
//!
//! | where | what |
//! |---|---|
//! | [`domain`] | what answers count for, and the figures read from sums |
//! | [`usecase`] | takes answers, answers questions, verifies |
//! | [`store`] | tables, migrations, queries |
//! | [`rpc`] | the methods of the contract |
//! | [`workers`] | the consumer of events |

pub mod domain;
pub mod rpc;
pub mod store;
pub mod usecase;
pub mod workers;

use std::sync::Arc;

use rapport_clock::Clock;
use rapport_contract::satisfaction::v1::satisfaction_service_server::SatisfactionServiceServer;
use rapport_events::Consumer;
use rapport_listing::TokenKey;
use rapport_server::{Timer, tuned};
use rapport_status::{Error, Reason, Result};
use rapport_storage::{MigrationList, SchemaState, Store};
pub use store::migrations;

use crate::{rpc::Rpc, workers::answers::Answers};

/// Name of the service, of its store and in logs.
pub const NAME: &str = "satisfaction";

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

/// The satisfaction service.
#[derive(Debug, Clone)]
pub struct Satisfaction {
    parts: Parts,
}

impl Satisfaction {
    /// Opens the service on a store that has its schema; refused on another.
    pub async fn open(parts: Parts) -> Result<Self> {
        match parts.store.schema_state(&MigrationList(migrations)).await? {
            SchemaState::Current => Ok(Self { parts }),
            state => Err(Error::new(
                Reason::StorageUnavailable,
                format!("the satisfaction store is {state:?} instead of current; apply the migrations first"),
            )),
        }
    }

    /// The methods, for a server.
    pub fn server(&self) -> SatisfactionServiceServer<Rpc> {
        tuned!(SatisfactionServiceServer::new(Rpc::new(
            self.parts.store.clone(),
            self.parts.token_key.clone()
        )))
    }

    /// What takes events.
    pub fn consumers(&self) -> Vec<Arc<dyn Consumer>> {
        vec![Arc::new(Answers::new(
            self.parts.store.clone(),
            self.parts.clock.clone(),
        ))]
    }

    /// What is due again and again: nothing.
    pub fn timers(&self) -> Vec<Timer> {
        Vec::new()
    }
}
