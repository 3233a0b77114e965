//! Configuration: documented defaults, then a file, then the environment, then flags. Unknown keys are refused.

use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment,
    providers::{Env, Format as _, Serialized, Toml},
};
use rapport_access::{AccessOptions, LimitOptions, TlsOptions};
use rapport_audit::AuditOptions;
use rapport_client::SisterOptions;
use rapport_events::EventOptions;
use rapport_privacy::PrivacyOptions;
use rapport_storage::DatabaseOptions;
use rapport_telemetry::{LogForm, TelemetryOptions};
use serde::{Deserialize, Serialize};

use crate::Failure;

/// Threads that a process works with at most.
const MOST_THREADS: usize = 256;

/// What can be configured. The defaults serve one machine without any file.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Configuration {
    /// Address that calls come to. Without configured keys it must be a loopback address.
    pub listen: SocketAddr,
    /// Folder of the data. Made when it is not there.
    pub data: PathBuf,
    /// The tenant that local callers work for.
    pub tenant: String,
    /// What is logged: a level, or levels by module.
    pub log: String,
    /// Form of the log lines: `text` or `json`.
    pub log_form: LogForm,
    /// How many seconds calls under way get to end when the process is told to stop.
    pub grace_seconds: u64,
    /// Threads that a process that serves works with; 0 for as many as there are processors.
    pub threads: usize,
    /// PostgreSQL in place of files.
    pub database: Option<DatabaseOptions>,
    /// NATS in place of the memory of one process.
    pub events: Option<EventOptions>,
    /// Where the services answer, for those that call each other.
    pub sisters: SisterOptions,
    /// How callers prove who they are.
    pub access: AccessOptions,
    /// Certificates of this process.
    pub tls: Option<TlsOptions>,
    /// Encryption at rest.
    pub privacy: PrivacyOptions,
    /// How long records of calls are kept.
    pub audit: AuditOptions,
    /// How much callers may ask for.
    pub limits: LimitOptions,
    /// Where traces and metrics go.
    pub telemetry: TelemetryOptions,
}

impl Default for Configuration {
    fn default() -> Self {
        Self {
            listen: SocketAddr::from(([127, 0, 0, 1], 50_051)),
            data: PathBuf::from("data/rapport"),
            tenant: "default".to_owned(),
            log: "warn".to_owned(),
            log_form: LogForm::Text,
            grace_seconds: 10,
            threads: 0,
            database: None,
            events: None,
            sisters: SisterOptions::default(),
            access: AccessOptions::default(),
            tls: None,
            privacy: PrivacyOptions::default(),
            audit: AuditOptions::default(),
            limits: LimitOptions::default(),
            telemetry: TelemetryOptions::default(),
        }
    }
}

/// What flags say; what they leave out comes from below.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Overrides {
    /// `--listen`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub listen: Option<SocketAddr>,
    /// `--data`
    #[serde(skip_serializing_if = "Option::is_none")]
    pub data: Option<PathBuf>,
}

impl Configuration {
    /// Reads the configuration: defaults, the file if one is given, variables that begin with `RAPPORT_`, flags.
    pub fn read(file: Option<&Path>, defaults: Self, overrides: &Overrides) -> Result<Self, Failure> {
        let mut sources = Figment::from(Serialized::defaults(defaults));
        if let Some(file) = file {
            if !file.is_file() {
                return Err(
                    Failure::new(format!("the configuration file {} is not there", file.display())).mend(
                        "give the path of a TOML file with --config, or leave it out to take the defaults",
                    ),
                );
            }
            sources = sources.merge(Toml::file_exact(file));
        }
        let configuration: Self = sources
            .merge(Env::prefixed("RAPPORT_").ignore(&["config", "server", "token", "authorities"]).split("__"))
            .merge(Serialized::defaults(overrides))
            .extract()
            .map_err(|error| {
                Failure::new(format!("the configuration cannot be used: {error}")).mend(
                    "deploy/rapport.toml shows every key; as variables they are RAPPORT_LISTEN, RAPPORT_DATABASE__URL and so on",
                )
            })?;
        configuration.check()
    }

    fn check(self) -> Result<Self, Failure> {
        if !self.listen.ip().is_loopback() && !self.access.tells_callers_apart(self.tls.as_ref()) {
            return Err(Failure::new(format!(
                "{} is no loopback address, and no keys are configured to tell callers apart",
                self.listen
            ))
            .mend(
                "set access.jwks or access.api_keys (`rapport token` and `rapport key` make some), or listen on 127.0.0.1",
            ));
        }
        if !rapport_contract::name::is_id(&self.tenant) {
            return Err(Failure::new(format!("the tenant {:?} is no id", self.tenant))
                .mend("use 1 to 63 of a-z 0-9 - _ . beginning with a letter or digit"));
        }
        if self.threads > MOST_THREADS {
            return Err(
                Failure::new(format!("{} threads are too many", self.threads)).mend(format!(
                    "use 1 to {MOST_THREADS}, or 0 for as many as there are processors"
                )),
            );
        }
        Ok(self)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn flags_win_over_the_file_and_the_file_over_the_defaults() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rapport.toml");
        std::fs::write(&file, "listen = \"127.0.0.1:6000\"\ntenant = \"harbour\"\n").unwrap();
        let overrides = Overrides {
            listen: Some(([127, 0, 0, 1], 7000).into()),
            data: None,
        };
        let read = Configuration::read(Some(&file), Configuration::default(), &overrides).unwrap();
        assert_eq!(read.listen.port(), 7000);
        assert_eq!(read.tenant, "harbour");
        assert_eq!(read.data, Configuration::default().data);
    }

    #[test]
    fn the_shipped_file_has_every_key_with_its_default() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/rapport.toml");
        let other = Configuration {
            listen: ([127, 0, 0, 1], 1).into(),
            data: PathBuf::new(),
            tenant: "other".to_owned(),
            log: String::new(),
            log_form: LogForm::Json,
            grace_seconds: 0,
            threads: 7,
            ..Configuration::default()
        };
        let read = Configuration::read(Some(&file), other, &Overrides::default()).unwrap();
        assert_eq!(read, Configuration::default());
    }

    #[test]
    fn the_files_of_the_deployments_can_be_read_and_tell_callers_apart() {
        let overlays = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../deploy/kubernetes/overlays");
        let mut read = Vec::new();
        for folder in std::fs::read_dir(&overlays).unwrap() {
            let file = folder.unwrap().path().join("rapport.toml");
            let configuration =
                Configuration::read(Some(&file), Configuration::default(), &Overrides::default())
                    .unwrap_or_else(|refused| panic!("{}: {refused}", file.display()));
            // An open address is only taken with keys of callers.
            assert!(
                !configuration.listen.ip().is_loopback(),
                "{} listens where no other pod can call",
                file.display()
            );
            read.push(file);
        }
        assert_eq!(read.len(), 3, "the overlays of {}: {read:?}", overlays.display());
    }

    #[test]
    fn unknown_keys_and_open_addresses_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("rapport.toml");
        for (text, expected) in [
            ("lisen = \"127.0.0.1:1\"", "unknown field"),
            ("listen = \"0.0.0.0:50051\"", "no loopback address"),
            ("listen = \"nowhere\"", "configuration cannot be used"),
            ("tenant = \"A B\"", "is no id"),
            ("threads = 100000", "100000 threads are too many"),
        ] {
            std::fs::write(&file, text).unwrap();
            let refused = Configuration::read(Some(&file), Configuration::default(), &Overrides::default())
                .unwrap_err();
            assert!(refused.to_string().contains(expected), "{text}: {refused}");
        }
    }
}
