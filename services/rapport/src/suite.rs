//! All four services in one process: one port, one SQLite file a service, events handed on in memory, and calls between
//! the services over the same clients and layers as over a network.

use std::{
    net::SocketAddr,
    path::PathBuf,
    sync::Arc,
    time::{Duration, Instant},
};

use rapport_client::{CallPolicy, Sister};
use rapport_clock::Clock;
use rapport_events::{Consumer, Relay};
use rapport_feedback::Feedback;
use rapport_loyalty::Loyalty;
use rapport_process::{Configuration, DataFolder, Failure, listen, told_to_end};
use rapport_profile::Profile;
use rapport_satisfaction::Satisfaction;
use rapport_server::{Credentials, Server, Shutdown, Timers, in_process};
use rapport_storage::{Location, MigrationList, Store};
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

/// The file of a service's data.
pub fn location(folder: &DataFolder, service: &str) -> PathBuf {
    let Location::File(path) = Location::in_folder(folder.path(), service);
    path
}

/// Opens the store of a service without looking at its schema.
pub async fn open_store(folder: &DataFolder, service: &str) -> Result<Store, Failure> {
    Store::open(&Location::in_folder(folder.path(), service))
        .await
        .map_err(|error| {
            Failure::from(error).mend(format!(
                "check that {} can be written and has room; `rapport doctor` tells more",
                folder.path().display()
            ))
        })
}

/// A running suite.
#[derive(Debug)]
pub struct Suite {
    address: SocketAddr,
    folder: DataFolder,
    services: Services,
    stores: Vec<Store>,
    relay: Relay,
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
        let folder = DataFolder::take(&configuration.data)?;
        let clock = Clock::system();
        let (channel, incoming) = in_process::transport();
        let (services, stores) = Services::open(&folder, &clock, &channel).await?;
        let shutdown = Shutdown::default();
        let credentials = Credentials::Local {
            tenant: configuration.tenant.clone(),
        };
        let server = services.add_to(Server::new(credentials, clock.clone())?);
        let server = tokio::spawn(server.serve(Some(listener), Some(incoming), shutdown.clone()));
        let relay = Relay::start(stores.clone(), &services.consumers(), &clock);
        let timers = Timers::start(services.timers(), &shutdown);
        Ok(Self {
            address,
            folder,
            services,
            stores,
            relay,
            timers,
            shutdown,
            server,
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
        let data = self.folder.path().display();
        let ready = self.started_in.as_millis();
        format!(
            "Rapport is ready ({ready} ms).\n\n\
             \x20 listening on  http://{address}  (gRPC, gRPC-Web, reflection, health)\n\
             \x20 data in       {data}\n\
             \x20 callers       anybody on this machine, for no keys are configured\n\n\
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
            self.relay.stop().await;
            self.services.drain().await;
            for store in self.stores {
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
        folder: &DataFolder,
        clock: &Clock,
        channel: &Channel,
    ) -> Result<(Self, Vec<Store>), Failure> {
        let mut stores = Vec::new();
        for (service, migrations) in schemas() {
            let store = open_store(folder, service).await?;
            store.migrate(&migrations).await?;
            stores.push(store);
        }
        let [profile, feedback, satisfaction, loyalty] =
            <[Store; 4]>::try_from(stores.clone()).map_err(|_| Failure::new("a store is missing"))?;
        let token_key = folder.token_key()?;
        let sister = |name| Sister::over(name, channel.clone(), CallPolicy::default());
        let services = Self {
            profile: Profile::open(rapport_profile::Parts {
                store: profile,
                clock: clock.clone(),
                token_key: token_key.clone(),
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
                token_key,
            })
            .await?,
        };
        Ok((services, stores))
    }

    fn add_to(&self, server: Server) -> Server {
        server
            .with(self.profile.server())
            .with(self.feedback.server())
            .with(self.satisfaction.server())
            .with(self.loyalty.server())
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
