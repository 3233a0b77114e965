//! An error: a reason with its particulars.

use std::{error::Error as StdError, fmt, fmt::Write as _, time::Duration};

use crate::{Kind, Reason};

/// One field that breaks a rule.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldViolation {
    /// Path of the field as in the contract, such as `customer.identities[2].value`.
    pub field: String,
    /// What is wrong and what would be right.
    pub description: String,
}

impl FieldViolation {
    /// A violation of a field.
    pub fn new(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self {
            field: field.into(),
            description: description.into(),
        }
    }
}

/// Why an operation failed, with all that the caller needs to mend it, and (for the log only) its cause.
#[derive(Debug)]
pub struct Error(Box<Particulars>);

#[derive(Debug)]
struct Particulars {
    reason: Reason,
    message: String,
    metadata: Vec<(&'static str, String)>,
    violations: Vec<FieldViolation>,
    resource: Option<(&'static str, String)>,
    retry_after: Option<Duration>,
    cause: Option<Box<dyn StdError + Send + Sync>>,
}

impl Error {
    /// An error with a message in plain English: what was wrong, where, and what to do.
    pub fn new(reason: Reason, message: impl Into<String>) -> Self {
        Self(Box::new(Particulars {
            reason,
            message: message.into(),
            metadata: Vec::new(),
            violations: Vec::new(),
            resource: None,
            retry_after: None,
            cause: None,
        }))
    }

    /// A fault of ours. The caller is told a fixed sentence; `what` and the cause go to the log.
    pub fn internal(what: impl Into<String>) -> Self {
        Self::new(Reason::InternalError, what)
    }

    /// Fields break rules: all of them at once.
    pub fn invalid(reason: Reason, violations: Vec<FieldViolation>) -> Self {
        let listed: Vec<_> = violations
            .iter()
            .take(3)
            .map(|v| format!("{}: {}", v.field, v.description))
            .collect();
        let more = violations.len().saturating_sub(listed.len());
        let mut message = listed.join("; ");
        if more > 0 {
            let _ = write!(message, "; and {more} more, see the field violations");
        }
        let mut error = Self::new(reason, message);
        error.0.violations = violations;
        error
    }

    /// One field breaks a rule of the contract.
    pub fn invalid_field(field: impl Into<String>, description: impl Into<String>) -> Self {
        Self::invalid(
            Reason::InvalidFields,
            vec![FieldViolation::new(field, description)],
        )
    }

    /// A resource that is not there, already there, or in the wrong state.
    pub fn about(
        reason: Reason,
        resource_type: &'static str,
        name: impl Into<String>,
        message: impl Into<String>,
    ) -> Self {
        let mut error = Self::new(reason, message);
        error.0.resource = Some((resource_type, name.into()));
        error
    }

    /// Adds a machine-readable particular.
    #[must_use]
    pub fn with(mut self, key: &'static str, value: impl fmt::Display) -> Self {
        self.0.metadata.push((key, value.to_string()));
        self
    }

    /// Tells the caller after which time a repetition makes sense.
    #[must_use]
    pub fn retry_after(mut self, delay: Duration) -> Self {
        self.0.retry_after = Some(delay);
        self
    }

    /// Keeps the cause, for the log only.
    #[must_use]
    pub fn because(mut self, cause: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        self.0.cause = Some(cause.into());
        self
    }

    /// The reason.
    pub fn reason(&self) -> Reason {
        self.0.reason
    }

    /// The kind of failure.
    pub fn kind(&self) -> Kind {
        self.0.reason.kind()
    }

    /// What went wrong, in plain English. For an internal error this is for the log, not for the caller.
    pub fn message(&self) -> &str {
        &self.0.message
    }

    /// The fields that break rules.
    pub fn violations(&self) -> &[FieldViolation] {
        &self.0.violations
    }

    /// Machine-readable particulars.
    pub fn metadata(&self) -> &[(&'static str, String)] {
        &self.0.metadata
    }

    /// The resource that it is about: type and name.
    pub fn resource(&self) -> Option<(&'static str, &str)> {
        self.0
            .resource
            .as_ref()
            .map(|(kind, name)| (*kind, name.as_str()))
    }

    /// After which time a repetition makes sense.
    pub fn retry_delay(&self) -> Option<Duration> {
        self.0.retry_after
    }

    /// The message with the chain of causes: for the log.
    pub fn chain(&self) -> String {
        let mut text = format!("{}: {}", self.0.reason.name(), self.0.message);
        let mut cause = self.0.cause.as_deref().map(|cause| cause as &dyn StdError);
        while let Some(error) = cause {
            let _ = write!(text, ": {error}");
            cause = error.source();
        }
        text
    }
}

impl fmt::Display for Error {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{}: {}", self.0.reason.name(), self.0.message)
    }
}

impl StdError for Error {
    fn source(&self) -> Option<&(dyn StdError + 'static)> {
        self.0
            .cause
            .as_deref()
            .map(|cause| cause as &(dyn StdError + 'static))
    }
}

/// A batch answers each of its callers with the same failure: the copy keeps all but the cause.
impl Clone for Error {
    fn clone(&self) -> Self {
        Self(Box::new(Particulars {
            reason: self.0.reason,
            message: self.0.message.clone(),
            metadata: self.0.metadata.clone(),
            violations: self.0.violations.clone(),
            resource: self.0.resource.clone(),
            retry_after: self.0.retry_after,
            cause: None,
        }))
    }
}
