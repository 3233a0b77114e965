//! What is told of calls, for an audit log.

use std::fmt;

use futures::future::BoxFuture;
use jiff::Timestamp;
use rapport_contract::{audit::v1::CallerKind, policy};
use rapport_status::Result;
use rapport_storage::trail::Trail;
use tonic::Code;

/// A call that has ended, as an audit log keeps it. It holds nothing of what the messages say.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct RecordedCall {
    /// The id of the call, which its caller was told.
    pub id: String,
    /// The tenant whose data the call worked on.
    pub tenant: String,
    /// Who called.
    pub subject: String,
    /// How the caller proved to be that.
    pub caller_kind: CallerKind,
    /// The method and its policy.
    pub method: &'static policy::Method,
    /// The resource that it was about, if that is known: [`rapport_status::call::target`].
    pub resource: Option<String>,
    /// How it ended.
    pub code: Code,
    /// Why it failed: the reason of the answer's `ErrorInfo`.
    pub reason: Option<String>,
    /// When it came in.
    pub begun: Timestamp,
    /// When it ended: with its answer, or with the last message of its stream.
    pub ended: Timestamp,
}

/// Takes the record of each call whose policy has an audit class other than `NONE`.
///
/// It hears once of each such call of a known caller, also when the caller lacks the scope. Calls of unknown callers, and
/// calls refused because there were too many, have touched nothing and are not recorded.
pub trait Record: fmt::Debug + Send + Sync {
    /// The trail of a call that begins: its changes are committed with its record. A call that was carried out, and whose
    /// record a change holds, is not recorded again.
    fn trail(&self, call: &RecordedCall) -> Trail;

    /// Takes the record of a call that has ended. The answer of a call that was carried out waits for it: when the record
    /// cannot be kept, the call is answered with the error instead, and nobody sees what was read. A refusal does not
    /// wait.
    fn record(&self, call: RecordedCall) -> BoxFuture<'static, Result<()>>;
}
