//! Where an interrupted import goes on: a small file beside the imported one.

use std::{
    fs, io,
    path::{Path, PathBuf},
};

use serde::{Deserialize, Serialize};

use rapport_process::Failure;

/// How far an import of a file is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct State {
    /// Size of the imported file: another size is another file.
    bytes: u64,
    /// Source of its purchases.
    source: String,
    /// The last line whose row was stored or refused.
    line: u64,
}

/// Remembers how far the import of one file is.
#[derive(Debug)]
pub(super) struct Bookmark {
    path: PathBuf,
    state: State,
}

impl Bookmark {
    /// The bookmark of a file, at its beginning.
    pub(super) fn new(file: &Path, bytes: u64, source: &str) -> Self {
        let mut name = file.as_os_str().to_owned();
        name.push(".rapport-resume");
        Self {
            path: PathBuf::from(name),
            state: State {
                bytes,
                source: source.to_owned(),
                line: 0,
            },
        }
    }

    /// The line after which to go on: what an earlier import of the same file left.
    pub(super) fn find(&self) -> Result<u64, Failure> {
        let unusable = |why: String| {
            Failure::new(format!("{} cannot be used: {why}", self.path.display()))
                .mend("delete it and import without --resume: rows that are known change nothing")
        };
        let text = match fs::read_to_string(&self.path) {
            Ok(text) => text,
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(0),
            Err(error) => return Err(unusable(error.to_string())),
        };
        let left: State = serde_json::from_str(&text).map_err(|error| unusable(error.to_string()))?;
        if (left.bytes, &left.source) != (self.state.bytes, &self.state.source) {
            return Err(unusable(
                "it belongs to another version of the file, or to another source".to_owned(),
            ));
        }
        Ok(left.line)
    }

    /// Moves to a line.
    pub(super) fn move_to(&mut self, line: u64) -> Result<(), Failure> {
        self.state.line = line;
        let unwritable = |why: String| {
            Failure::new(format!("{} cannot be written: {why}", self.path.display()))
                .mend("make the folder of the imported file writable; what was stored stays stored")
        };
        let text = serde_json::to_string(&self.state).map_err(|error| unwritable(error.to_string()))?;
        fs::write(&self.path, text).map_err(|error| unwritable(error.to_string()))
    }

    /// Deletes the bookmark: the import is complete.
    pub(super) fn remove(self) {
        // It may never have been written; one that stays only makes the next import skip known rows.
        let _ = fs::remove_file(&self.path);
    }
}
