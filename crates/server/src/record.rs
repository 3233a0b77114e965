//! What is told of calls, for an audit log.

use std::fmt;

use jiff::Timestamp;
use rapport_contract::policy;
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
/// It is called once for each such call of a known caller, after the call has ended, also when the caller lacks the
/// scope. Calls of unknown callers, and calls refused because there were too many, have touched nothing and are not
/// recorded. It runs on the threads that answer calls: it must not block, and hands on what takes time.
pub trait Record: fmt::Debug + Send + Sync {
    /// Takes the record of a call.
    fn record(&self, call: RecordedCall);
}
