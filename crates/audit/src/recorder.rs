//! Takes the records of calls that no change has stored: batched, bounded, and awaited by what they are about.

use std::sync::Arc;

use futures::{FutureExt as _, future::BoxFuture};
use rapport_contract::audit::v1::CallerKind;
use rapport_server::{Record, RecordedCall};
use rapport_status::{Error, Result};
use rapport_storage::{
    group::{Batch, Committer, Executed},
    trail::{self, Trail, audit_record::Model},
};
use sea_orm::DatabaseTransaction;

use crate::{
    Log,
    store::{code_name, moment_of},
};

/// Records calls in the log of their service. Cheap to clone.
///
/// Records that arrive together share a transaction; at most 4,096 of each log wait, and what comes on top of them is
/// refused with OVERLOADED: a read is then not answered, and of a refusal there is no record but a line in the log of
/// the process.
#[derive(Debug, Clone)]
pub struct Recorder {
    logs: Arc<[(&'static str, Committer<Appending>)]>,
}

impl Recorder {
    /// Starts recording in the logs of a process. Calls of a service that has no log of its own here, such as those of
    /// the audit service itself, are recorded in the first.
    pub fn start(logs: &[Log]) -> Self {
        let logs = logs.iter().map(|log| {
            let committer = Committer::start(log.store.clone(), Appending);
            (log.service, committer)
        });
        Self { logs: logs.collect() }
    }

    /// Waits until everything that was taken is stored, and takes nothing more.
    pub async fn drain(self) {
        futures::future::join_all(self.logs.iter().map(|(_, committer)| committer.clone().drain())).await;
    }

    fn log_of(&self, method: &str) -> Option<&Committer<Appending>> {
        let service = method
            .strip_prefix("/rapport.")
            .and_then(|rest| rest.split('.').next());
        let own = self.logs.iter().find(|(name, _)| Some(*name) == service);
        own.or_else(|| self.logs.first()).map(|(_, committer)| committer)
    }
}

impl Record for Recorder {
    fn trail(&self, call: &RecordedCall) -> Trail {
        Trail::new(row(call, "change"))
    }

    fn record(&self, call: RecordedCall) -> BoxFuture<'static, Result<()>> {
        let Some(committer) = self.log_of(call.method.path).cloned() else {
            let error = Error::internal("the process keeps no audit log");
            return std::future::ready(Err(error)).boxed();
        };
        let row = row(&call, "answer");
        async move { committer.submit(row).await }.boxed()
    }
}

/// Appends records to a log.
#[derive(Debug)]
struct Appending;

#[async_trait::async_trait]
impl Batch for Appending {
    type Operation = Model;
    type Answer = ();

    fn name(&self) -> &'static str {
        "append_audit_records"
    }

    async fn execute(&self, transaction: &DatabaseTransaction, records: &[Model]) -> Result<Executed<()>> {
        trail::append(transaction, records.to_vec()).await?;
        Ok(Executed::written(records.iter().map(|_| Ok(())).collect()))
    }
}

/// The record of a call. `written_with` says with what it is stored.
fn row(call: &RecordedCall, written_with: &str) -> Model {
    let id = format!("{}.{written_with}", call.id);
    Model {
        tenant: call.tenant.clone(),
        call_time: moment_of(&id).unwrap_or_else(|| call.begun.as_microsecond()),
        id,
        subject: call.subject.clone(),
        caller_kind: caller_kind(call.caller_kind).to_owned(),
        method: call.method.path.trim_start_matches('/').to_owned(),
        target: call.resource.clone().unwrap_or_default(),
        code: code_name(call.code).to_owned(),
        reason: call.reason.clone().unwrap_or_default(),
    }
}

const fn caller_kind(kind: CallerKind) -> &'static str {
    match kind {
        CallerKind::Unspecified | CallerKind::Local => "LOCAL",
        CallerKind::Token => "TOKEN",
        CallerKind::ApiKey => "API_KEY",
        CallerKind::Service => "SERVICE",
    }
}
