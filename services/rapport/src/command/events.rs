//! `rapport events`: what could not be taken, and sending it again.
//!
//! These commands work on the stores, beside the processes that serve them: they read and mark rows, and the running
//! service does what the marks ask for. So they are the same for one process and for many.

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Args, Subcommand};
use indicatif::ProgressBar;
use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_events::{
    dead_letter::{self, Choice, DeadLetter},
    outbox::{self, Refill},
};
use rapport_process::{Configuration, Failure, Overrides};
use rapport_storage::{Location, SchemaState, Store};
use uuid::Uuid;

use crate::suite;

/// How often it is looked how far a replay is.
const LOOK: Duration = Duration::from_millis(300);

#[derive(Debug, Subcommand)]
pub(super) enum EventsCommand {
    /// Lists events that a consumer could not take, oldest failure first, each with the reason.
    #[command(after_help = "Example: rapport events dead-letters --consumer loyalty")]
    DeadLetters(DeadLettersArguments),
    /// Sends dead letters through their consumer again; those that are taken leave the list. The running service does
    /// it, or the next one that is started.
    #[command(after_help = "Example: rapport events replay --consumer loyalty --limit 100 --dry-run")]
    Replay(ReplayArguments),
    /// Publishes events again that were relayed since a moment and are still kept: for a broker that lost its disk.
    /// Services that run notice that themselves. Consumers know what they took before.
    #[command(after_help = "Example: rapport events refill --since 2026-11-24T20:00:00Z")]
    Refill(RefillArguments),
}

/// Where the stores are.
#[derive(Debug, Args)]
struct StoreArguments {
    /// Folder of the data. [default: data/rapport]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Configuration file in TOML; its section `database` says where the stores are when they are no files.
    #[arg(long, value_name = "FILE", env = "RAPPORT_CONFIG")]
    config: Option<PathBuf>,
}

#[derive(Debug, Args)]
pub(super) struct DeadLettersArguments {
    #[command(flatten)]
    stores: StoreArguments,
    /// Those of one consumer, such as loyalty.
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    /// Shows at most so many.
    #[arg(long, value_name = "COUNT", default_value_t = 50, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    limit: u64,
}

#[derive(Debug, Args)]
#[group(id = "chosen", required = true, multiple = true, args = ["consumer", "event", "all"])]
pub(super) struct ReplayArguments {
    #[command(flatten)]
    stores: StoreArguments,
    /// Those of one consumer.
    #[arg(long, value_name = "NAME")]
    consumer: Option<String>,
    /// One event; may be given several times.
    #[arg(long, value_name = "ID")]
    event: Vec<Uuid>,
    /// Every dead letter.
    #[arg(long, conflicts_with_all = ["consumer", "event"])]
    all: bool,
    /// Sends at most so many.
    #[arg(long, value_name = "COUNT", default_value_t = 1_000, value_parser = clap::value_parser!(u64).range(1..=10_000))]
    limit: u64,
    /// Shows what would be sent, and changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Waits at most so many seconds for the service to have done it.
    #[arg(long, value_name = "SECONDS", default_value_t = 30)]
    wait: u64,
}

#[derive(Debug, Args)]
pub(super) struct RefillArguments {
    #[command(flatten)]
    stores: StoreArguments,
    /// Events that were relayed at or after this moment, such as 2026-11-24T20:00:00Z.
    #[arg(long, value_name = "MOMENT")]
    since: Timestamp,
    /// Those of one service only.
    #[arg(long, value_name = "NAME")]
    service: Option<String>,
    /// Says how many it would be, and changes nothing.
    #[arg(long)]
    dry_run: bool,
}

/// Runs one of the commands. Exit code 1 when something could not be taken again.
pub(super) async fn run(command: EventsCommand) -> Result<ExitCode, Failure> {
    match command {
        EventsCommand::DeadLetters(arguments) => list(&arguments).await,
        EventsCommand::Replay(arguments) => replay(&arguments).await,
        EventsCommand::Refill(arguments) => refill(&arguments).await,
    }
}

async fn list(arguments: &DeadLettersArguments) -> Result<ExitCode, Failure> {
    let choice = Choice {
        consumer: arguments.consumer.clone(),
        events: Vec::new(),
    };
    let (mut shown, mut all) = (0, 0);
    for (service, store) in arguments.stores.open().await? {
        all += dead_letter::count(&store, &choice).await?;
        let letters = dead_letter::list(&store, &choice, arguments.limit - shown).await?;
        shown += letters.len() as u64;
        for letter in letters {
            describe(service, &letter);
        }
        store.close().await?;
        if shown == arguments.limit {
            break;
        }
    }
    match all {
        0 => println!("no event waits with the dead letters"),
        all if all > shown => println!("dead letters shown: {shown}; there are more (--limit)"),
        _ => println!("dead letters: {shown}"),
    }
    Ok(ExitCode::SUCCESS)
}

fn describe(service: &str, letter: &DeadLetter) {
    let event = &letter.event;
    println!(
        "{}  {} of {service} could not take {}",
        event.id, letter.consumer, event.topic
    );
    println!(
        "  tenant {}, about {}, happened {}, tried last {}",
        event.tenant, event.key, event.occurred_at, letter.failed_at
    );
    println!("  {}", letter.reason);
    if let Some(moment) = letter.replay_requested_at {
        println!("  asked for again at {moment}");
    }
}

