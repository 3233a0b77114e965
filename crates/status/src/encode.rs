//! Errors on the wire: `google.rpc.Status` with details (AIP-193).

use std::collections::HashMap;

use tonic::{Code, Status};
use tonic_types::{ErrorDetails, PreconditionViolation, QuotaViolation, StatusExt as _};

use crate::{Error, FieldViolation, Kind};

/// The `domain` of every `ErrorInfo`.
pub const DOMAIN: &str = "rapport";

/// What callers are told of a fault of ours.
const INTERNAL_MESSAGE: &str =
    "an internal error occurred; it was logged, and nothing of this request was changed";

/// Most bytes of the violations together. They travel in the trailer of the call, in base64 and beside the message;
/// common clients take trailers of 8 KiB and treat longer ones as a fault of the server.
const MOST_VIOLATION_BYTES: usize = 3_000;

/// Most bytes of a single text. The message is percent-encoded, which can make three bytes of one.
const MOST_TEXT_BYTES: usize = 600;

impl From<Error> for Status {
    fn from(error: Error) -> Self {
        if error.kind() == Kind::Internal {
            tracing::error!(error = error.chain(), "internal error");
        }
        let message = match error.kind() {
            Kind::Internal => INTERNAL_MESSAGE,
            _ => error.message(),
        };
        Status::with_error_details(code(error.kind()), shortened(message), details(&error))
    }
}

/// The reason that a status carries, if it came from this suite.
pub fn reason_of(status: &Status) -> Option<String> {
    let info = status.get_details_error_info()?;
    (info.domain == DOMAIN).then_some(info.reason)
}

fn details(error: &Error) -> ErrorDetails {
    let told = told(error.violations());
    let mut metadata: HashMap<String, String> = error
        .metadata()
        .iter()
        .map(|(key, value)| ((*key).to_owned(), shortened(value)))
        .collect();
    let left_out = error.violations().len() - told.len();
    if left_out > 0 {
        metadata.insert("violations_left_out".to_owned(), left_out.to_string());
    }
    let mut details = ErrorDetails::with_error_info(error.reason().name(), DOMAIN, metadata);
    for violation in told {
        details.add_bad_request_violation(shortened(&violation.field), shortened(&violation.description));
    }
    if let Some((kind, name)) = error.resource() {
        details.set_resource_info(kind, shortened(name), "", shortened(error.message()));
    }
    match error.kind() {
        Kind::FailedPrecondition => {
            let subject = error.resource().map_or("", |(_, name)| name);
            details.set_precondition_failure(vec![PreconditionViolation::new(
                error.reason().name(),
                shortened(subject),
                shortened(error.message()),
            )]);
        }
        Kind::ResourceExhausted => {
            details.set_quota_failure(vec![QuotaViolation::new(
                error.reason().name(),
                shortened(error.message()),
            )]);
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

/// The violations that fit into an answer, from the first; one at least.
fn told(violations: &[FieldViolation]) -> &[FieldViolation] {
    let mut bytes = 0;
    let fit = violations.iter().take_while(|violation| {
        bytes +=
            violation.field.len().min(MOST_TEXT_BYTES) + violation.description.len().min(MOST_TEXT_BYTES);
        bytes <= MOST_VIOLATION_BYTES
    });
    let fit = fit.count().max(1);
    violations.get(..fit).unwrap_or(violations)
}

/// A text, cut where it would be too long.
fn shortened(text: &str) -> String {
    if text.len() <= MOST_TEXT_BYTES {
        return text.to_owned();
    }
    format!("{}…", &text[..text.floor_char_boundary(MOST_TEXT_BYTES)])
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
        Kind::Unimplemented => Code::Unimplemented,
        Kind::DeadlineExceeded => Code::DeadlineExceeded,
        Kind::Internal => Code::Internal,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Reason;

    #[test]
    fn every_reason_reaches_the_wire_with_its_code_and_name() {
        for reason in Reason::ALL {
            let status = Status::from(Error::new(*reason, "what was wrong"));
            assert_eq!(status.code(), code(reason.kind()), "{reason:?}");
            assert_eq!(reason_of(&status).as_deref(), Some(reason.name()));
        }
    }

    #[test]
    fn what_is_told_fits_into_a_trailer_however_much_is_wrong() {
        let long = "错".repeat(5_000);
        let violations: Vec<_> = (0..1_000)
            .map(|_| FieldViolation::new(long.clone(), long.clone()))
            .collect();
        let error = Error::invalid(Reason::InvalidFields, violations).with("value", &long);
        let status = Status::from(error);
        let headers = status.into_http::<()>().headers().clone();
        let bytes: usize = headers
            .iter()
            .map(|(name, value)| name.as_str().len() + value.len())
            .sum();
        assert!(bytes < 8_192, "{bytes} bytes");
    }

    #[test]
    fn an_internal_error_tells_its_caller_nothing_of_the_cause() {
        let status = Status::from(Error::internal("the table of secrets is broken").because("disk on fire"));
        assert_eq!(status.message(), INTERNAL_MESSAGE);
        let details = format!("{:?}", status.get_error_details());
        assert!(
            !details.contains("secrets") && !details.contains("fire"),
            "{details}"
        );
    }
}
