//! What the suite runs on in production, in small: a PostgreSQL server and a NATS server that speak only TLS, and each
//! service as a process.

use std::{
    collections::BTreeMap,
    fs,
    path::{Path, PathBuf},
    time::Duration,
};

use rapport::client::Clients;
use rapport_testkit::{Collector, Nats, Postgres, ServiceProcess, TestAuthority, built_programs};
use tempfile::TempDir;

use crate::{
    stores::SERVICES,
    suite_process::{Ended, rapport_with},
};

/// The packages of the services, each with one program.
const PACKAGES: [&str; 4] = [
    "rapport-profile",
    "rapport-feedback",
    "rapport-satisfaction",
    "rapport-loyalty",
];

/// How long a process may take to start or to end.
const PATIENCE: Duration = Duration::from_mins(1);

/// The bytes of the master key.
pub(super) const MASTER_KEY: &str = "Quaxelmeister-der-Schluesselkund";

/// The same in base64, as it is configured.
pub(super) const MASTER_KEY_IN_BASE64: &str = "UXVheGVsbWVpc3Rlci1kZXItU2NobHVlc3NlbGt1bmQ=";

/// The configuration of a process.
pub(super) type Variables = BTreeMap<String, String>;

/// A database server and a broker with certificates, and the folder of the processes that use them.
pub(super) struct Servers {
    pub(super) postgres: Postgres,
    pub(super) nats: Nats,
    programs: PathBuf,
    folder: TempDir,
}

impl Servers {
    /// Starts both with empty databases of all services. They end with the thread that this runs on.
    pub(super) fn start() -> Self {
        let programs = built_programs(&PACKAGES);
        let folder = tempfile::tempdir().expect("a temporary folder can be made");
        for inner in ["processes", "stranger"] {
            fs::create_dir(folder.path().join(inner)).expect("the folder of the test can be written");
        }
        let certificate = TestAuthority::new(&folder.path().join("authority")).certify("servers.test");
        TestAuthority::new(&folder.path().join("stranger"));
        // The server writes down all that it is told: were it told a personal value, it would be in the log.
        let postgres = Postgres::start_with_tls(&[("log_statement", "all")], &certificate);
        for service in SERVICES {
            postgres.create_database(&format!("rapport_{service}"));
        }
        Self {
            postgres,
            nats: Nats::start_with_tls(&certificate),
            programs,
            folder,
        }
    }

    /// The authority of the certificates that the servers show.
    pub(super) fn authority(&self) -> PathBuf {
        self.folder.path().join("authority/authority.pem")
    }

    /// Another authority, which has certified neither.
    pub(super) fn stranger(&self) -> PathBuf {
        self.folder.path().join("stranger/authority.pem")
    }

    /// Where processes work and write their logs.
    pub(super) fn processes(&self) -> PathBuf {
        self.folder.path().join("processes")
    }

    /// The configuration of a process that believes one authority of the database, and one of the broker.
    pub(super) fn variables(&self, of_database: &Path, of_broker: &Path) -> Variables {
        let database = format!(
            "{}?sslmode=verify-full&sslrootcert={}",
            self.postgres.url("rapport_{service}"),
            of_database.display()
        );
        [
            ("RAPPORT_DATABASE__URL", database),
            // Fewer than the default: four processes share the few cores of a test machine.
            ("RAPPORT_DATABASE__CONNECTIONS", "6".to_owned()),
            ("RAPPORT_EVENTS__URL", self.nats.url()),
            ("RAPPORT_EVENTS__AUTHORITIES", of_broker.display().to_string()),
            ("RAPPORT_PRIVACY__MASTER_KEY", MASTER_KEY_IN_BASE64.to_owned()),
        ]
        .map(|(name, value)| (name.to_owned(), value))
        .into()
    }

    /// Runs `rapport migrate` with a configuration.
    pub(super) fn migrate(variables: &Variables) -> Ended {
        let variables: Vec<_> = variables.clone().into_iter().collect();
        rapport_with(&["migrate"], &variables)
    }

