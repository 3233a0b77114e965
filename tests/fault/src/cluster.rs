//! Two replicas of each service as processes, one PostgreSQL, one NATS, and a proxy on every connection between them.

use std::{collections::BTreeMap, net::SocketAddr, path::Path, process::Command, time::Duration};

use rapport_testkit::{FaultProxy, Nats, Postgres, ServiceProcess, built_programs};
use tempfile::TempDir;

use crate::services::SERVICES;

/// The packages whose programs take part.
const PACKAGES: [&str; 5] = [
    "rapport",
    "rapport-profile",
    "rapport-feedback",
    "rapport-satisfaction",
    "rapport-loyalty",
];

/// Replicas of each service.
const REPLICAS: usize = 2;

/// How long a process may take to start, or to be ready again when what it needs is back.
pub(crate) const PATIENCE: Duration = Duration::from_mins(1);

/// A key for the tests alone: 32 bytes in base64.
const MASTER_KEY: &str = "MDEyMzQ1Njc4OWFiY2RlZjAxMjM0NTY3ODlhYmNkZWY=";

/// One replica of a service, and the proxies on its connections.
#[derive(Debug)]
pub(crate) struct Replica {
    /// The program.
    pub(crate) process: ServiceProcess,
    /// From its callers to it.
    pub(crate) calls: FaultProxy,
    /// From it to the database.
    pub(crate) database: FaultProxy,
    /// From it to the broker.
    pub(crate) broker: FaultProxy,
}

impl Replica {
    /// Starts it and sends its callers to where it listens now.
    pub(crate) async fn start(&mut self) {
        let address = self
            .process
            .start(PATIENCE)
            .await
            .unwrap_or_else(|problem| panic!("{problem}"));
        self.calls.set_target(address);
    }

    /// Waits until it says that it serves.
    pub(crate) async fn ready(&self) {
        let ready = self.process.wait_ready(PATIENCE).await;
        ready.unwrap_or_else(|problem| panic!("{problem}"));
    }
}

/// The suite as it runs in production, in small.
#[derive(Debug)]
pub(crate) struct Cluster {
    pub(crate) postgres: Postgres,
    pub(crate) nats: Nats,
    /// The replicas, those of one service side by side, in the order of [`SERVICES`].
    pub(crate) replicas: Vec<Replica>,
    folder: TempDir,
}

impl Cluster {
    /// Starts everything, with the programs of a folder or those that cargo builds now, and returns when all replicas
    /// serve. Must be called on a thread that lives as long as the
    /// cluster: its processes end with that thread.
    pub(crate) async fn start(programs: Option<&Path>) -> Self {
        let programs = programs.map_or_else(|| built_programs(&PACKAGES), Path::to_path_buf);
        let postgres = Postgres::start_with(&[("max_connections", "300")]);
        let nats = Nats::start();
        for service in SERVICES {
            postgres.create_database(&format!("rapport_{service}"));
        }
        migrate(&programs, &postgres);
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        let calls = proxies(&[unused(); 4 * REPLICAS]).await;
        let databases = proxies(&[postgres.address(); 4 * REPLICAS]).await;
        let brokers = proxies(&[nats.address(); 4 * REPLICAS]).await;
        let sisters: BTreeMap<String, String> = SERVICES
            .iter()
            .zip(calls.chunks(REPLICAS))
            .map(|(service, calls)| {
                let variable = format!("RAPPORT_SISTERS__{}", service.to_uppercase());
                (variable, addresses(calls))
            })
            .collect();
        let mut replicas = Vec::new();
        let proxies = calls.into_iter().zip(databases).zip(brokers);
        for (place, ((calls, database), broker)) in proxies.enumerate() {
            let service = SERVICES[place / REPLICAS];
            let mut environment = sisters.clone();
            environment.extend(variables(&postgres, &database, &broker));
            let label = format!("{service}-{}", place % REPLICAS);
            let program = programs.join(format!("rapport-{service}"));
            replicas.push(Replica {
                process: ServiceProcess::new(&label, &program, folder.path(), environment),
                calls,
                database,
                broker,
            });
        }
        let mut cluster = Self {
            postgres,
            nats,
            replicas,
            folder,
        };
        for replica in &mut cluster.replicas {
            replica.start().await;
        }
        cluster.ready().await;
        cluster
    }

