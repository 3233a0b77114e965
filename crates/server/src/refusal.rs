//! Refusals of the transport itself, which come without a reason: given one, so that callers can branch on it.

use http::HeaderMap;
use rapport_status::{Error, Reason};
use tonic::{Code, Status};

/// Completes the end of an answer, in its headers or its trailers, if it is a refusal without a reason. `known` is
/// whether the method is one of the contract.
pub(crate) fn complete(headers: &mut HeaderMap, path: &str, known: bool) {
    let Some(status) = Status::from_header_map(headers) else {
        return;
    };
    if !status.details().is_empty() {
        return;
    }
    if let Some(error) = reasoned(&status, path, known) {
        // Cannot fail: the encoder of statuses makes texts that fit into headers.
        let _ = Status::from(error).add_header(headers);
    }
}

/// The refusal with its reason; none if it is not one of the transport. All refusals of the suite have details.
fn reasoned(status: &Status, path: &str, known: bool) -> Option<Error> {
    let said = status.message().trim_end_matches('.');
    match status.code() {
        Code::Unimplemented if known => Some(Error::new(
            Reason::EncodingUnknown,
            format!("the call cannot be read: {said}; compress with gzip or zstd, or not at all"),
        )),
        Code::Unimplemented => Some(Error::new(
            Reason::MethodUnknown,
            format!(
                "the server has no method {path}; check its name, and that this is the server of that service"
            ),
        )),
        Code::OutOfRange | Code::ResourceExhausted if known => Some(Error::new(
            Reason::MessageTooLarge,
            format!("a message of the call is too large: {said}; send less in one message"),
        )),
        Code::Internal | Code::Unknown | Code::DataLoss if known => Some(Error::new(
            Reason::MalformedMessage,
            format!("the call cannot be read: {said}; check that client and server use the same contract"),
        )),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const PATH: &str = "/rapport.loyalty.v1.LoyaltyService/GetBalance";

    fn completed(status: &Status, known: bool) -> (Code, Option<String>) {
        let mut headers = HeaderMap::new();
        status.add_header(&mut headers).unwrap();
        complete(&mut headers, PATH, known);
        let status = Status::from_header_map(&headers).unwrap();
        (status.code(), rapport_status::reason_of(&status))
    }

    #[test]
    fn refusals_of_the_transport_get_a_reason() {
        for (status, known, reason) in [
            (Status::unimplemented(""), false, "METHOD_UNKNOWN"),
            (
                Status::unimplemented("compressed with `br`"),
                true,
                "ENCODING_UNKNOWN",
            ),
            (Status::out_of_range("too large"), true, "MESSAGE_TOO_LARGE"),
            (
                Status::internal("Unexpected EOF decoding stream."),
                true,
                "MALFORMED_MESSAGE",
            ),
        ] {
            assert_eq!(completed(&status, known).1.as_deref(), Some(reason), "{status:?}");
        }
    }

    #[test]
    fn other_ends_stay_as_they_are() {
        let own: Status = Error::new(Reason::ProgramNotFound, "no such program").into();
        assert_eq!(
            completed(&own, true),
            (Code::NotFound, Some("PROGRAM_NOT_FOUND".to_owned()))
        );
        assert_eq!(completed(&Status::ok(""), true), (Code::Ok, None));
        // The health service does not know the service that it is asked about.
        assert_eq!(
            completed(&Status::not_found("service not registered"), false),
            (Code::NotFound, None)
        );
    }
}
