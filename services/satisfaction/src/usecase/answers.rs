//! Takes the states of answer sets: the facts and the roll-ups change together.

use rapport_status::Result;
use sea_orm::DatabaseTransaction;

use crate::{
    domain::{
        answer_set::{Revision, latest_of_each},
        rollup::Rollups,
    },
    store::{facts, rollups},
};

/// Takes states of a tenant's answer sets, in any order and any number of times: in the end the latest of each counts,
/// exactly once.
pub async fn take(transaction: &DatabaseTransaction, tenant: &str, revisions: Vec<Revision>) -> Result<()> {
    let latest = latest_of_each(revisions);
    let ids: Vec<&str> = latest.keys().map(String::as_str).collect();
    let present = facts::lock(transaction, tenant, &ids).await?;
    let mut change = Rollups::default();
    let (mut replacing, mut replaced) = (Vec::new(), Vec::new());
    for (id, revision) in &latest {
        let before = present.get(id);
        if before.is_some_and(|before| !revision.replaces(before)) {
            continue;
        }
        if let Some(content) = before.and_then(|before| before.content.as_ref()) {
            change.subtract(content);
            replaced.push(id.as_str());
        }
        if let Some(content) = &revision.content {
            change.add(content);
        }
        replacing.push(revision);
    }
    facts::replace(transaction, tenant, &replacing, &replaced).await?;
    rollups::add(transaction, tenant, &change).await
}