    /// A service that is not started yet.
    pub(super) fn service(&self, service: &str, variables: &Variables) -> ServiceProcess {
        let program = self.programs.join(format!("rapport-{service}"));
        ServiceProcess::new(service, &program, &self.processes(), variables.clone())
    }
}

/// All services, each in a process of its own, and a collector of their traces.
pub(super) struct Installation {
    pub(super) servers: Servers,
    pub(super) collector: Collector,
    services: BTreeMap<&'static str, ServiceProcess>,
}

impl Installation {
    /// Makes the tables and starts the services, with everything in their logs that can be logged. Of the callers who
    /// have not decided whether their trace is kept, none is.
    pub(super) async fn start() -> Self {
        let servers = Servers::start();
        let collector = Collector::start().await;
        let mut variables = servers.variables(&servers.authority(), &servers.authority());
        let migrated = Servers::migrate(&variables);
        assert!(migrated.status.success(), "`rapport migrate`: {migrated:?}");
        for (name, value) in [
            ("RAPPORT_LOG", "trace"),
            ("RAPPORT_TELEMETRY__OTLP", &collector.url()),
            ("RAPPORT_TELEMETRY__SAMPLE", "0"),
        ] {
            variables.insert(name.to_owned(), value.to_owned());
        }
        let mut services = BTreeMap::new();
        // The profile service comes last: it calls the others, and has to know where they answer.
        for (service, form) in SERVICES.into_iter().rev().zip(["json", "text", "json", "text"]) {
            variables.insert("RAPPORT_LOG_FORM".to_owned(), form.to_owned());
            let mut process = servers.service(service, &variables);
            start(&mut process).await;
            variables.insert(
                format!("RAPPORT_SISTERS__{}", service.to_uppercase()),
                url(&process),
            );
            services.insert(service, process);
        }
        Self {
            servers,
            collector,
            services,
        }
    }

    /// Where each service answers, as clients in other languages take it.
    pub(super) fn addresses(&self) -> String {
        let addresses: Vec<String> = self
            .services
            .iter()
            .map(|(service, process)| format!("{service}={}", url(process).replace("http://", "")))
            .collect();
        addresses.join(",")
    }

    /// Clients of all services where they answer now.
    pub(super) async fn clients(&self) -> Clients {
        let of = async |service: &str| {
            let connected = Clients::connect(&url(&self.services[service])).await;
            connected.unwrap_or_else(|failure| panic!("{service}: {failure}"))
        };
        let loyalty = of("loyalty").await;
        Clients {
            profile: of("profile").await.profile,
            feedback: of("feedback").await.feedback,
            satisfaction: of("satisfaction").await.satisfaction,
            loyalty: loyalty.loyalty,
            rewards: loyalty.rewards,
            tiers: loyalty.tiers,
        }
    }

    /// Kills a service without a warning, and starts it again on another port.
    pub(super) async fn crash(&mut self, service: &str) {
        let process = self.services.get_mut(service).expect("it is one of the services");
        process.kill();
        start(process).await;
    }

    /// Ends everything in order, the servers last.
    pub(super) async fn stop(&mut self) {
        for (service, process) in &mut self.services {
            let ended = process.terminate(PATIENCE).await;
            let status = ended.unwrap_or_else(|problem| panic!("{problem}"));
            assert!(status.success(), "{service} did not end in order: {status}");
        }
        self.servers.postgres.stop();
        self.servers.nats.stop();
    }
}

/// Starts a service and waits until it serves.
pub(super) async fn start(process: &mut ServiceProcess) {
    if let Err(problem) = process.start(PATIENCE).await {
        panic!("{problem}");
    }
    if let Err(problem) = process.wait_ready(PATIENCE).await {
        panic!("{problem}");
    }
}

/// Where a running service answers.
pub(super) fn url(process: &ServiceProcess) -> String {
    let address = process.address().expect("the service runs");
    format!("http://{address}")
}
