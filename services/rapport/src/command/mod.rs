//! The command line: one file for each command.

mod doctor;
mod events;
mod import;
mod key;
mod keys;
mod migrate;
mod serve;
mod token;
mod verify;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};

use rapport_process::{Configuration, Failure, Overrides, runtime};

use crate::demo;

/// Knows customers, listens to them, measures their satisfaction and rewards their loyalty.
#[derive(Debug, Parser)]
#[command(
    name = "rapport",
    version,
    arg_required_else_help = true,
    after_help = "Example: rapport demo"
)]
struct CommandLine {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Starts the suite on this machine and serves until Ctrl-C.
    #[command(after_help = "Example: rapport serve --listen 127.0.0.1:50051 --data data/rapport")]
    Serve(SuiteArguments),
    /// Starts the suite, plays the closed loop on real purchases through its public interface, shows the results in
    /// tables, and goes on serving. A second run on the same data adds nothing.
    #[command(after_help = "Example: rapport demo --data data/demo")]
    Demo(DemoArguments),
    /// Imports files into a running suite.
    #[command(subcommand)]
    Import(import::ImportCommand),
    /// Lists events that could not be taken, and sends events again.
    #[command(subcommand)]
    Events(events::EventsCommand),
    /// Rotates the keys of personal data, and shows how they stand.
    #[command(subcommand)]
    Keys(keys::KeysCommand),
    /// Brings the data of a folder up to date for this version.
    #[command(after_help = "Example: rapport migrate --data data/rapport")]
    Migrate(SuiteArguments),
    /// Checks configuration, storage, port and clock, and says how to mend what is wrong.
    #[command(after_help = "Example: rapport doctor --data data/rapport")]
    Doctor(SuiteArguments),
    /// Recomputes the points ledger and every roll-up of a running suite, and names what differs.
    #[command(after_help = "Example: rapport verify --server http://127.0.0.1:50051")]
    Verify(verify::VerifyArguments),
    /// Makes tokens to try with, and the keys that sign them. Real tokens come from an identity provider.
    #[command(after_help = "Example: rapport token --new-keys keys\n\
                            Example: rapport token --key-file keys/private.jwk --tenant default --scope 'loyalty.*'")]
    Token(token::TokenArguments),
    /// Makes an API key for a machine, and shows it once.
    #[command(
        after_help = "Example: rapport key --tenant harbour --subject 'till 7' --scope loyalty.points.write"
    )]
    Key(key::KeyArguments),
}

/// Where the suite listens and keeps its data.
#[derive(Debug, Args)]
struct SuiteArguments {
    /// Address to listen on; a loopback address. [default: 127.0.0.1:50051]
    #[arg(long, value_name = "ADDRESS:PORT")]
    listen: Option<SocketAddr>,
    /// Folder of the data. [default: data/rapport]
    #[arg(long, value_name = "FOLDER")]
    data: Option<PathBuf>,
    /// Configuration file in TOML; the keys are listen, data, tenant, log and `log_form`.
    #[arg(long, value_name = "FILE", env = "RAPPORT_CONFIG")]
    config: Option<PathBuf>,
}

impl SuiteArguments {
    fn configuration(&self, defaults: Configuration) -> Result<Configuration, Failure> {
        let overrides = Overrides {
            listen: self.listen,
            data: self.data.clone(),
        };
        Configuration::read(self.config.as_deref(), defaults, &overrides)
    }
}

/// Runs a command that serves, with as many threads as are configured.
fn served<F>(
    configuration: Configuration,
    serve: impl FnOnce(Configuration) -> F,
) -> Result<ExitCode, Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    runtime(configuration.threads)?.block_on(observed(configuration, serve))
}

/// Runs what serves, with logs, traces and metrics as they are configured.
async fn observed<F>(
    configuration: Configuration,
    serve: impl FnOnce(Configuration) -> F,
) -> Result<ExitCode, Failure>
where
    F: Future<Output = Result<(), Failure>>,
{
    let telemetry = rapport_telemetry::start(
        &configuration.telemetry,
        &configuration.log,
        configuration.log_form,
        "rapport",
    )
    .await
    .map_err(|error| Failure::new(error.to_string()))?;
    let outcome = Box::pin(serve(configuration)).await;
    telemetry.end().await;
    outcome.map(|()| ExitCode::SUCCESS)
}

#[derive(Debug, Args)]
struct DemoArguments {
    #[command(flatten)]
    suite: SuiteArguments,
    /// Ends after the tables instead of serving on.
    #[arg(long)]
    once: bool,
    /// Token or API key to call with, if the configuration has keys of callers.
    #[arg(long, value_name = "TOKEN", env = "RAPPORT_TOKEN", hide_env_values = true)]
    token: Option<String>,
}

/// Runs the command line of this process.
pub fn main() -> ExitCode {
    let command_line = CommandLine::parse();
    match run(command_line.command) {
        Ok(code) => code,
        Err(failure) => {
            eprintln!("error: {failure}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode, Failure> {
    match command {
        Command::Serve(arguments) => served(arguments.configuration(Configuration::default())?, serve::run),
        Command::Demo(arguments) => {
            let defaults = Configuration {
                data: PathBuf::from("data/demo"),
                ..Configuration::default()
            };
            served(arguments.suite.configuration(defaults)?, |configuration| {
                demo::run(configuration, arguments.once, arguments.token)
            })
        }
        Command::Import(command) => runtime(0)?.block_on(import::run(command)),
        Command::Events(command) => runtime(0)?.block_on(events::run(command)),
        Command::Keys(command) => {
            runtime(0)?.block_on(keys::run(command))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Migrate(arguments) => {
            let configuration = arguments.configuration(Configuration::default())?;
            rapport_telemetry::start_logs(&configuration.log, configuration.log_form)
                .map_err(|error| Failure::new(error.to_string()))?;
            runtime(0)?.block_on(migrate::run(&configuration))?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Doctor(arguments) => {
            let overrides = Overrides {
                listen: arguments.listen,
                data: arguments.data.clone(),
            };
            Ok(runtime(0)?.block_on(doctor::run(arguments.config.as_deref(), &overrides)))
        }
        Command::Verify(arguments) => runtime(0)?.block_on(verify::run(&arguments)),
        Command::Token(arguments) => {
            token::run(&arguments, &rapport_clock::Clock::system())?;
            Ok(ExitCode::SUCCESS)
        }
        Command::Key(arguments) => {
            key::run(&arguments)?;
            Ok(ExitCode::SUCCESS)
        }
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;

    use super::*;

    #[test]
    fn the_command_line_is_well_formed_and_every_command_shows_an_example() {
        let command = CommandLine::command();
        command.clone().debug_assert();
        let mut waiting: Vec<clap::Command> = command.get_subcommands().cloned().collect();
        while let Some(command) = waiting.pop() {
            if command.has_subcommands() {
                waiting.extend(command.get_subcommands().cloned());
                continue;
            }
            let example = command
                .get_after_help()
                .map(ToString::to_string)
                .unwrap_or_default();
            assert!(
                example.contains("Example"),
                "`rapport {} --help` has no example",
                command.get_name()
            );
        }
    }
}
