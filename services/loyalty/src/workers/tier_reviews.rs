//! Reviews tiers although nobody asks: those whose time is over, and those of members whose tier set is new or changed.

use rapport_clock::Clock;
use rapport_status::Result;
use rapport_storage::Store;

use crate::usecase::tiers;

/// Batches of one run at most; what is left is due at the next run.
const MOST_BATCHES: usize = 200;

/// Reviews what is due by now, unless another replica is at it.
pub(crate) async fn review_tiers(store: &Store, clock: &Clock) -> Result<()> {
    let Some(duty) = store.duties().take("loyalty.review_tiers").await? else {
        return Ok(());
    };
    let outcome = review(store, clock).await;
    duty.release().await;
    outcome
}

async fn review(store: &Store, clock: &Clock) -> Result<()> {
    for _ in 0..MOST_BATCHES {
        let reviewed = tiers::review(store, clock).await?;
        let recomputed = tiers::recompute(store, clock).await?;
        if !reviewed && !recomputed {
            break;
        }
    }
    Ok(())
}
