//! The command line of the load figures.

use std::{path::PathBuf, process::ExitCode};

use clap::{Parser, Subcommand};
use rapport_load::{Outcome, Plan, baseline, run};

/// Measures the services under load, beside baselines of the same run.
#[derive(Debug, Parser)]
#[command(
    version,
    after_help = "Example: cargo run --profile bench --package rapport-load -- all --json figures.json"
)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Everything: baselines, ledger, events, many replicas, overload.
    All(Options),
    /// Baselines, earning of points, balances.
    Ledger(Options),
    /// Purchases, answers and their scoring, the lag from a purchase to its points.
    Events(Options),
    /// Five replicas of the loyalty service and members that everybody wants.
    Replicas(Options),
    /// Four times as many calls as can be carried.
    Overload(Options),
    /// The server of the baseline of bare calls; the other commands start it.
    #[command(hide = true)]
    BareServer,
}

#[derive(Debug, clap::Args)]
struct Options {
    /// Seconds of one measurement.
    #[arg(long, default_value_t = 4.0)]
    seconds: f64,
    /// How often the ledger and its baselines are measured in turn; the medians count.
    #[arg(long, default_value_t = 3)]
    rounds: usize,
    /// Also writes the figures to this file, as JSON.
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

fn main() -> ExitCode {
    // One thread: the load shall leave the processors to what is measured, and one is enough to send it.
    let outcome = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .map_err(Into::into)
        .and_then(|runtime| runtime.block_on(begin(Arguments::parse().command)));
    match outcome {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn begin(command: Command) -> Outcome<()> {
    let (options, mut plan) = match command {
        Command::BareServer => return baseline::bare_call::serve().await,
        Command::All(options) => (options, Plan::all()),
        Command::Ledger(options) => (
            options,
            Plan {
                ledger: true,
                ..Plan::none()
            },
        ),
        Command::Events(options) => (
            options,
            Plan {
                events: true,
                ..Plan::none()
            },
        ),
        Command::Replicas(options) => (
            options,
            Plan {
                replicas: true,
                ..Plan::none()
            },
        ),
        Command::Overload(options) => (
            options,
            Plan {
                overload: true,
                ..Plan::none()
            },
        ),
    };
    plan.time = std::time::Duration::try_from_secs_f64(options.seconds)?;
    plan.rounds = options.rounds.max(1);
    let report = run(&plan, &std::env::current_exe()?).await?;
    println!("{}", report.table());
    if let Some(file) = options.json {
        report.write(&file)?;
    }
    Ok(())
}
