//! Why an expression is refused when it is saved.

use std::{error::Error, fmt};

use crate::position::{Position, Span};

/// What kind of problem it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum ProblemKind {
    /// The text cannot be read.
    Syntax,
    /// A variable, field or function is not declared.
    Unknown,
    /// The types do not fit together, or the result has not the wanted type.
    Type,
    /// A literal that is no valid time, duration, time zone or pattern.
    Literal,
    /// The expression is too long, too deep, or may take too many steps.
    Limit,
}

/// One problem, with its place and how to correct it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// What kind of problem it is.
    pub kind: ProblemKind,
    /// Where it begins.
    pub position: Position,
    /// How many bytes of the text are concerned; zero at the end of the text.
    pub length: usize,
    /// What is wrong, in one sentence without a full stop.
    pub message: String,
    /// How to correct it, when that can be said.
    pub hint: Option<String>,
}

impl fmt::Display for Problem {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.position, self.message)?;
        match &self.hint {
            Some(hint) => write!(f, "; {hint}"),
            None => Ok(()),
        }
    }
}

/// The expression is refused: at least one problem, in the order of the text.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What is wrong. After an error of syntax nothing else is looked for; of the others, the first
    /// [`MAX_PROBLEMS`](crate::limits::MAX_PROBLEMS).
    pub problems: Vec<Problem>,
}

impl fmt::Display for Refusal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, problem) in self.problems.iter().enumerate() {
            if index > 0 {
                f.write_str("\n")?;
            }
            write!(f, "{problem}")?;
        }
        Ok(())
    }
}

impl Error for Refusal {}

/// A problem as it is found: its place is a span, which becomes a position when the text is at hand.
#[derive(Clone, Debug)]
pub(crate) struct Finding {
    pub(crate) kind: ProblemKind,
    pub(crate) at: Span,
    pub(crate) message: String,
    pub(crate) hint: Option<String>,
}

impl Finding {
    pub(crate) fn new(kind: ProblemKind, at: Span, message: impl Into<String>) -> Self {
        Self {
            kind,
            at,
            message: message.into(),
            hint: None,
        }
    }

    pub(crate) fn hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    pub(crate) fn maybe_hint(mut self, hint: Option<String>) -> Self {
        self.hint = hint;
        self
    }

    fn located(self, text: &str) -> Problem {
        Problem {
            kind: self.kind,
            position: Position::of(self.at.start.into(), text),
            length: self.at.end.saturating_sub(self.at.start).into(),
            message: self.message,
            hint: self.hint,
        }
    }
}

impl Refusal {
    pub(crate) fn of(mut findings: Vec<Finding>, text: &str) -> Self {
        findings.sort_by_key(|finding| finding.at.start);
        findings.truncate(crate::limits::MAX_PROBLEMS);
        Self {
            problems: findings
                .into_iter()
                .map(|finding| finding.located(text))
                .collect(),
        }
    }
}
