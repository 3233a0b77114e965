//! `rapport doctor`

use std::{fs, net::TcpListener, path::Path, process::ExitCode};

use jiff::Timestamp;
use rapport_process::{Configuration, Failure, Overrides, Storage, cannot_listen, unusable};
use rapport_storage::SchemaState;

use crate::suite;

/// Nothing was built before this moment: a clock that stands earlier is wrong.
const EARLIEST: &str = "2026-01-01T00:00:00Z";

/// Room below which a data folder is said to be too full.
const PROBE_BYTES: usize = 16 * 1024 * 1024;

/// Checks what the suite needs. Exit code 1 when something is wrong.
pub(crate) async fn run(file: Option<&Path>, overrides: &Overrides) -> ExitCode {
    let mut findings = Findings::default();
    let configuration = match Configuration::read(file, Configuration::default(), overrides) {
        Ok(configuration) => {
            findings.good("configuration", "can be used");
            configuration
        }
        Err(failure) => {
            findings.bad("configuration", &failure);
            return findings.verdict();
        }
    };
    findings.note("clock", check_clock());
    findings.note("port", check_port(&configuration));
    if configuration.database.is_none() {
        match check_folder(&configuration.data) {
            Ok(said) => findings.good("data folder", &said),
            Err(failure) => {
                findings.bad("data folder", &failure);
                return findings.verdict();
            }
        }
    }
    for (service, outcome) in check_stores(&configuration).await {
        findings.note(&format!("storage of {service}"), outcome);
    }
    findings.verdict()
}

#[derive(Debug, Default)]
struct Findings {
    right: usize,
    wrong: usize,
}

impl Findings {
    fn good(&mut self, what: &str, said: &str) {
        self.right += 1;
        println!("ok     {what}: {said}");
    }

    fn bad(&mut self, what: &str, failure: &Failure) {
        self.wrong += 1;
        println!("WRONG  {what}: {failure}");
    }

    fn note(&mut self, what: &str, outcome: Result<String, Failure>) {
        match outcome {
            Ok(said) => self.good(what, &said),
            Err(failure) => self.bad(what, &failure),
        }
    }

    fn verdict(&self) -> ExitCode {
        if self.wrong == 0 {
            println!("everything is in order: {} checks", self.right);
            ExitCode::SUCCESS
        } else {
            println!(
                "{} of {} checks found something wrong",
                self.wrong,
                self.right + self.wrong
            );
            ExitCode::FAILURE
        }
    }
}

fn check_clock() -> Result<String, Failure> {
    let now = rapport_clock::Clock::system().now();
    let earliest: Timestamp = EARLIEST
        .parse()
        .map_err(|error| Failure::new(format!("{error}")))?;
    if now < earliest {
        return Err(
            Failure::new(format!("the machine's clock says {now}, which is in the past"))
                .mend("set the clock, or run a time service"),
        );
    }
    Ok(format!("{now}"))
}

fn check_port(configuration: &Configuration) -> Result<String, Failure> {
    let address = configuration.listen;
    match TcpListener::bind(address) {
        Ok(_) => Ok(format!("{address} is free")),
        Err(error) => Err(cannot_listen(address, &error)),
    }
}

/// Writes and deletes a file, as a database would.
fn check_folder(path: &Path) -> Result<String, Failure> {
    fs::create_dir_all(path).map_err(|error| unusable(path, &error))?;
    let probe = path.join("doctor.probe");
    let outcome = fs::write(&probe, vec![0; PROBE_BYTES]);
    let removed = fs::remove_file(&probe);
    outcome.and(removed).map_err(|error| unusable(path, &error))?;
    Ok(format!("{} can be written", path.display()))
}

async fn check_stores(configuration: &Configuration) -> Vec<(&'static str, Result<String, Failure>)> {
    let storage = match Storage::take(configuration) {
        Ok(storage) => storage,
        Err(failure) => return vec![("all services", Err(failure))],
    };
    let mut outcomes = Vec::new();
    for (service, migrations) in suite::schemas() {
        if !storage.has_data(service) {
            outcomes.push((service, Ok("nothing is stored yet".to_owned())));
            continue;
        }
        let outcome = async {
            let store = storage.open(service).await?;
            store.reach().await?;
            let state = store.schema_state(&migrations).await?;
            store.close().await?;
            match state {
                SchemaState::Current => Ok("is up to date".to_owned()),
                SchemaState::Empty => Ok("nothing is stored yet".to_owned()),
                SchemaState::Pending(names) => Err(Failure::new(format!("lacks {}", names.join(", ")))
                    .mend("run `rapport migrate`; with files, `rapport serve` does it too")),
                SchemaState::Newer(names) => Err(Failure::new(format!(
                    "was written by a newer version, which has applied {}",
                    names.join(", ")
                ))
                .mend("use that version, or another data folder")),
            }
        };
        outcomes.push((service, outcome.await));
    }
    outcomes
}
