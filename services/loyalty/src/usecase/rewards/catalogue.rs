//! Creates, reads and changes rewards.

use std::collections::BTreeSet;

use rapport_clock::Clock;
use rapport_listing::{FieldMask, TokenKey};
use rapport_status::{Error, Result};
use rapport_storage::{
    Store,
    request::{KnownRequests, RequestKey, store_answers},
};
use sea_orm::ConnectionTrait;

use super::program_of;
use crate::{
    domain::rewards::{
        catalogue::{self, Reward},
        code_pool,
        price::PriceForm,
        terms::Terms,
    },
    store::rewards::{catalogue as rewards, pools},
    usecase::listing::Listing,
};

/// Creates a reward. The same id with the same terms gives the reward that is there.
pub(crate) async fn create(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    (program, id): (&str, &str),
    (terms, total): (&Terms, Option<i64>),
) -> Result<Reward> {
    let new = Reward::new((program, id), terms.clone(), total, clock.now())?;
    let new = &new;
    store
        .write("create_reward", |transaction| async move {
            let connection = transaction.connection();
            match rewards::find(connection, tenant, &new.name).await? {
                Some(known) if known.terms == new.terms && known.stock.total() == new.stock.total() => {
                    transaction.abandon(known).await
                }
                Some(_) => Err(catalogue::already_exists(&new.name)),
                None => {
                    require_named(connection, tenant, program, &new.terms).await?;
                    rewards::insert(connection, tenant, program, new).await?;
                    transaction.commit(new.clone()).await
                }
            }
        })
        .await
}

/// Refuses terms that name wallets or a code pool that the program does not have.
async fn require_named(
    connection: &impl ConnectionTrait,
    tenant: &str,
    program: &str,
    terms: &Terms,
) -> Result<()> {
    let known = program_of(connection, tenant, program).await?;
    for price in &terms.prices {
        match &price.form {
            PriceForm::Free => {}
            PriceForm::Fixed { points, .. } => {
                for paid in points {
                    known.wallet(&paid.wallet)?;
                }
            }
            PriceForm::Range { wallet, .. } => {
                known.wallet(wallet)?;
            }
        }
    }
    if let Some(pool) = terms.kind.pool() {
        let pool = format!("{program}/codePools/{pool}");
        if pools::find(connection, tenant, &pool).await?.is_none() {
            return Err(code_pool::not_found(&pool));
        }
    }
    Ok(())
}

/// Reads a reward, or a version of it.
pub(crate) async fn get(store: &Store, tenant: &str, name: &str, version: i64) -> Result<Reward> {
    let found = rewards::find(store.read(), tenant, name).await?;
    let reward = found.ok_or_else(|| catalogue::not_found(name))?;
    if version == 0 || version == reward.version {
        return Ok(reward);
    }
    let found = rewards::version(store.read(), tenant, name, version).await?;
    let (terms, update_time) = found.ok_or_else(|| {
        Error::about(
            rapport_status::Reason::RewardNotFound,
            catalogue::RESOURCE_TYPE,
            name,
            format!(
                "{name} has no version {version}; its versions are 1 to {}",
                reward.version
            ),
        )
    })?;
    Ok(Reward {
        terms,
        version,
        update_time,
        ..reward
    })
}

/// Reads a page of the rewards of a program; when asked for, only of those that members see now.
pub(crate) async fn list(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    (program, only_published): (&str, bool),
    listing: &Listing,
    key: &TokenKey,
) -> Result<(Vec<Reward>, String)> {
    let which = if only_published { "published" } else { "all" };
    let scope = format!("{which} rewards of {tenant} in {program}");
    let page = listing.page(&rewards::SCHEMA, "create_time desc", &scope, key)?;
    program_of(store.read(), tenant, program).await?;
    let published_at = only_published.then(|| clock.now());
    rewards::list(store.read(), tenant, program, published_at, &page).await
}

