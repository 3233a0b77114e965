//! All four services in one process: one port, one SQLite file a service, events handed on in memory, and calls between
//! the services over the same clients and layers as over a network.

use std::{
    net::SocketAddr,
    sync::Arc,
    time::{Duration, Instant},
};

use rapport_audit::Audit;
use rapport_client::{CallPolicy, Sister};
use rapport_clock::Clock;
use rapport_events::Consumer;
use rapport_feedback::Feedback;
use rapport_listing::TokenKey;
use rapport_loyalty::Loyalty;
use rapport_privacy::MasterKeys;
use rapport_process::{Configuration, Delivery, Failure, Storage, guarded, listen, told_to_end, upkeep};
use rapport_profile::Profile;
use rapport_satisfaction::Satisfaction;
use rapport_server::{Server, Shutdown, Timers, in_process};
use rapport_storage::{MigrationList, Store};
use tokio::task::JoinHandle;
use tonic::transport::Channel;

/// How long the whole shutdown may take.
const SHUTDOWN: Duration = Duration::from_secs(25);

/// The schema of each service, by the service's name.
pub fn schemas() -> [(&'static str, MigrationList); 4] {
    [
        (rapport_profile::NAME, MigrationList(rapport_profile::migrations)),
        (
            rapport_feedback::NAME,
            MigrationList(rapport_feedback::migrations),
        ),
        (
            rapport_satisfaction::NAME,
            MigrationList(rapport_satisfaction::migrations),
        ),
        (rapport_loyalty::NAME, MigrationList(rapport_loyalty::migrations)),
    ]
}

/// A running suite.
#[derive(Debug)]
pub struct Suite {
    address: SocketAddr,
    callers: String,
    storage: Storage,
    audit: Audit,
    services: Services,
    stores: Vec<(&'static str, Store)>,
    delivery: Delivery,
    timers: Timers,
    shutdown: Shutdown,
    server: JoinHandle<rapport_status::Result<()>>,
    started_in: Duration,
}

#[derive(Debug)]
struct Services {
    profile: Profile,
    feedback: Feedback,
    satisfaction: Satisfaction,
    loyalty: Loyalty,
}

impl Suite {
    /// Starts the suite: it serves when this returns.
    pub async fn start(configuration: &Configuration) -> Result<Self, Failure> {
        let begun = Instant::now();
        // The port comes first: a second suite by mistake is told so before anything is touched.
        let (listener, address) = listen(configuration.listen).await?;
        let storage = Storage::take(configuration)?;
        let clock = Clock::system();
        let (channel, incoming) = in_process::transport();
        let master_keys = storage.master_keys(&configuration.privacy)?;
        let token_key = Storage::token_key(&master_keys);
        let (services, stores) = Services::open(&storage, &master_keys, &token_key, &clock, &channel).await?;
        let audit = Audit::start(&stores, token_key);
        let shutdown = Shutdown::default();
        let (server, callers) = guarded(configuration, &clock).await?;
        let server = services.add_to(audit.add_to(server));
        let server = tokio::spawn(server.serve(Some(listener), Some(incoming), shutdown.clone()));
        let delivery = Delivery::start(
            configuration.events.as_ref(),
            &stores,
            services.consumers(),
            &clock,
        )
        .await?;
        let mut due = [services.timers(), audit.timers(&clock, &configuration.audit)].concat();
        due.extend(stores.iter().filter_map(|(_, store)| upkeep(store)));
        let timers = Timers::start(due, &shutdown);
        Ok(Self {
            address,
            storage,
            audit,
            services,
            stores,
            delivery,
            timers,
            shutdown,
            server,
            callers,
            started_in: begun.elapsed(),
        })
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// One screen: where it listens, where the data are, what to try next.
    pub fn welcome(&self) -> String {
        let address = self.address;
        let (data, callers) = (self.storage.describe(), &self.callers);
        let ready = self.started_in.as_millis();
        format!(
            "Rapport is ready ({ready} ms).\n\n\
             \x20 listening on  http://{address}  (gRPC, gRPC-Web, reflection, health)\n\
             \x20 data in       {data}\n\
             \x20 callers       {callers}\n\n\
             Try next, in another terminal:\n\
             \x20 rapport verify --server http://{address}\n\
             \x20 rapport import purchases --help\n\
             \x20 grpcurl -plaintext {address} list\n\
             \x20 grpcurl -plaintext -d '{{}}' {address} rapport.profile.v1.ProfileService/SummarizeCustomers\n\n\
             Ctrl-C ends it: calls under way are finished first."
        )
    }

    /// Serves until Ctrl-C or a termination signal, or until the server fails.
    pub async fn serve_until_told(mut self) -> Result<(), Failure> {
        let failed = tokio::select! {
            signal = told_to_end() => signal.err(),
            outcome = &mut self.server => {
                return Err(match outcome {
                    Ok(Ok(())) => Failure::new("the server ended by itself"),
                    Ok(Err(error)) => error.into(),
                    Err(error) => Failure::new(format!("the server ended: {error}")),
                });
            }
        };
        println!("ending: calls under way are finished first");
        self.stop().await?;
        failed.map_or(Ok(()), Err)
    }

    /// Ends everything in order: no new calls, those under way, timers, events under way, changes under way.
    pub async fn stop(self) -> Result<(), Failure> {
        self.shutdown.begin();
        let orderly = async {
            let served = self.server.await;
            self.timers.ended().await;
            self.delivery.stop().await;
            self.services.drain().await;
            self.audit.drain().await;
            for (_, store) in self.stores {
                // What is committed is safe without it; closing tidies the write-ahead logs away.
                if let Err(error) = store.close().await {
                    tracing::warn!(error = error.chain(), "a store could not be closed in order");
                }
            }
            served
        };
        match tokio::time::timeout(SHUTDOWN, orderly).await {
            Ok(Ok(outcome)) => outcome.map_err(Failure::from),
            Ok(Err(error)) => Err(Failure::new(format!("the server ended: {error}"))),
            Err(_) => Err(Failure::new(
                "the suite did not end in time; what was acknowledged is stored",
            )),
        }
    }
}

impl Services {
    async fn open(
        storage: &Storage,
        master_keys: &MasterKeys,
        token_key: &TokenKey,
        clock: &Clock,
        channel: &Channel,
    ) -> Result<(Self, Vec<(&'static str, Store)>), Failure> {
        let mut stores = Vec::new();
        for (service, migrations) in schemas() {
            stores.push((service, storage.open_to_serve(service, &migrations).await?));
        }
        let [(_, profile), (_, feedback), (_, satisfaction), (_, loyalty)] =
            <[(_, Store); 4]>::try_from(stores.clone()).map_err(|_| Failure::new("a store is missing"))?;
        let sister = |name| Sister::over(name, channel.clone(), CallPolicy::default());
        let services = Self {
            profile: Profile::open(rapport_profile::Parts {
                store: profile,
                clock: clock.clone(),
                token_key: token_key.clone(),
                master_keys: master_keys.clone(),
                sisters: rapport_profile::Sisters {
                    feedback: sister("feedback"),
                    satisfaction: sister("satisfaction"),
                    loyalty: sister("loyalty"),
                },
            })
            .await?,
            feedback: Feedback::open(rapport_feedback::Parts {
                store: feedback,
                clock: clock.clone(),
                token_key: token_key.clone(),
                master_keys: master_keys.clone(),
            })
            .await?,
            satisfaction: Satisfaction::open(rapport_satisfaction::Parts {
                store: satisfaction,
                clock: clock.clone(),
                token_key: token_key.clone(),
            })
            .await?,
            loyalty: Loyalty::open(rapport_loyalty::Parts {
                store: loyalty,
                clock: clock.clone(),
                token_key: token_key.clone(),
            })
            .await?,
        };
        Ok((services, stores))
    }

    fn add_to(&self, server: Server) -> Server {
        let server = server
            .with(self.profile.server())
            .with(self.feedback.server())
            .with(self.satisfaction.server());
        self.loyalty.add_to(server)
    }

    fn consumers(&self) -> Vec<Arc<dyn Consumer>> {
        [
            self.profile.consumers(),
            self.feedback.consumers(),
            self.satisfaction.consumers(),
            self.loyalty.consumers(),
        ]
        .concat()
    }

    fn timers(&self) -> Vec<rapport_server::Timer> {
        [
            self.profile.timers(),
            self.feedback.timers(),
            self.satisfaction.timers(),
            self.loyalty.timers(),
        ]
        .concat()
    }

    /// Waits for changes under way. The satisfaction service has none of its own: its relay has ended before.
    async fn drain(self) {
        tokio::join!(self.profile.drain(), self.feedback.drain(), self.loyalty.drain());
    }
}
