//! What is measured: services as processes, on servers that are thrown away.

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    process::Command,
    time::Duration,
};

use rapport_contract::{
    feedback::v1::feedback_service_client::FeedbackServiceClient,
    loyalty::v1::loyalty_service_client::LoyaltyServiceClient,
    profile::v1::profile_service_client::ProfileServiceClient,
    satisfaction::v1::satisfaction_service_client::SatisfactionServiceClient,
};
use rapport_testkit::{Nats, Postgres, ServiceProcess, built_programs};
use tempfile::TempDir;
use tonic::transport::{Channel, Endpoint};

use crate::Outcome;

/// The tenant of all calls.
pub const TENANT: &str = "load";

/// How long a service may take to start.
const PATIENCE: Duration = Duration::from_mins(1);

/// Connections that calls are spread over.
const CONNECTIONS: usize = 2;

/// 32 bytes in base64: the data are thrown away with the run.
const MASTER_KEY: &str = "bG9hZCBsb2FkIGxvYWQgbG9hZCBsb2FkIGxvYWQgbG8=";

const SERVICES: [&str; 4] = ["profile", "feedback", "satisfaction", "loyalty"];

/// A database server, and where the programs are.
#[derive(Debug)]
pub struct Stage {
    postgres: Postgres,
    programs: PathBuf,
    own_program: PathBuf,
    folder: TempDir,
}

impl Stage {
    /// Builds the programs in the profile of this one, and starts the database server, as durable as in production.
    pub fn start(own_program: &Path) -> Outcome<Self> {
        let programs = built_programs(&[
            "rapport",
            "rapport-profile",
            "rapport-feedback",
            "rapport-satisfaction",
            "rapport-loyalty",
        ]);
        Ok(Self {
            postgres: Postgres::start(),
            programs,
            own_program: own_program.to_owned(),
            folder: tempfile::tempdir()?,
        })
    }

    /// Makes a database of every service. `name` tells these from others of the run.
    pub fn databases(&self, name: &str) -> Outcome<Databases<'_>> {
        for service in SERVICES {
            self.postgres.create_database(&format!("{name}_{service}"));
        }
        let databases = Databases {
            stage: self,
            name: name.to_owned(),
        };
        let told = Command::new(self.programs.join("rapport"))
            .arg("migrate")
            .envs(databases.environment(None))
            .current_dir(self.folder.path())
            .output()?;
        if told.status.success() {
            Ok(databases)
        } else {
            Err(format!("rapport migrate: {}", String::from_utf8_lossy(&told.stderr)).into())
        }
    }

    /// Starts the server of bare calls.
    pub async fn bare_server(&self) -> Outcome<Running> {
        Running::start(
            "bare",
            &self.own_program,
            Some("bare-server"),
            self.folder.path(),
            usual(),
        )
        .await
    }

    /// Starts a service that stores in a file.
    pub async fn service_on_file(&self, service: &str) -> Outcome<Running> {
        let data = self.folder.path().join("data");
        let mut environment = usual();
        environment.insert("RAPPORT_DATA".to_owned(), data.display().to_string());
        let program = self.programs.join(format!("rapport-{service}"));
        Running::start(
            &format!("file-{service}"),
            &program,
            None,
            self.folder.path(),
            environment,
        )
        .await
    }
}

/// Variables of every process.
fn usual() -> BTreeMap<String, String> {
    BTreeMap::from([
        ("RAPPORT_TENANT".to_owned(), TENANT.to_owned()),
        // On two processors that client and database share, one thread serves more calls than two.
        ("RAPPORT_THREADS".to_owned(), "1".to_owned()),
        // The greatest throughput is looked for with callers that wait: none is refused for being held up.
        ("RAPPORT_LIMITS__HELD_UP_MILLISECONDS".to_owned(), "0".to_owned()),
    ])
}

/// The databases of the services, and how services run on them.
#[derive(Debug)]
pub struct Databases<'s> {
    stage: &'s Stage,
    name: String,
}

