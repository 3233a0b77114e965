//! `rapport keys`

use clap::{Args, Subcommand};
use rapport_clock::Clock;
use rapport_privacy::{Pass, Privacy, Rotated, Scope, SealedRows, ServiceKeys, rotate, status};
use rapport_process::{Configuration, Failure, Storage};
use rapport_storage::{MigrationList, SchemaState, Store};
use sea_orm::{ConnectionTrait as _, DbBackend};

use super::SuiteArguments;

#[derive(Debug, Subcommand)]
pub(super) enum KeysCommand {
    /// Gives every tenant a new data key and seals the personal data under it. Files must not be in use; on PostgreSQL the
    /// services go on. It can be ended at any time: run again, it goes on with what is not done.
    #[command(after_help = "Example: rapport keys rotate --data data/rapport")]
    Rotate(RotateArguments),
    /// Shows which master keys are configured, and how the data keys stand under them.
    #[command(after_help = "Example: rapport keys status --data data/rapport")]
    Status(SuiteArguments),
}

#[derive(Debug, Args)]
pub(super) struct RotateArguments {
    #[command(flatten)]
    suite: SuiteArguments,
    /// Only wraps the data keys under the newest master key; the data stay as they are.
    #[arg(long)]
    master_only: bool,
}

/// Runs a command about keys.
pub(super) async fn run(command: KeysCommand) -> Result<(), Failure> {
    match command {
        KeysCommand::Rotate(arguments) => {
            let scope = if arguments.master_only {
                Scope::MasterKey
            } else {
                Scope::Everything
            };
            rotate_all(&logged(&arguments.suite)?, scope).await
        }
        KeysCommand::Status(arguments) => show(&logged(&arguments)?).await,
    }
}

fn logged(arguments: &SuiteArguments) -> Result<Configuration, Failure> {
    let configuration = arguments.configuration(Configuration::default())?;
    rapport_telemetry::start_logs(&configuration.log, configuration.log_form)
        .map_err(|error| Failure::new(error.to_string()))?;
    Ok(configuration)
}

/// A service with sealed data: its name, its schema, its tables.
type SealedService = (&'static str, MigrationList, Vec<Box<dyn SealedRows>>);

fn sealed_services() -> [SealedService; 2] {
    [
        (
            rapport_profile::NAME,
            MigrationList(rapport_profile::migrations),
            rapport_profile::sealed_tables(),
        ),
        (
            rapport_feedback::NAME,
            MigrationList(rapport_feedback::migrations),
            rapport_feedback::sealed_tables(),
        ),
    ]
}

async fn rotate_all(configuration: &Configuration, scope: Scope) -> Result<(), Failure> {
    let storage = Storage::take(configuration)?;
    let mut left = 0;
    for (service, migrations, tables) in sealed_services() {
        let Some((store, privacy)) = open(&storage, configuration, service, &migrations).await? else {
            println!("{service}: nothing is stored yet");
            continue;
        };
        let bar = indicatif::ProgressBar::no_length();
        let mut progress = |pass: Pass<'_>| {
            bar.set_message(format!(
                "{service}: tenant {}, table {}: {} rows seen, {} sealed anew",
                pass.tenant, pass.table, pass.seen, pass.sealed
            ));
            bar.tick();
        };
        let done = rotate(&privacy, &tables, scope, &mut progress).await?;
        bar.finish_and_clear();
        println!("{service}: {}", in_words(&done));
        left += done.left;
        if done.sealed > 0 {
            tidy(&store).await?;
        }
        store.close().await?;
    }
    if left > 0 {
        return Err(
            Failure::new(format!("{left} rows stay as they are, and so do their keys"))
                .mend("the log names each of them; mend or delete them, then run this again"),
        );
    }
    Ok(())
}

fn in_words(done: &Rotated) -> String {
    format!(
        "{} tenants; {} data keys wrapped anew, {} made, {} deleted; {} rows sealed anew",
        done.tenants, done.rewrapped, done.made, done.deleted, done.sealed
    )
}

/// Writes the file anew: what rows had before stays in its free pages else. PostgreSQL reuses such room by itself.
async fn tidy(store: &Store) -> Result<(), Failure> {
    if store.backend() != DbBackend::Sqlite {
        return Ok(());
    }
    for statement in ["VACUUM", "PRAGMA wal_checkpoint(TRUNCATE)"] {
        store
            .read()
            .execute_unprepared(statement)
            .await
            .map_err(|error| {
                Failure::new(format!("the file cannot be written anew: {error}"))
                    .mend("make room on the disk for a copy of the file, then run this again")
            })?;
    }
    Ok(())
}

async fn show(configuration: &Configuration) -> Result<(), Failure> {
    let storage = Storage::take(configuration)?;
    let master = storage.master_keys(&configuration.privacy)?;
    println!("master keys, the newest first: {}", master.ids().join(", "));
    for (service, migrations, _) in sealed_services() {
        match open(&storage, configuration, service, &migrations).await? {
            None => println!("{service}: nothing is stored yet"),
            Some((store, privacy)) => {
                println!("{service}: {}", standing(&status(&privacy).await?));
                store.close().await?;
            }
        }
    }
    Ok(())
}

fn standing(keys: &ServiceKeys) -> String {
    let by_master = keys.by_master.iter();
    let by_master: Vec<String> = by_master
        .map(|(master, count)| format!("{count} under master key {master}"))
        .collect();
    let oldest = keys
        .oldest
        .map_or_else(|| "none".to_owned(), |oldest| oldest.to_string());
    format!(
        "{} tenants; data keys: {}; oldest in use made {oldest}; rotations not finished: {}",
        keys.tenants,
        if by_master.is_empty() {
            "none".to_owned()
        } else {
            by_master.join(", ")
        },
        keys.unfinished
    )
}

/// The store of a service with its keys; none when nothing is stored yet.
async fn open(
    storage: &Storage,
    configuration: &Configuration,
    service: &'static str,
    migrations: &MigrationList,
) -> Result<Option<(Store, Privacy)>, Failure> {
    if !storage.has_data(service) {
        return Ok(None);
    }
    let store = storage.open(service).await?;
    match store.schema_state(migrations).await? {
        SchemaState::Current | SchemaState::Newer(_) => {}
        SchemaState::Empty => return Ok(None),
        SchemaState::Pending(names) => {
            return Err(
                Failure::new(format!("the data of {service} lack {}", names.join(", ")))
                    .mend("run `rapport migrate` with the same configuration"),
            );
        }
    }
    let master = storage.master_keys(&configuration.privacy)?;
    let privacy = Privacy::open(store.clone(), master, Clock::system()).await?;
    Ok(Some((store, privacy)))
}
