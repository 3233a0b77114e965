//! Runs the suite under faults, and says in one line whether everything held.

use std::{
    path::{Path, PathBuf},
    process::ExitCode,
    time::{SystemTime, UNIX_EPOCH},
};

use clap::Parser;
use rapport_fault::{Options, rolling, run};

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
    /// Replaces every replica in turn in place of faults.
    #[arg(long)]
    replace: bool,
}

#[tokio::main]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let now = || {
        let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
        since.as_secs()
    };
    let seed = arguments.seed.unwrap_or_else(now);
    if arguments.replace {
        return replace(seed, arguments.programs.as_deref()).await;
    }
    let options = Options {
        cycles: arguments.cycles,
        seed,
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
    code(verdict.differences.is_empty())
}

async fn replace(seed: u64, programs: Option<&Path>) -> ExitCode {
    let replaced = rolling::replace_all(seed, programs).await;
    for problem in [&replaced.failed, &replaced.disorder, &replaced.differences]
        .into_iter()
        .flatten()
    {
        println!("  {problem}");
    }
    println!(
        "seed {seed}: every replica replaced under {} operations; {} failed, {} replicas ended in disorder, {} differences; \
         the slowest took {:.1} s to end",
        replaced.operations,
        replaced.failed.len(),
        replaced.disorder.len(),
        replaced.differences.len(),
        replaced.slowest_end.as_secs_f64()
    );
    code(replaced.failed.is_empty() && replaced.disorder.is_empty() && replaced.differences.is_empty())
}

fn code(holds: bool) -> ExitCode {
    if holds {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    }
}
