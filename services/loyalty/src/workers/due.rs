//! Books what is due although nobody asks: holds and reservations whose time is over, and points that expired.

use rapport_clock::Clock;
use rapport_status::Result;
use rapport_storage::{Store, group::Committer};
use rapport_telemetry::context::Origin;

use crate::{
    domain::{
        ledger::Command,
        rewards::redemption::{self, Action},
        wallet::AccountKey,
    },
    store::{members, rewards::redemptions},
    usecase::postings::{Errand, Intent, Operation, Postings},
};

/// Accounts of each place served at a time.
const BATCH: u64 = 500;

/// Batches of one run at most; what is left is due at the next run.
const MOST_BATCHES: usize = 200;

/// Books what is due by now, unless another replica is at it.
pub(crate) async fn book_due(store: &Store, committer: &Committer<Postings>, clock: &Clock) -> Result<()> {
    let Some(duty) = store.duties().take("loyalty.book_due").await? else {
        return Ok(());
    };
    let outcome = match give_back(store, committer, clock).await {
        Ok(()) => book(store, committer, clock).await,
        refused => refused,
    };
    duty.release().await;
    outcome
}

async fn book(store: &Store, committer: &Committer<Postings>, clock: &Clock) -> Result<()> {
    for _ in 0..MOST_BATCHES {
        let due = members::due(store.read(), clock.now(), BATCH).await?;
        if due.is_empty() {
            break;
        }
        let operations = due
            .into_iter()
            .map(|(tenant, account)| Operation {
                tenant,
                account,
                request: None,
                intent: Intent::Direct(Command::Settle),
                origin: Origin::current(),
            })
            .collect();
        for result in committer.submit_all(operations).await {
            result?;
        }
    }
    Ok(())
}

/// Gives back what reservations of rewards keep whose time is over.
async fn give_back(store: &Store, committer: &Committer<Postings>, clock: &Clock) -> Result<()> {
    for _ in 0..MOST_BATCHES {
        let due = redemptions::due(store.read(), clock.now(), BATCH).await?;
        if due.is_empty() {
            break;
        }
        let operations = due
            .into_iter()
            .map(|(tenant, member, redemption)| Operation {
                tenant,
                account: AccountKey::of_points(member),
                request: None,
                intent: Intent::Redemption(Box::new(Errand {
                    reward: String::new(),
                    command: redemption::Command {
                        redemption,
                        action: Action::TimeOut,
                    },
                })),
                origin: Origin::current(),
            })
            .collect();
        for result in committer.submit_all(operations).await {
            result?;
        }
    }
    Ok(())
}
