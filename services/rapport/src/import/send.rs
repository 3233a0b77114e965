//! Sends a file in parts. Each part is one streaming call: when it is answered, its rows are stored.

use std::{fs::File, io::BufReader, path::Path, pin::pin};

use csv::{ByteRecord, Position, ReaderBuilder, Writer};
use indicatif::{ProgressBar, ProgressStyle};
use rapport_contract::profile::v1::{ImportPurchasesRequest, ImportPurchasesResponse, PurchaseRow, RowError};

use super::{
    Options, Outcome,
    lines::{BoundedLines, LONGEST_LINE, TooLong},
    resume::Bookmark,
    row,
};
use rapport_process::Failure;

use crate::client::Clients;

/// Rows of one call: what an interruption can make the next import send again.
const ROWS_PER_PART: usize = 2_000;

/// Rows of one message.
const ROWS_PER_MESSAGE: usize = 500;

pub(super) async fn file(clients: &Clients, path: &Path, options: &Options) -> Result<Outcome, Failure> {
    let unreadable = |error: std::io::Error| {
        Failure::new(format!("{} cannot be read: {error}", path.display()))
            .mend("check the path and its permissions")
    };
    let file = File::open(path).map_err(unreadable)?;
    let bytes = file.metadata().map_err(unreadable)?.len();
    let bookmark = Bookmark::new(path, bytes, &options.source);
    let skip_to = if options.resume { bookmark.find()? } else { 0 };
    let progress = ProgressBar::new(bytes).with_style(style());
    let mut import = Import {
        clients,
        options,
        bookmark,
        rejects: Rejects::default(),
        outcome: Outcome {
            dry_run: options.dry_run,
            ..Outcome::default()
        },
        progress,
    };
    let ended = import.run(file, path, skip_to).await;
    import.progress.finish_and_clear();
    ended?;
    import.finish()
}

fn style() -> ProgressStyle {
    ProgressStyle::with_template("{msg:24} [{bar:32}] {bytes}/{total_bytes} {eta}")
        .unwrap_or_else(|_| ProgressStyle::default_bar())
        .progress_chars("=> ")
}

struct Import<'a> {
    clients: &'a Clients,
    options: &'a Options,
    bookmark: Bookmark,
    rejects: Rejects,
    outcome: Outcome,
    progress: ProgressBar,
}

impl Import<'_> {
    async fn run(&mut self, file: File, path: &Path, skip_to: u64) -> Result<(), Failure> {
        self.progress.set_message("importing purchases");
        let lines = BoundedLines::new(BufReader::new(file));
        let too_long = lines.too_long();
        let mut reader = ReaderBuilder::new()
            .flexible(true)
            .has_headers(true)
            .from_reader(lines);
        let broken = |error: csv::Error| {
            Failure::new(format!("{} cannot be read as CSV: {error}", path.display()))
                .mend("save it as comma-separated values in UTF-8")
        };
        let heading = reader.byte_headers().map_err(broken)?.clone();
        let places = self.options.columns.find(&heading)?;
        let mut interrupt = pin!(tokio::signal::ctrl_c());
        let mut record = ByteRecord::new();
        let mut part = Vec::with_capacity(ROWS_PER_PART);
        while reader.read_byte_record(&mut record).map_err(broken)? {
            let position = record.position().cloned().unwrap_or_else(Position::new);
            self.note_too_long(&too_long)?;
            if position.line() <= skip_to {
                continue;
            }
            self.outcome.rows += 1;
            if record.len() == heading.len() {
                match row::read(position.line(), &record, &places, self.options) {
                    Ok(row) => part.push(row),
                    Err(errors) => self.refuse(&errors)?,
                }
            } else {
                self.refuse(&[wrong_length(&position, record.len(), heading.len())])?;
            }
            if part.len() == ROWS_PER_PART {
                self.send(std::mem::take(&mut part), position.line()).await?;
                self.progress.set_position(position.byte());
                if futures::poll!(&mut interrupt).is_ready() {
                    self.outcome.interrupted = true;
                    return Ok(());
                }
            }
        }
        self.note_too_long(&too_long)?;
        let last = reader.position().line();
        self.send(part, last).await
    }

    fn note_too_long(&mut self, too_long: &TooLong) -> Result<(), Failure> {
        let lines: Vec<u64> = too_long.borrow_mut().drain(..).collect();
        for line in lines {
            self.outcome.rows += 1;
            self.refuse(&[RowError {
                row: i64::try_from(line).unwrap_or(i64::MAX),
                reason: "LINE_TOO_LONG".to_owned(),
                field: String::new(),
                message: format!(
                    "the line has more than {LONGEST_LINE} bytes; a quotation mark may be missing"
                ),
            }])?;
        }
        Ok(())
    }

    fn refuse(&mut self, errors: &[RowError]) -> Result<(), Failure> {
        self.outcome.rejected += 1;
        self.rejects.write(&self.options.rejects, errors)
    }

    /// Sends rows in one call; when it is answered, they are stored up to a line.
    async fn send(&mut self, rows: Vec<PurchaseRow>, line: u64) -> Result<(), Failure> {
        if !rows.is_empty() {
            let answer = call(self.clients, self.options, rows).await?;
            self.outcome.add(&answer);
            self.rejects.write(&self.options.rejects, &answer.errors)?;
        }
        if self.options.dry_run {
            Ok(())
        } else {
            self.bookmark.move_to(line)
        }
    }

    fn finish(mut self) -> Result<Outcome, Failure> {
        self.outcome.rejects = self.rejects.close(&self.options.rejects)?;
        if !self.outcome.interrupted {
            self.bookmark.remove();
        }
        Ok(self.outcome)
    }
}