    /// Waits until every replica says that it serves.
    pub(crate) async fn ready(&self) {
        for replica in &self.replicas {
            replica.ready().await;
        }
    }

    /// The addresses of each service, as callers configure them.
    pub(crate) fn addresses(&self) -> [String; 4] {
        [0, 1, 2, 3].map(|service: usize| {
            let replicas = &self.replicas[service * REPLICAS..(service + 1) * REPLICAS];
            join(replicas.iter().map(|replica| replica.calls.address()))
        })
    }

    /// Ends every fault, drops what proxies still hold, and waits until all replicas serve.
    pub(crate) async fn heal(&mut self) {
        for replica in &self.replicas {
            for proxy in [&replica.calls, &replica.database, &replica.broker] {
                proxy.cut();
                proxy.heal();
            }
        }
        self.ready().await;
    }

    /// Replicas that ended although nobody ended them.
    pub(crate) fn ended_by_themselves(&mut self) -> Vec<String> {
        self.replicas
            .iter_mut()
            .filter_map(|replica| {
                let status = replica.process.ended_by_itself()?;
                Some(format!("{} ended by itself: {status}", replica.process.label()))
            })
            .collect()
    }

    /// What stands in a table of a service's database, a line a row.
    pub(crate) fn rows(&self, service: &str, sql: &str) -> Vec<String> {
        let told = self.postgres.sql(&format!("rapport_{service}"), sql);
        told.lines().map(str::to_owned).collect()
    }

    /// All lines of all logs, each with the replica that wrote it.
    pub(crate) fn log_lines(&self) -> impl Iterator<Item = (String, String)> {
        self.replicas.iter().flat_map(|replica| {
            let label = replica.process.label().to_owned();
            let lines = replica.process.log_lines();
            lines.into_iter().map(move |line| (label.clone(), line))
        })
    }

    /// Leaves the logs where they are, and says where: somebody will want to read them.
    pub(crate) fn keep_logs(self) -> String {
        let Self { folder, .. } = self;
        folder.keep().display().to_string()
    }
}

/// An address where nobody listens: of a replica that was not started yet.
fn unused() -> SocketAddr {
    ([127, 0, 0, 1], 1).into()
}

async fn proxies(targets: &[SocketAddr]) -> Vec<FaultProxy> {
    futures::future::join_all(targets.iter().map(|target| FaultProxy::start(*target))).await
}

fn addresses(proxies: &[FaultProxy]) -> String {
    join(proxies.iter().map(FaultProxy::address))
}

fn join(addresses: impl Iterator<Item = SocketAddr>) -> String {
    let urls: Vec<_> = addresses.map(|address| format!("http://{address}")).collect();
    urls.join(",")
}

/// The configuration of a replica.
fn variables(postgres: &Postgres, database: &FaultProxy, broker: &FaultProxy) -> [(String, String); 6] {
    let through = postgres
        .url("rapport_{service}")
        .replace(&postgres.address().to_string(), &database.address().to_string());
    [
        ("RAPPORT_DATABASE__URL", through),
        ("RAPPORT_EVENTS__URL", format!("nats://{}", broker.address())),
        ("RAPPORT_PRIVACY__MASTER_KEY", MASTER_KEY.to_owned()),
        ("RAPPORT_LOG", "info".to_owned()),
        ("RAPPORT_LOG_FORM", "json".to_owned()),
        // Fewer than the default: eight processes share the two cores that a test machine may have.
        ("RAPPORT_DATABASE__CONNECTIONS", "8".to_owned()),
    ]
    .map(|(name, value)| (name.to_owned(), value))
}

/// Makes the tables of all services.
fn migrate(programs: &Path, postgres: &Postgres) {
    let made = Command::new(programs.join("rapport"))
        .arg("migrate")
        .env("RAPPORT_DATABASE__URL", postgres.url("rapport_{service}"))
        .env("RAPPORT_PRIVACY__MASTER_KEY", MASTER_KEY)
        .output()
        .expect("the program can be started");
    assert!(
        made.status.success(),
        "`rapport migrate`: {}",
        String::from_utf8_lossy(&made.stderr)
    );
}
