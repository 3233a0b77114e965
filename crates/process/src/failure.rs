//! Why a command ended without doing its work: what was wrong, and how to mend it.

use std::fmt;

use rapport_status::{Error, Kind};
use tonic::Status;

/// A command's failure.
#[derive(Debug)]
pub struct Failure {
    what: String,
    mend: Option<String>,
}

impl Failure {
    /// A failure with what was wrong.
    pub fn new(what: impl Into<String>) -> Self {
        Self {
            what: what.into(),
            mend: None,
        }
    }

    /// Says how to mend it.
    #[must_use]
    pub fn mend(mut self, how: impl Into<String>) -> Self {
        self.mend = Some(how.into());
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.what)?;
        match &self.mend {
            Some(mend) => write!(formatter, "\n  to mend it: {mend}"),
            None => Ok(()),
        }
    }
}

impl std::error::Error for Failure {}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        // A person at a terminal needs the sentence; of a fault of ours also where it comes from.
        Self::new(match error.kind() {
            Kind::Internal => error.chain(),
            _ => error.message().to_owned(),
        })
    }
}

impl From<Status> for Failure {
    fn from(status: Status) -> Self {
        match rapport_status::reason_of(&status) {
            Some(reason) => Self::new(format!("the server refused: {}", status.message()))
                .mend(format!("see docs/errors/{reason}.md")),
            None if status.code() == tonic::Code::Unavailable => {
                Self::new(format!("the server cannot be reached: {}", status.message()))
                    .mend("start one with `rapport serve`, or give its address with --server")
            }
            None => Self::new(format!(
                "the call failed: {:?} {}",
                status.code(),
                status.message()
            )),
        }
    }
}
