//! One service in a process of its own, on a store of its own.
//!
//! Events go to the service's own consumers; those for other services wait in the outbox.

use std::{net::SocketAddr, path::PathBuf, process::ExitCode, sync::Arc};

use clap::Parser;
use rapport_access::TlsOptions;
use rapport_client::SisterOptions;
use rapport_clock::Clock;
use rapport_events::{Consumer, Relay};
use rapport_listing::TokenKey;
use rapport_server::{Credentials, Server, Shutdown, Timer, Timers};
use rapport_storage::{Location, MigrationList, Store};

use crate::{Configuration, DataFolder, Failure, Overrides, listen, told_to_end};

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
}

/// Runs a service until it is told to end.
pub fn main<O, F>(name: &'static str, migrations: MigrationList, open: O) -> ExitCode
where
    O: FnOnce(Opening) -> F,
    F: Future<Output = rapport_status::Result<Opened>>,
{
    let arguments = Arguments::parse();
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|error| Failure::new(format!("the system gives no threads: {error}")))
        .and_then(|runtime| runtime.block_on(Box::pin(serve(&arguments, name, migrations, open))));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

async fn serve<O, F>(
    arguments: &Arguments,
    name: &str,
    migrations: MigrationList,
    open: O,
) -> Result<(), Failure>
where
    O: FnOnce(Opening) -> F,
    F: Future<Output = rapport_status::Result<Opened>>,
{
    let overrides = Overrides {
        listen: arguments.listen,
        data: arguments.data.clone(),
    };
    let configuration =
        Configuration::read(arguments.config.as_deref(), Configuration::default(), &overrides)?;
    let telemetry = rapport_telemetry::start(
        &configuration.telemetry,
        &configuration.log,
        configuration.log_form,
        &format!("rapport-{name}"),
    )
    .await
    .map_err(|error| Failure::new(error.to_string()))?;
    let outcome = run(configuration, arguments, name, migrations, open).await;
    telemetry.end().await;
    outcome
}

async fn run<O, F>(
    configuration: Configuration,
    arguments: &Arguments,
    name: &str,
    migrations: MigrationList,
    open: O,
) -> Result<(), Failure>
where
    O: FnOnce(Opening) -> F,
    F: Future<Output = rapport_status::Result<Opened>>,
{
    let (listener, address) = listen(configuration.listen).await?;
    let folder = DataFolder::take(&configuration.data)?;
    let store = Store::open(&Location::in_folder(folder.path(), name)).await?;
    store.migrate(&migrations).await?;
    let clock = Clock::system();
    let opening = Opening {
        store: store.clone(),
        clock: clock.clone(),
        token_key: folder.token_key()?,
        sisters: configuration.sisters,
        tls: configuration.tls,
    };
    let opened = open(opening).await?;
    let shutdown = Shutdown::default();
    let server = (opened.add_to)(Server::new(
        Credentials::Local {
            tenant: configuration.tenant,
        },
        clock.clone(),
    )?);
    let relay = Relay::start(vec![store], &opened.consumers, &clock);
    let timers = Timers::start(opened.timers, &shutdown);
    println!(
        "{name} is ready at http://{address}, with its data in {}",
        folder.path().display()
    );
    let ending = shutdown.clone();
    let outcome = tokio::join!(server.serve(Some(listener), None, shutdown), async move {
        let outcome = told_to_end().await;
        ending.begin();
        outcome
    });
    timers.ended().await;
    relay.stop().await;
    outcome.0?;
    outcome.1
}
