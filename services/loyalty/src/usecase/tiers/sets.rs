//! Creates, reads and changes tier sets.

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_listing::{FieldMask, TokenKey};
use rapport_status::{Error, FieldViolation, Reason, Result};
use rapport_storage::Store;
use sea_orm::ConnectionTrait;

use crate::{
    domain::{
        program::{self, Program},
        tiers::{self, KnownTierSet, MOST_TIER_SETS, MOST_VERSIONS, TierSet},
    },
    store::{programs, tiers::sets},
    usecase::listing::Listing,
};

/// A wish to add a tier set, or a version of one.
#[derive(Debug, Clone)]
pub(crate) struct Wish {
    /// `programs/{program}`.
    pub(crate) program: String,
    /// `programs/{program}/tierSets/{tier_set}`.
    pub(crate) name: String,
    /// What its owner decides; the number and the moment do not count.
    pub(crate) content: TierSet,
    /// From when on; none means from now on.
    pub(crate) effective: Option<Timestamp>,
}

impl Wish {
    /// Whether a version is what is wished for.
    fn is(&self, version: &TierSet) -> bool {
        let wished = TierSet {
            version: version.version,
            effective: self.effective.unwrap_or(version.effective),
            ..self.content.clone()
        };
        wished == *version
    }
}

/// Adds a tier set to a program. The same with the same content again gives the one that is there.
pub(crate) async fn create(store: &Store, clock: &Clock, tenant: &str, wish: &Wish) -> Result<KnownTierSet> {
    let now = clock.now();
    store
        .write("create_tier_set", |transaction| async move {
            let connection = transaction.connection();
            let program = find_program(connection, tenant, &wish.program).await?;
            if let Some(known) = sets::find(connection, tenant, &wish.name).await? {
                if known.versions.first().is_some_and(|first| wish.is(first)) {
                    return transaction.abandon(known).await;
                }
                return Err(tiers::already_exists(&wish.name));
            }
            if sets::count(connection, tenant, &wish.program).await? >= MOST_TIER_SETS as u64 {
                let full = format!("the program has {MOST_TIER_SETS} tier sets, the most that one can have");
                return Err(Error::invalid(
                    Reason::InvalidTierSet,
                    vec![FieldViolation::new("tier_set_id", full)],
                ));
            }
            let effective = wish.effective.unwrap_or(now);
            let set = KnownTierSet {
                name: wish.name.clone(),
                versions: vec![TierSet {
                    version: 1,
                    effective,
                    ..wish.content.clone()
                }],
                create_time: now,
                update_time: now,
                revision: 1,
            };
            set.check(&program)?;
            sets::insert(connection, tenant, &wish.program, &set, effective.max(now)).await?;
            transaction.commit(set).await
        })
        .await
}

/// Reads a tier set.
pub(crate) async fn get(store: &Store, tenant: &str, name: &str) -> Result<KnownTierSet> {
    find(store.read(), tenant, name).await
}

/// Finds a tier set.
pub(super) async fn find(
    connection: &impl ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<KnownTierSet> {
    let found = sets::find(connection, tenant, name).await?;
    found.ok_or_else(|| tiers::not_found(name))
}

/// Reads a page of the tier sets of a program.
pub(crate) async fn list(
    store: &Store,
    tenant: &str,
    program: &str,
    listing: &Listing,
    key: &TokenKey,
) -> Result<(Vec<KnownTierSet>, String)> {
    let scope = format!("tier sets of {tenant} in {program}");
    let page = listing.page(&sets::SCHEMA, "create_time desc", &scope, key)?;
    find_program(store.read(), tenant, program).await?;
    sets::list(store.read(), tenant, program, &page).await
}

/// A change of a tier set.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The new values of the fields that change.
    pub(crate) wish: Wish,
    /// The etag that it must have, unless empty.
    pub(crate) etag: String,
    /// Whether a field changes, by its name.
    pub(crate) mask: FieldMask,
}

impl Change {
    /// The version after the latest one.
    fn applied_to(&self, latest: &TierSet) -> TierSet {
        let (mut set, wish) = (latest.clone(), &self.wish.content);
        if self.mask.contains("tiers") {
            set.tiers.clone_from(&wish.tiers);
        }
        if self.mask.contains("window") {
            set.window = wish.window;
        }
        if self.mask.contains("validity") {
            set.validity = wish.validity;
        }
        if self.mask.contains("grace") {
            set.grace = wish.grace;
        }
        if self.mask.contains("landing") {
            set.landing = wish.landing;
        }
        if self.mask.contains("carry_over") {
            set.carry_over = wish.carry_over;
        }
        set
    }
}

/// Adds a version to a tier set. A change that changes nothing leaves it as it is.
pub(crate) async fn update(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    change: &Change,
) -> Result<KnownTierSet> {
    let now = clock.now();
    store
        .write("update_tier_set", |transaction| async move {
            let connection = transaction.connection();
            let wish = &change.wish;
            let mut set = find(connection, tenant, &wish.name).await?;
            set.check_etag(&change.etag)?;
            let program = find_program(connection, tenant, &wish.program).await?;
            let Some(latest) = set.versions.last() else {
                return Err(Error::internal("a tier set has no version"));
            };
            let mut version = change.applied_to(latest);
            if version == *latest {
                return transaction.abandon(set).await;
            }
            if set.versions.len() >= MOST_VERSIONS {
                let full = format!("the tier set has {MOST_VERSIONS} versions, the most that one can have");
                return Err(Error::invalid(
                    Reason::InvalidTierSet,
                    vec![FieldViolation::new("tier_set", full)],
                ));
            }
            version.version = latest.version + 1;
            version.effective = wish.effective.unwrap_or(now);
            set.versions.push(version);
            set.update_time = now;
            set.revision += 1;
            set.check(&program)?;
            let begin = set.versions.first().map_or(now, |first| first.effective.max(now));
            if sets::add_version(connection, tenant, &set, begin).await? {
                transaction.commit(set).await
            } else {
                Err(Error::new(
                    Reason::TransactionConflict,
                    "the tier set was changed at the same moment; nothing was changed. Send it again",
                ))
            }
        })
        .await
}

async fn find_program(connection: &impl ConnectionTrait, tenant: &str, name: &str) -> Result<Program> {
    let found = programs::find(connection, tenant, name).await?;
    found.ok_or_else(|| program::not_found(name))
}