fn wrong_length(position: &Position, has: usize, needs: usize) -> RowError {
    RowError {
        row: i64::try_from(position.line()).unwrap_or(i64::MAX),
        reason: "WRONG_NUMBER_OF_COLUMNS".to_owned(),
        field: String::new(),
        message: format!("the row has {has} columns and the heading {needs}"),
    }
}

/// Streams rows in one call.
pub(crate) async fn call(
    clients: &Clients,
    options: &Options,
    rows: Vec<PurchaseRow>,
) -> Result<ImportPurchasesResponse, Failure> {
    let messages: Vec<ImportPurchasesRequest> = rows
        .chunks(ROWS_PER_MESSAGE)
        .map(|rows| ImportPurchasesRequest {
            rows: rows.to_vec(),
            validate_only: options.dry_run,
            create_missing_customers: options.create_customers,
        })
        .collect();
    let answer = clients
        .profile
        .clone()
        .import_purchases(tokio_stream::iter(messages))
        .await?;
    Ok(answer.into_inner())
}

/// The list of refused rows: a file that is made with the first of them.
#[derive(Debug, Default)]
struct Rejects(Option<Writer<File>>);

impl Rejects {
    fn write(&mut self, path: &Path, errors: &[RowError]) -> Result<(), Failure> {
        if errors.is_empty() {
            return Ok(());
        }
        if self.0.is_none() {
            let mut writer = Writer::from_path(path).map_err(|error| unwritable(path, &error))?;
            writer
                .write_record(["line", "reason", "field", "message"])
                .map_err(|error| unwritable(path, &error))?;
            self.0 = Some(writer);
        }
        let Some(writer) = &mut self.0 else { return Ok(()) };
        for error in errors {
            writer
                .write_record([
                    &error.row.to_string(),
                    &error.reason,
                    &error.field,
                    &error.message,
                ])
                .map_err(|error| unwritable(path, &error))?;
        }
        Ok(())
    }

    fn close(self, path: &Path) -> Result<Option<std::path::PathBuf>, Failure> {
        match self.0 {
            Some(mut writer) => {
                writer.flush().map_err(|error| unwritable(path, &error.into()))?;
                Ok(Some(path.to_path_buf()))
            }
            None => Ok(None),
        }
    }
}

fn unwritable(path: &Path, error: &csv::Error) -> Failure {
    Failure::new(format!(
        "the list of refused rows {} cannot be written: {error}",
        path.display()
    ))
    .mend("give another file with --rejects; what was stored stays stored")
}