/// A change of a reward.
#[derive(Debug, Clone)]
pub(crate) struct Update {
    /// `programs/{program}`.
    pub(crate) program: String,
    /// The reward.
    pub(crate) name: String,
    /// The etag that it must have, unless empty.
    pub(crate) etag: String,
    /// The new values of the fields that change.
    pub(crate) terms: Terms,
    /// The new total stock, if that changes.
    pub(crate) total: Option<i64>,
    /// Whether a field changes, by its name.
    pub(crate) mask: FieldMask,
}

impl Update {
    /// The terms after the change.
    fn applied_to(&self, current: &Terms) -> Terms {
        let changes = |field| self.mask.contains(field);
        let (new, mut terms) = (self.terms.clone(), current.clone());
        if changes("title") {
            terms.title = new.title;
        }
        if changes("description") {
            terms.description = new.description;
        }
        if changes("category") {
            terms.category = new.category;
        }
        if changes("tags") {
            terms.tags = new.tags;
        }
        if changes("kind") {
            terms.kind = new.kind;
        }
        if changes("prices") {
            terms.prices = new.prices;
        }
        if changes("limits") {
            terms.limits = new.limits;
        }
        if changes("most_units") {
            terms.most_units = new.most_units;
        }
        if changes("published") {
            terms.published = new.published;
        }
        if changes("redeemable") {
            terms.redeemable = new.redeemable;
        }
        if changes("received") {
            terms.received = new.received;
        }
        if changes("reservation_minutes") {
            terms.reservation_minutes = new.reservation_minutes;
        }
        if changes("fulfils_at_once") {
            terms.fulfils_at_once = new.fulfils_at_once;
        }
        if changes("refund") {
            terms.refund = new.refund;
        }
        if changes("cost") {
            terms.cost = new.cost;
        }
        terms
    }
}

/// Changes a reward. A change that changes nothing leaves the etag as it is.
pub(crate) async fn update(store: &Store, clock: &Clock, tenant: &str, change: &Update) -> Result<Reward> {
    store
        .write("update_reward", |transaction| async move {
            let connection = transaction.connection();
            let known = locked(connection, tenant, &change.name).await?;
            known.check_etag(&change.etag)?;
            let total = if change.mask.contains("stock") {
                change.total
            } else {
                known.stock.total()
            };
            let changed = known.changed(change.applied_to(&known.terms), total, clock.now())?;
            if changed == known {
                return transaction.abandon(known).await;
            }
            require_named(connection, tenant, &change.program, &changed.terms).await?;
            rewards::update(connection, tenant, &change.program, &changed, known.version).await?;
            transaction.commit(changed).await
        })
        .await
}

/// Adds units to the stock of a reward, or takes some away when negative. The same request again gives the first answer,
/// which `answer` makes.
pub(crate) async fn restock(
    store: &Store,
    clock: &Clock,
    key: &RequestKey,
    (program, name): (&str, &str),
    units: i64,
    answer: impl Fn(&Reward) -> Vec<u8> + Copy + Send + Sync,
) -> Result<Vec<u8>> {
    let tenant = key.tenant.as_str();
    store
        .write("restock_reward", |transaction| async move {
            let connection = transaction.connection();
            let known = locked(connection, tenant, name).await?;
            // Read when the reward is locked: whoever did the same request before has stored the answer.
            let requests = KnownRequests::load(connection, &[key]).await?;
            if let Some(first) = requests.answer(key)? {
                let first = first.to_vec();
                return transaction.abandon(first).await;
            }
            let now = clock.now();
            let changed = known.restocked(units, now)?;
            rewards::update(connection, tenant, program, &changed, known.version).await?;
            let first = answer(&changed);
            store_answers(connection, vec![(key.clone(), first.clone())], now).await?;
            transaction.commit(first).await
        })
        .await
}

async fn locked(connection: &impl ConnectionTrait, tenant: &str, name: &str) -> Result<Reward> {
    let names = BTreeSet::from([name.to_owned()]);
    let mut found = rewards::lock(connection, tenant, &names).await?;
    found.remove(name).ok_or_else(|| catalogue::not_found(name))
}
