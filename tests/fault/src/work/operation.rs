//! One thing that a client wanted, and what came of it.

use rapport_status::reason_of;
use tonic::{Code, Status};

/// What is wanted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Work {
    /// Give points to a member.
    Earn { member: usize, points: i64 },
    /// Spend points of a member.
    Redeem { member: usize, points: i64 },
    /// Hold points of a member.
    Reserve { member: usize, points: i64 },
    /// Spend held points, all or a part.
    Capture {
        member: usize,
        hold: String,
        held: i64,
        points: i64,
    },
    /// Give held points back.
    Release {
        member: usize,
        hold: String,
        points: i64,
    },
    /// Answer the survey: recommendation, satisfaction, ease.
    Answer { customer: usize, scores: [i32; 3] },
    /// Record a purchase of whole dollars.
    Purchase { customer: usize, dollars: i64 },
    /// Write the next number into the profile of a customer.
    Update { customer: usize, number: u64 },
}

/// What came of it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// The service said that it is done; the name of what it made, if it made something.
    Acknowledged(String),
    /// The service refused for a reason that holds.
    Refused(String),
    /// Nobody knows.
    Unknown(String),
}

/// An operation, under an id that no other has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Operation {
    /// Its request id, or its natural key.
    pub(crate) id: String,
    pub(crate) work: Work,
    pub(crate) outcome: Outcome,
}

impl Operation {
    /// Whether it was acknowledged.
    pub(crate) fn is_acknowledged(&self) -> bool {
        matches!(self.outcome, Outcome::Acknowledged(_))
    }

    /// Whether nobody knows what came of it.
    pub(crate) fn is_unknown(&self) -> bool {
        matches!(self.outcome, Outcome::Unknown(_))
    }

    /// The name of what it made; empty when it made nothing or nobody knows.
    pub(crate) fn made(&self) -> &str {
        match &self.outcome {
            Outcome::Acknowledged(name) => name,
            Outcome::Refused(_) | Outcome::Unknown(_) => "",
        }
    }
}

impl Outcome {
    /// Reads what a call gave. Statuses that no client may ever see are told as an error.
    pub(crate) fn of(answer: Result<String, Status>) -> Result<Self, String> {
        let status = match answer {
            Ok(made) => return Ok(Self::Acknowledged(made)),
            Err(status) => status,
        };
        let reason = reason_of(&status).unwrap_or_default();
        let said = format!("{:?} {reason}: {}", status.code(), status.message());
        match (status.code(), reason.as_str()) {
            (Code::FailedPrecondition, "INSUFFICIENT_POINTS") => Ok(Self::Refused(said)),
            (Code::Unavailable | Code::DeadlineExceeded | Code::ResourceExhausted | Code::Cancelled, _)
            | (Code::Aborted, "TRANSACTION_CONFLICT" | "ETAG_MISMATCH") => Ok(Self::Unknown(said)),
            _ => Err(said),
        }
    }
}

#[cfg(test)]
mod tests {
    use rapport_status::{Error, Reason};

    use super::*;

    fn read(reason: Reason) -> Result<Outcome, String> {
        Outcome::of(Err(Error::new(reason, "as prepared").into()))
    }

    #[test]
    fn only_a_reason_that_holds_is_a_refusal() {
        assert!(matches!(
            read(Reason::InsufficientPoints),
            Ok(Outcome::Refused(_))
        ));
        for reason in [
            Reason::CommitOutcomeUnknown,
            Reason::StorageUnavailable,
            Reason::SisterUnavailable,
            Reason::Overloaded,
            Reason::TransactionConflict,
        ] {
            assert!(matches!(read(reason), Ok(Outcome::Unknown(_))), "{reason:?}");
        }
    }

    #[test]
    fn what_no_client_may_see_is_an_error() {
        for reason in [
            Reason::InternalError,
            Reason::RequestIdReused,
            Reason::MemberNotFound,
            Reason::HoldNotOpen,
        ] {
            assert!(read(reason).is_err(), "{reason:?}");
        }
    }
}