impl Databases<'_> {
    /// Asks the database of a service, and gives what `psql` prints.
    pub fn sql(&self, service: &str, sql: &str) -> String {
        self.sql_on(&format!("{}_{service}", self.name), sql)
    }

    /// Asks any database.
    pub fn sql_on(&self, database: &str, sql: &str) -> String {
        self.stage.postgres.sql(database, sql)
    }

    /// Address of any database.
    pub fn url_of(&self, database: &str) -> String {
        self.stage.postgres.url(database)
    }

    /// Copies the database of a service, which nobody may use meanwhile, and gives the address of the copy.
    pub fn copy(&self, service: &str, copy: &str) -> String {
        let order = format!("CREATE DATABASE \"{copy}\" TEMPLATE \"{}_{service}\"", self.name);
        self.sql_on("postgres", &order);
        self.url_of(copy)
    }

    fn environment(&self, broker: Option<&Nats>) -> BTreeMap<String, String> {
        let url = self.stage.postgres.url(&format!("{}_{{service}}", self.name));
        let mut environment = usual();
        environment.insert("RAPPORT_DATABASE__URL".to_owned(), url);
        environment.insert("RAPPORT_PRIVACY__MASTER_KEY".to_owned(), MASTER_KEY.to_owned());
        if let Some(broker) = broker {
            environment.insert("RAPPORT_EVENTS__URL".to_owned(), broker.url());
        }
        environment
    }

    /// Starts a service; `label` tells it from other replicas, `settings` are variables beside the usual ones.
    pub async fn service(
        &self,
        service: &str,
        label: &str,
        broker: Option<&Nats>,
        settings: &[(&str, &str)],
    ) -> Outcome<Running> {
        let mut environment = self.environment(broker);
        for (name, value) in settings {
            environment.insert((*name).to_owned(), (*value).to_owned());
        }
        let program = self.stage.programs.join(format!("rapport-{service}"));
        let label = format!("{}-{label}", self.name);
        Running::start(&label, &program, None, self.stage.folder.path(), environment).await
    }
}

/// A running service with connections to it. Ends when it is dropped.
#[derive(Debug)]
pub struct Running {
    process: ServiceProcess,
    channels: Vec<Channel>,
}

impl Running {
    async fn start(
        label: &str,
        program: &Path,
        argument: Option<&str>,
        folder: &Path,
        environment: BTreeMap<String, String>,
    ) -> Outcome<Self> {
        let mut process = ServiceProcess::new(label, program, folder, environment);
        if let Some(argument) = argument {
            process = process.with_argument(argument);
        }
        let address = process.start(PATIENCE).await?;
        let endpoint = Endpoint::from_shared(format!("http://{address}"))?;
        let mut channels = Vec::with_capacity(CONNECTIONS);
        for _ in 0..CONNECTIONS {
            channels.push(endpoint.connect().await?);
        }
        Ok(Self { process, channels })
    }

    /// A connection; the same for the same number.
    pub fn channel(&self, number: u64) -> Channel {
        let place = usize::try_from(number).unwrap_or_default() % self.channels.len();
        self.channels[place].clone()
    }

    /// A client of the loyalty service.
    pub fn loyalty(&self, number: u64) -> LoyaltyServiceClient<Channel> {
        LoyaltyServiceClient::new(self.channel(number))
    }

    /// A client of the profile service.
    pub fn profile(&self, number: u64) -> ProfileServiceClient<Channel> {
        ProfileServiceClient::new(self.channel(number))
    }

    /// A client of the feedback service.
    pub fn feedback(&self, number: u64) -> FeedbackServiceClient<Channel> {
        FeedbackServiceClient::new(self.channel(number))
    }

    /// A client of the satisfaction service.
    pub fn satisfaction(&self, number: u64) -> SatisfactionServiceClient<Channel> {
        SatisfactionServiceClient::new(self.channel(number))
    }

    /// Memory that the process holds, in MiB.
    pub fn memory(&self) -> f64 {
        let status = self
            .process
            .id()
            .and_then(|id| std::fs::read_to_string(format!("/proc/{id}/status")).ok())
            .unwrap_or_default();
        status
            .lines()
            .find_map(|line| line.strip_prefix("VmRSS:"))
            .and_then(|size| size.trim().trim_end_matches(" kB").parse::<f64>().ok())
            .map_or(0.0, |kib| kib / 1024.0)
    }

    /// Ends the service in order.
    pub async fn end(mut self) -> Outcome<()> {
        drop(std::mem::take(&mut self.channels));
        let ended = self.process.terminate(PATIENCE).await?;
        if ended.success() {
            Ok(())
        } else {
            Err(format!("{} ended with {ended}", self.process.label()).into())
        }
    }
}
