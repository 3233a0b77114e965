//! `rapport import …`

use std::{path::PathBuf, process::ExitCode};

use clap::{Args, Subcommand};
use rapport_money::Currency;
use rapport_process::Failure;

use crate::{
    client::{Clients, ServerArguments},
    import::{self, Columns, CustomerColumn, Options},
};

#[derive(Debug, Subcommand)]
pub(super) enum ImportCommand {
    /// Imports purchases from a CSV file with a heading. Rows that are known change nothing, so a file can be imported
    /// again; bad rows are reported with their line, and the good ones are kept.
    #[command(
        after_help = "Example: rapport import purchases sales.csv --source pos --currency EUR \
                            --map customer=CustomerNo --map time=Date --customer-is external:pos --dry-run"
    )]
    Purchases(PurchasesArguments),
}

#[derive(Debug, Args)]
pub(super) struct PurchasesArguments {
    /// The CSV file, in UTF-8, with a heading. Columns: `source_id`, customer, time, amount and, if wanted, currency,
    /// kind (sale or return), quantity, location, `original_source_id`.
    file: PathBuf,
    #[command(flatten)]
    server: ServerArguments,
    /// The system that the purchases come from; together with the source id it is a purchase's key for ever.
    #[arg(long, value_name = "ID", default_value = "import")]
    source: String,
    /// Says which column of the file holds a field; may be given several times.
    #[arg(long, value_name = "FIELD=COLUMN")]
    map: Vec<String>,
    /// What the customer column holds: external:SYSTEM, phone, email, or name (`customers/…`).
    #[arg(long, value_name = "KIND", default_value = "external:import")]
    customer_is: CustomerColumn,
    /// Currency of the amounts, when the file has no currency column.
    #[arg(long, value_name = "CODE")]
    currency: Option<Currency>,
    /// Creates the customers that are not known yet.
    #[arg(long)]
    create_customers: bool,
    /// Only checks every row, and changes nothing.
    #[arg(long)]
    dry_run: bool,
    /// Goes on after the last row that an interrupted import of the same file had stored.
    #[arg(long)]
    resume: bool,
    /// Where bad rows are written. [default: the file's name with .rejected.csv]
    #[arg(long, value_name = "FILE")]
    rejects: Option<PathBuf>,
}

/// Runs an import. Exit code 1 when rows were refused.
pub(super) async fn run(command: ImportCommand) -> Result<ExitCode, Failure> {
    let ImportCommand::Purchases(arguments) = command;
    let options = Options {
        columns: Columns::mapped(&arguments.map)?,
        customer: arguments.customer_is,
        source: arguments.source,
        currency: arguments.currency,
        create_customers: arguments.create_customers,
        dry_run: arguments.dry_run,
        resume: arguments.resume,
        rejects: arguments
            .rejects
            .unwrap_or_else(|| arguments.file.with_extension("rejected.csv")),
    };
    let clients = Clients::connect_as(&arguments.server).await?;
    let outcome = import::purchases(&clients, &arguments.file, &options).await?;
    println!("{outcome}");
    Ok(if outcome.rejected == 0 && !outcome.interrupted {
        ExitCode::SUCCESS
    } else {
        ExitCode::FAILURE
    })
}
