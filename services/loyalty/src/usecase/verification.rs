//! Recomputes the whole ledger, some members at a time.

use rapport_status::Result;
use rapport_storage::Store;

use crate::{
    domain::audit,
    store::{audits, members, snapshot},
};

/// Differences that are told in all; the others are only counted.
const MOST_TOLD: usize = 100;

/// A verification under way.
#[derive(Debug)]
pub(crate) struct Verification {
    store: Store,
    tenant: String,
    /// Name of the last member that was verified.
    last: String,
    progress: Progress,
    told: usize,
}

/// How far a verification is.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(crate) struct Progress {
    /// Members verified so far.
    pub(crate) verified: u64,
    /// Members in all.
    pub(crate) members: u64,
    /// Entries read so far.
    pub(crate) entries: u64,
    /// What was found since the progress before; at most 100 in all.
    pub(crate) differences: Vec<String>,
    /// Differences found so far.
    pub(crate) difference_count: u64,
    /// Whether nothing is left to verify.
    pub(crate) done: bool,
}

impl Verification {
    /// Begins to verify a tenant's ledger.
    pub(crate) async fn begin(store: Store, tenant: String) -> Result<Self> {
        let members = members::count(store.read(), &tenant).await?;
        Ok(Self {
            store,
            tenant,
            last: String::new(),
            progress: Progress {
                members,
                ..Progress::default()
            },
            told: 0,
        })
    }

    /// Verifies some more members and says how far it is. Each part is read as of one moment, so that movements
    /// meanwhile are no differences. After `done`, there is nothing more.
    pub(crate) async fn advance(&mut self) -> Result<Progress> {
        let view = snapshot(&self.store).await?;
        let mut found = Vec::new();
        if let Some(chunk) = audits::records(&view, &self.tenant, &self.last).await? {
            for record in &chunk.records {
                self.progress.entries += record.entries.len() as u64;
                found.extend(audit::differences(record));
            }
            self.progress.verified += chunk.members;
            self.last = chunk.last;
        } else {
            found.extend(audits::strays(&view, &self.tenant).await?);
            self.progress.done = true;
            // Members who were enrolled meanwhile were verified too.
            self.progress.members = self.progress.verified;
        }
        self.progress.difference_count += found.len() as u64;
        found.truncate(MOST_TOLD - self.told);
        self.told += found.len();
        self.progress.differences = found;
        Ok(self.progress.clone())
    }
}