async fn replay(arguments: &ReplayArguments) -> Result<ExitCode, Failure> {
    let choice = Choice {
        consumer: arguments.consumer.clone(),
        events: arguments.event.clone(),
    };
    let now = Clock::system().now();
    let mut asked = Vec::new();
    let mut left = arguments.limit;
    for (service, store) in arguments.stores.open().await? {
        let letters = if arguments.dry_run {
            dead_letter::list(&store, &choice, left).await?
        } else {
            dead_letter::request_replay(&store, &choice, left, now).await?
        };
        left -= letters.len() as u64;
        if arguments.dry_run {
            for letter in &letters {
                describe(service, letter);
            }
        }
        asked.push((store, letters));
    }
    let count: usize = asked.iter().map(|(_, letters)| letters.len()).sum();
    if arguments.dry_run {
        println!("would be sent again: {count}; nothing was changed");
        return Ok(ExitCode::SUCCESS);
    }
    if count == 0 {
        println!("nothing is to be sent again: no such dead letter, or it was asked for before");
        return Ok(ExitCode::SUCCESS);
    }
    let progress = ProgressBar::new(count as u64).with_message("sending dead letters again");
    let attempts = u128::from(arguments.wait) * 1_000 / LOOK.as_millis();
    let mut outcome = Outcome::default();
    for _ in 0..=attempts {
        outcome = Outcome::of(&asked).await?;
        progress.set_position((count - outcome.waiting) as u64);
        if outcome.waiting == 0 {
            break;
        }
        tokio::time::sleep(LOOK).await;
    }
    progress.finish_and_clear();
    let taken = count - outcome.waiting - outcome.failed;
    println!(
        "sent again: {count}; taken: {taken}; failed again: {}",
        outcome.failed
    );
    if outcome.waiting > 0 {
        println!(
            "{} are asked for and still wait: the service takes them up when it runs, and when what it needs is there",
            outcome.waiting
        );
    }
    Ok(if outcome.failed == 0 {
        ExitCode::SUCCESS
    } else {
        println!("`rapport events dead-letters` shows why");
        ExitCode::FAILURE
    })
}

/// What became of dead letters that were asked for; those that are gone were taken.
#[derive(Debug, Default)]
struct Outcome {
    waiting: usize,
    failed: usize,
}

impl Outcome {
    async fn of(asked: &[(Store, Vec<DeadLetter>)]) -> Result<Self, Failure> {
        let mut outcome = Self::default();
        for (store, letters) in asked.iter().filter(|(_, letters)| !letters.is_empty()) {
            let choice = Choice {
                consumer: None,
                events: letters.iter().map(|letter| letter.event.id).collect(),
            };
            // An event can be a dead letter of several consumers, of which not all were asked for.
            let is_meant = |found: &DeadLetter| {
                letters
                    .iter()
                    .any(|letter| (&letter.consumer, letter.event.id) == (&found.consumer, found.event.id))
            };
            let most = dead_letter::count(store, &choice).await?;
            let found = dead_letter::list(store, &choice, most).await?;
            for letter in found.iter().filter(|letter| is_meant(letter)) {
                match letter.replay_requested_at {
                    Some(_) => outcome.waiting += 1,
                    None => outcome.failed += 1,
                }
            }
        }
        Ok(outcome)
    }
}

async fn refill(arguments: &RefillArguments) -> Result<ExitCode, Failure> {
    if let Some(wanted) = &arguments.service
        && !suite::schemas().iter().any(|(service, _)| service == wanted)
    {
        let known: Vec<&str> = suite::schemas().iter().map(|(service, _)| *service).collect();
        return Err(Failure::new(format!("there is no service {wanted:?}"))
            .mend(format!("give one of {}", known.join(", "))));
    }
    let refill = Refill::Since(arguments.since);
    for (service, store) in arguments.stores.open().await? {
        if arguments
            .service
            .as_deref()
            .is_some_and(|wanted| wanted != service)
        {
            continue;
        }
        if arguments.dry_run {
            let count = outbox::count_refill(&store, refill).await?;
            println!("{service}: {count} events would be published again");
        } else {
            let count = outbox::refill(&store, refill).await?;
            println!("{service}: {count} events are published again by the running service");
        }
        store.close().await?;
    }
    Ok(ExitCode::SUCCESS)
}

impl StoreArguments {
    /// Opens the stores that are there, beside whoever serves them.
    async fn open(&self) -> Result<Vec<(&'static str, Store)>, Failure> {
        let overrides = Overrides {
            listen: None,
            data: self.data.clone(),
        };
        let configuration =
            Configuration::read(self.config.as_deref(), Configuration::default(), &overrides)?;
        let mut stores = Vec::new();
        for (service, migrations) in suite::schemas() {
            let location = match &configuration.database {
                Some(options) => Location::on_server(options, service),
                None => Location::in_folder(&configuration.data, service),
            };
            if let Location::File(path) = &location
                && !path.exists()
            {
                continue;
            }
            let store = Store::open(&location).await?;
            store.reach().await?;
            if let SchemaState::Pending(names) = store.schema_state(&migrations).await? {
                return Err(
                    Failure::new(format!("the {service} store lacks {}", names.join(", ")))
                        .mend("run `rapport migrate` with the same configuration"),
                );
            }
            stores.push((service, store));
        }
        if stores.is_empty() {
            return Err(
                Failure::new(format!("no store is in {}", configuration.data.display()))
                    .mend("give the folder with --data, or the configuration of the services with --config"),
            );
        }
        Ok(stores)
    }
}
