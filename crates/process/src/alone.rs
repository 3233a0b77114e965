//! One service in a process of its own, on a store of its own.
//!
//! With a broker its events reach every other process, and theirs reach it. Without one, they go to the service's own
//! consumers, and those for other services wait in the outbox.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser;
use futures::future::BoxFuture;
use rapport_access::TlsOptions;
use rapport_audit::Audit;
use rapport_client::SisterOptions;
use rapport_clock::Clock;
use rapport_events::Consumer;
use rapport_listing::TokenKey;
use rapport_privacy::MasterKeys;
use rapport_server::{Server, Shutdown, Timer, Timers};
use rapport_storage::{MigrationList, Store};

use crate::{
    Configuration, Delivery, Failure, Overrides, Storage, guarded, listen, runtime, told_to_end, upkeep,
};

/// Serves one service of Rapport.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Example: rapport-loyalty --listen 127.0.0.1:50054 --data data/loyalty"
)]
struct Arguments {
    /// Address to listen on; a loopback address. [default: 127.0.0.1:50051]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Folder of the data. [default: data/rapport]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Configuration file in TOML; the keys are listen, data, tenant, log and `log_form`.
    #[arg(long, value_name = "FILE", env = "RAPPORT_CONFIG")]
    config: Option<PathBuf>,
}

/// What a service is opened with.
#[derive(Debug)]
pub struct Opening {
    /// Its store, with its schema.
    pub store: Store,
    /// The clock.
    pub clock: Clock,
    /// Signs page tokens.
    pub token_key: TokenKey,
    /// What the keys of personal data are kept under.
    pub master_keys: MasterKeys,
    /// Where the sister services answer.
    pub sisters: SisterOptions,
    /// The certificates that calls to them show and ask for.
    pub tls: Option<TlsOptions>,
}

/// What a process runs of an open service.
pub struct Opened {
    /// Adds the service to a server.
    pub add_to: Box<dyn FnOnce(Server) -> Server + Send>,
    /// Takers of events.
    pub consumers: Vec<Arc<dyn Consumer>>,
    /// Due work.
    pub timers: Vec<Timer>,
    /// Waits for changes under way, when everything else has ended.
    pub drain: BoxFuture<'static, ()>,
}

/// Runs a service until it is told to end.
pub fn main<O, F>(name: &'static str, migrations: MigrationList, open: O) -> ExitCode
where
    O: FnOnce(Opening) -> F,
    F: Future<Output = rapport_status::Result<Opened>>,
{
    let arguments = Arguments::parse();
    let outcome = arguments.configuration().and_then(|configuration| {
        let runtime = runtime(configuration.threads)?;
        runtime.block_on(Box::pin(serve(configuration, name, migrations, open)))
    });
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

impl Arguments {
    fn configuration(&self) -> Result<Configuration, Failure> {
        let overrides = Overrides {
            listen: self.listen,
            data: self.data.clone(),
        };
        Configuration::read(self.config.as_deref(), Configuration::default(), &overrides)
    }
}

async fn serve<O, F>(
    configuration: Configuration,
    name: &'static str,
    migrations: MigrationList,
    open: O,
) -> Result<(), Failure>
where
    O: FnOnce(Opening) -> F,
    F: Future<Output = rapport_status::Result<Opened>>,
{
    let telemetry = rapport_telemetry::start(
        &configuration.telemetry,
        &configuration.log,
        configuration.log_form,
        &format!("rapport-{name}"),
    )
    .await
    .map_err(|error| Failure::new(error.to_string()))?;
    let outcome = run(configuration, name, migrations, open).await;
    telemetry.end().await;
    outcome
}

async fn run<O, F>(
    configuration: Configuration,
    name: &'static str,
    migrations: MigrationList,
    open: O,
) -> Result<(), Failure>
where
    O: FnOnce(Opening) -> F,
    F: Future<Output = rapport_status::Result<Opened>>,
{
    let (listener, address) = listen(configuration.listen).await?;
    let storage = Storage::take(&configuration)?;
    let store = storage.open_to_serve(name, &migrations).await?;
    let clock = Clock::system();
    let master_keys = storage.master_keys(&configuration.privacy)?;
    let token_key = Storage::token_key(&master_keys);
    let (server, callers) = guarded(&configuration, &clock).await?;
    let opened = open(Opening {
        store: store.clone(),
        clock: clock.clone(),
        token_key: token_key.clone(),
        master_keys,
        sisters: configuration.sisters,
        tls: configuration.tls,
    })
    .await?;
    let stores = [(name, store.clone())];
    let audit = Audit::start(&stores, token_key);
    let shutdown = Shutdown::default();
    let server = (opened.add_to)(audit.add_to(server));
    let delivery = Delivery::start(configuration.events.as_ref(), &stores, opened.consumers, &clock).await?;
    let mut due = [opened.timers, audit.timers(&clock, &configuration.audit)].concat();
    due.extend(upkeep(&store));
    let timers = Timers::start(due, &shutdown);
    println!(
        "{name} is ready at http://{address}, with its data in {}; callers: {callers}",
        storage.describe()
    );
    let ending = shutdown.clone();
    let outcome = tokio::join!(server.serve(Some(listener), None, shutdown), async move {
        let outcome = told_to_end().await;
        ending.begin();
        outcome
    });
    timers.ended().await;
    delivery.stop().await;
    opened.drain.await;
    audit.drain().await;
    store.close().await?;
    outcome.0?;
    outcome.1
}
