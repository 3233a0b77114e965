//! What callers can have done, one family a file.

pub(crate) mod answer_sets;
pub(crate) mod cases;
pub(crate) mod submit;
pub(crate) mod surveys;

use rapport_clock::Clock;
use rapport_listing::{Page, Schema, TokenKey};
use rapport_privacy::Privacy;
use rapport_server::listing::refused;
use rapport_status::Result;
use rapport_storage::{Store, group::Committer};

use crate::usecase::submit::SubmissionBatch;

/// Everything that callers can have done, with what it takes.
#[derive(Debug)]
pub(crate) struct UseCases {
    store: Store,
    clock: Clock,
    token_key: TokenKey,
    privacy: Privacy,
    submissions: Committer<SubmissionBatch>,
}

/// The four texts of a list request.
#[derive(Debug, Clone, Copy)]
pub(crate) struct ListRequest<'r> {
    /// How many at most; 0 means the usual number.
    pub(crate) page_size: i32,
    /// The token of the page before; empty for the first page.
    pub(crate) page_token: &'r str,
    /// Which to list; empty for all.
    pub(crate) filter: &'r str,
    /// In which order; empty for the usual one.
    pub(crate) order_by: &'r str,
}

impl UseCases {
    /// Where the data are.
    pub(crate) fn store(&self) -> &Store {
        &self.store
    }

    /// Starts the committer of submissions.
    pub(crate) fn start(store: Store, clock: Clock, token_key: TokenKey, privacy: Privacy) -> Self {
        let submissions = Committer::start(store.clone(), SubmissionBatch::new(clock.clone()));
        Self {
            store,
            clock,
            token_key,
            privacy,
            submissions,
        }
    }

    /// A new identifier for a resource.
    pub(crate) fn new_id(&self) -> String {
        self.clock.new_id().to_string()
    }

    /// Waits until every submission that was taken on is answered.
    pub(crate) async fn drain(self) {
        self.submissions.drain().await;
    }

    /// Reads a list request; `list` names the list, so that its tokens are of no use elsewhere.
    fn page(
        &self,
        request: &ListRequest<'_>,
        schema: &Schema,
        default_order: &str,
        list: &str,
        tenant: &str,
    ) -> Result<Page> {
        let order = if request.order_by.trim().is_empty() {
            default_order
        } else {
            request.order_by
        };
        schema
            .page(
                request.page_size,
                request.page_token,
                request.filter,
                order,
                &format!("{list}/{tenant}"),
                &self.token_key,
            )
            .map_err(|error| refused(&error))
    }
}
