//! The feedback service: surveys, the answers to them, and the cases that bad experiences open.
//!
//! A call goes one way: `rpc` reads it, `usecase` has it done, `domain` decides, `store` keeps, and `wire` turns what
//! the contract says into what the domain has and back. Answers go through the group commit. What other services are
//! told is written to the outbox in the transaction of the change.

pub mod domain;
mod rpc;
mod store;
mod usecase;
mod wire;
mod workers;

use std::sync::Arc;

use rapport_clock::Clock;
use rapport_contract::feedback::v1::feedback_service_server::FeedbackServiceServer;
use rapport_events::Consumer;
use rapport_listing::TokenKey;
use rapport_privacy::{MasterKeys, Privacy, SealedRows};
use rapport_server::{Timer, tuned};
use rapport_status::Result;
use rapport_storage::{MigrationList, Store, sea_orm_migration::MigrationTrait};
use rapport_telemetry::metrics;

use crate::usecase::UseCases;
pub use rpc::Rpc;

/// Name of the service: of its store, and in logs.
pub const NAME: &str = "feedback";

/// The migrations of the service's store, the oldest first.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    store::migrations()
}

/// The tables with personal data, for the rotation of their keys.
pub fn sealed_tables() -> Vec<Box<dyn SealedRows>> {
    store::sealed_tables()
}

/// What the service is made of.
#[derive(Debug)]
pub struct Parts {
    /// Where its data are.
    pub store: Store,
    /// Where the time comes from.
    pub clock: Clock,
    /// Signs page tokens; all replicas share it.
    pub token_key: TokenKey,
    /// What the keys of personal data are kept under.
    pub master_keys: MasterKeys,
}

/// The feedback service.
#[derive(Debug)]
pub struct Feedback {
    use_cases: Arc<UseCases>,
}

impl Feedback {
    /// Opens the service: brings the schema up to date and starts the group commit.
    pub async fn open(parts: Parts) -> Result<Self> {
        parts.store.migrate(&MigrationList(migrations)).await?;
        let privacy = Privacy::open(parts.store.clone(), parts.master_keys, parts.clock.clone()).await?;
        let use_cases = UseCases::start(parts.store, parts.clock, parts.token_key, privacy);
        Ok(Self {
            use_cases: Arc::new(use_cases),
        })
    }

    /// The gRPC service.
    pub fn server(&self) -> FeedbackServiceServer<Rpc> {
        tuned!(FeedbackServiceServer::new(Rpc::new(Arc::clone(&self.use_cases))))
    }

    /// The consumers of events: the service takes none.
    pub fn consumers(&self) -> Vec<Arc<dyn Consumer>> {
        Vec::new()
    }

    /// What is done again and again: nothing that anybody could miss. Whether a case is overdue is asked as of now; for
    /// metrics, where somebody asks for them, open cases are counted.
    pub fn timers(&self) -> Vec<Timer> {
        let counts = metrics::are_on().then(|| workers::open_cases::timer(self.use_cases.store()));
        counts.into_iter().collect()
    }

    /// Waits until everything that was taken on is stored and answered. Comes after the server has ended; calls that
    /// are still under way are waited for by their callers.
    pub async fn drain(self) {
        if let Some(use_cases) = Arc::into_inner(self.use_cases) {
            use_cases.drain().await;
        }
    }
}
