//! Errors on the wire: `google.rpc.Status` with details (AIP-193).

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, PreconditionViolation, QuotaViolation, StatusExt as _};

use crate::{Error, Kind};

/// The `domain` of every `ErrorInfo`.
pub const DOMAIN: &str = "rapport";

/// What callers are told of a fault of ours.
const INTERNAL_MESSAGE: &str =
    "an internal error occurred; it was logged, and nothing of this request was changed";

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        if error.kind() == Kind::Internal {
            tracing::error!(error = error.chain(), "internal error");
        }
        let message = match error.kind() {
            Kind::Internal => INTERNAL_MESSAGE,
            _ => error.message(),
        };
        Status::with_error_details(code(error.kind()), message, details(&error))
    }
}

/// The reason that a status carries, if it came from this suite.
pub fn reason_of(status: &Status) -> Option<String> {
    let info = status.get_details_error_info()?;
    (info.domain == DOMAIN).then_some(info.reason)
}

fn details(error: &Error) -> ErrorDetails {
    let metadata: HashMap<String, String> = error
        .metadata()
        .iter()
        .map(|(key, value)| ((*key).to_owned(), value.clone()))
        .collect();
    let mut details = ErrorDetails::with_error_info(error.reason().name(), DOMAIN, metadata);
    for violation in error.violations() {
        details.add_bad_request_violation(&violation.field, &violation.description);
    }
    if let Some((kind, name)) = error.resource() {
        details.set_resource_info(kind, name, "", error.message());
    }
    match error.kind() {
        Kind::FailedPrecondition => {
            let subject = error.resource().map_or("", |(_, name)| name);
            details.set_precondition_failure(vec![PreconditionViolation::new(
                error.reason().name(),
                subject,
                error.message(),
            )]);
        }
        Kind::ResourceExhausted => {
            details.set_quota_failure(vec![QuotaViolation::new(error.reason().name(), error.message())]);
        }
        _ => {}
    }
    if let Some(id) = crate::call::current() {
        details.set_request_info(id, "");
    }
    if error.retry_delay().is_some() {
        details.set_retry_info(error.retry_delay());
    }
    details
}

const fn code(kind: Kind) -> Code {
    match kind {
        Kind::InvalidArgument => Code::InvalidArgument,
        Kind::NotFound => Code::NotFound,
        Kind::AlreadyExists => Code::AlreadyExists,
        Kind::FailedPrecondition => Code::FailedPrecondition,
        Kind::Aborted => Code::Aborted,
        Kind::PermissionDenied => Code::PermissionDenied,
        Kind::Unauthenticated => Code::Unauthenticated,
        Kind::ResourceExhausted => Code::ResourceExhausted,
        Kind::Unavailable => Code::Unavailable,
        Kind::Internal => Code::Internal,
    }
}
