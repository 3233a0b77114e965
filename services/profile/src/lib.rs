//! The profile service: customers, their purchases, what they are worth, and where they stand.
//!
//! An rpc reads a request and has a use case done; the use case reads from and writes to the store, and decides with
//! the domain, which is pure. [`Profile::open`] puts the parts together.

mod domain;
mod rpc;
mod sisters;
mod store;
mod usecase;
mod words;
mod workers;

use std::{sync::Arc, time::Duration};

use rapport_clock::Clock;
use rapport_contract::profile::v1::profile_service_server::{ProfileService, ProfileServiceServer};
use rapport_events::Consumer;
use rapport_listing::TokenKey;
use rapport_privacy::{MasterKeys, Privacy, SealedRows};
use rapport_server::{Timer, tuned};
use rapport_status::Error;
use rapport_storage::{Store, group::Committer, sea_orm_migration::MigrationTrait};

pub use crate::sisters::Sisters;
use crate::{
    rpc::Rpc,
    usecase::{Ports, purchases::PurchaseBatch},
    workers::StageFollower,
};

/// Name of the service: of its data file and its part of the configuration.
pub const NAME: &str = "profile";

/// How often the service looks whether an evaluation is due. It runs once a day; the rest are looks that find nothing.
const EVALUATION_CHECK: Duration = Duration::from_mins(15);

/// The migrations of the service, the oldest first.
pub fn migrations() -> Vec<Box<dyn MigrationTrait>> {
    store::migrations()
}

/// The tables with personal data, for the rotation of their keys.
pub fn sealed_tables() -> Vec<Box<dyn SealedRows>> {
    store::sealed_tables()
}

/// What the service is put together from.
#[derive(Debug, Clone)]
pub struct Parts {
    /// The data of the service, with its schema up to date.
    pub store: Store,
    /// Time and new ids.
    pub clock: Clock,
    /// Signs page tokens; the same for every replica.
    pub token_key: TokenKey,
    /// What the keys of personal data are kept under.
    pub master_keys: MasterKeys,
    /// The services that are asked for their parts of customer 360.
    pub sisters: Sisters,
}

/// The running service.
#[derive(Debug)]
pub struct Profile {
    rpc: Rpc,
    evaluates_daily: bool,
}

impl Profile {
    /// Starts the service.
    pub async fn open(parts: Parts) -> Result<Self, Error> {
        let privacy = Privacy::open(parts.store.clone(), parts.master_keys, parts.clock.clone()).await?;
        let batch = PurchaseBatch {
            clock: parts.clock.clone(),
        };
        let committer = Committer::start(parts.store.clone(), batch);
        Ok(Self {
            rpc: Rpc {
                ports: Ports {
                    store: parts.store,
                    clock: parts.clock,
                    privacy,
                },
                committer,
                sisters: parts.sisters,
                token_key: parts.token_key,
            },
            evaluates_daily: false,
        })
    }

    /// The same service, which also evaluates its customers once a day as of that day (UTC). Without it they are
    /// evaluated when somebody calls for it, and after their purchases.
    #[must_use]
    pub fn evaluating_daily(mut self) -> Self {
        self.evaluates_daily = true;
        self
    }

    /// The service for a server.
    pub fn server(&self) -> ProfileServiceServer<impl ProfileService + use<>> {
        tuned!(ProfileServiceServer::new(self.rpc.clone()))
    }

    /// What takes events: of this service itself.
    pub fn consumers(&self) -> Vec<Arc<dyn Consumer>> {
        vec![Arc::new(StageFollower {
            ports: self.rpc.ports.clone(),
        })]
    }

    /// What is due again and again: the daily evaluation, if it is wanted.
    pub fn timers(&self) -> Vec<Timer> {
        if !self.evaluates_daily {
            return Vec::new();
        }
        let ports = self.rpc.ports.clone();
        vec![Timer::new(
            "evaluate_customers",
            EVALUATION_CHECK,
            &self.rpc.ports.store,
            move || {
                let ports = ports.clone();
                async move { usecase::evaluate::due(&ports).await }
            },
        )]
    }

    /// Waits until every purchase that was taken on is stored. The server must have stopped before.
    pub async fn drain(self) {
        self.rpc.committer.drain().await;
    }
}
