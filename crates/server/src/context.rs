//! What is known of the call under way, for what it calls in turn.
//!
//! It belongs to the task of the call: work that is handed to another task (`tokio::spawn`) takes it along with
//! [`outgoing`] and [`deadline`] before.

use std::sync::Arc;

use http::HeaderMap;
use rapport_access::{Caller, acting};
use tokio::time::Instant;

tokio::task_local! {
    static CURRENT: Arc<Context>;
}

/// What is known of a call.
#[derive(Debug)]
pub(crate) struct Context {
    caller: Option<Caller>,
    deadline: Option<Instant>,
}

impl Context {
    pub(crate) fn new(caller: Option<Caller>, deadline: Option<Instant>) -> Self {
        Self { caller, deadline }
    }

    /// Runs a call with what is known of it.
    pub(crate) async fn scope<F: Future>(self: Arc<Self>, call: F) -> F::Output {
        CURRENT.scope(self, call).await
    }
}

/// The moment by which the caller of the call under way wants its answer, if it said so. Calls to other services pass
/// on what is left of it (`grpc-timeout`).
pub fn deadline() -> Option<Instant> {
    CURRENT.try_with(|context| context.deadline).ok().flatten()
}

/// The metadata that tell a sister service for whom it is called: put them on every call to another service that is
/// made while a call is under way.
///
/// It is the caller's own `authorization` if there was one. Otherwise it is the tenant, subject and scopes in plain;
/// these are believed only on a connection with the certificate of a sister service, or within the process.
pub fn outgoing() -> HeaderMap {
    let mut headers = HeaderMap::new();
    let _ = CURRENT.try_with(|context| {
        if let Some(caller) = &context.caller {
            acting::write(caller, &mut headers);
        }
    });
    headers
}
