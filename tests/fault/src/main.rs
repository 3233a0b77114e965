//! Runs the suite under faults, and says in one line whether everything held.

use std::{
    path::PathBuf,
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use rapport_fault::{Options, run};

/// Kills, cuts off and stalls services, database and broker while clients work, and then checks that everything which
/// was acknowledged is there once.
#[derive(Debug, Parser)]
#[command(after_help = "Example: cargo run -p rapport-fault -- --cycles 200 --seed 7")]
struct Arguments {
    /// How many times faults happen; each takes about three seconds.
    #[arg(long, default_value_t = 200)]
    cycles: usize,
    /// Chooses the faults; a new one each time when it is left out.
    #[arg(long)]
    seed: Option<u64>,
    /// Folder of the programs, such as target/release; those that cargo builds now when it is left out.
    #[arg(long, value_name = "FOLDER")]
    programs: Option<PathBuf>,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_secs()
    };
    let options = Options {
        cycles: arguments.cycles,
        seed: arguments.seed.unwrap_or_else(now),
        programs: arguments.programs,
    };
    let verdict = run(options).await;
    for difference in &verdict.differences {
        println!("  {difference}");
    }
    if let Some(logs) = &verdict.logs {
        println!("the logs are in {logs}");
    }
    println!("{}", verdict.line);
    if verdict.differences.is_empty() {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
