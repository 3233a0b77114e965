//! Creating, reading, changing and deleting customers.

use rapport_events::outbox;
use rapport_listing::Page;
use rapport_privacy::TenantKeys;
use rapport_status::Error;
use sea_orm::ConnectionTrait;

use super::{Ports, events};
use crate::{
    domain::{
        customer::{self, Customer, Profile, ProfileField},
        identity::IdentityKey,
        registry::{Creation, NewCustomer, Registry},
    },
    store::{
        self,
        counters::{self, Counter},
        customers::Hold,
    },
};

/// Creates customers in one transaction. Each is decided by itself: one that cannot be created does not stop the
/// others. The results have the order of the wishes.
pub(crate) async fn create(
    ports: &Ports,
    tenant: &str,
    wishes: &[NewCustomer],
) -> Result<Vec<Result<Creation, Error>>, Error> {
    let keys = &ports.privacy.keys(tenant).await?;
    ports
        .store
        .write("create_customers", |transaction| async move {
            let connection = transaction.connection();
            let mut registry = registry(connection, keys, wishes).await?;
            let now = ports.clock.now();
            let decisions: Vec<_> = wishes
                .iter()
                .map(|wish| registry.create(wish.clone(), now))
                .collect();
            let created: Vec<Customer> = decisions
                .iter()
                .filter_map(|decision| match decision {
                    Ok(Creation::Created(customer)) => Some(customer.clone()),
                    _ => None,
                })
                .collect();
            if created.is_empty() {
                return transaction.abandon(decisions).await;
            }
            store::customers::insert(connection, keys, &created).await?;
            let events = created
                .iter()
                .map(|customer| events::customer_created(&ports.clock, tenant, &customer.id));
            outbox::append(connection, events.collect()).await?;
            transaction.commit(decisions).await
        })
        .await
}

/// What is stored under the ids and identities of the wishes.
async fn registry(
    connection: &impl ConnectionTrait,
    keys: &TenantKeys,
    wishes: &[NewCustomer],
) -> Result<Registry, Error> {
    let ids: Vec<String> = wishes.iter().map(|wish| wish.id.clone()).collect();
    let identities: Vec<&IdentityKey> = wishes
        .iter()
        .flat_map(|wish| wish.profile.identities.iter().map(|identity| &identity.key))
        .collect();
    Ok(Registry::new(
        store::customers::find(connection, keys, &ids).await?,
        store::identities::owners(connection, keys, &identities).await?,
    ))
}

/// The customer with an id.
pub(crate) async fn get(ports: &Ports, tenant: &str, id: &str) -> Result<Customer, Error> {
    let keys = ports.privacy.keys(tenant).await?;
    require(ports.store.read(), &keys, id).await
}

async fn require(connection: &impl ConnectionTrait, keys: &TenantKeys, id: &str) -> Result<Customer, Error> {
    store::customers::get(connection, keys, id)
        .await?
        .ok_or_else(|| customer::not_found(id))
}

/// Refuses an id that no customer has.
pub(crate) async fn require_existing(
    connection: &impl ConnectionTrait,
    tenant: &str,
    id: &str,
) -> Result<(), Error> {
    let existing = store::customers::existing_ids(connection, tenant, &[id]).await?;
    if existing.is_empty() {
        return Err(customer::not_found(id));
    }
    Ok(())
}

/// The customer who has an identity.
pub(crate) async fn lookup(ports: &Ports, tenant: &str, identity: &IdentityKey) -> Result<Customer, Error> {
    let keys = ports.privacy.keys(tenant).await?;
    let owners = store::identities::owners(ports.store.read(), &keys, &[identity]).await?;
    match owners.first() {
        Some((_, id)) => require(ports.store.read(), &keys, id).await,
        None => Err(customer::nobody_has(identity)),
    }
}

/// A page of customers and the token of the next.
pub(crate) async fn list(ports: &Ports, tenant: &str, page: &Page) -> Result<(Vec<Customer>, String), Error> {
    let keys = ports.privacy.keys(tenant).await?;
    store::customers::list(ports.store.read(), &keys, page).await
}

/// A change that a caller wants.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The id of the customer.
    pub id: String,
    /// The etag that must be the current one; empty asks for nothing.
    pub etag: String,
    /// The fields to take over.
    pub fields: Vec<ProfileField>,
    /// From where.
    pub profile: Profile,
}

/// Changes a customer.
pub(crate) async fn update(ports: &Ports, tenant: &str, change: &Change) -> Result<Customer, Error> {
    let keys = &ports.privacy.keys(tenant).await?;
    ports
        .store
        .write("update_customer", |transaction| async move {
            let connection = transaction.connection();
            let current = require(connection, keys, &change.id).await?;
            current.require_etag(&change.etag)?;
            let changed = current.changed(&change.fields, &change.profile, ports.clock.now());
            if changed.version == current.version {
                return transaction.abandon(current).await;
            }
            let identities_too = changed.profile.identities != current.profile.identities;
            if identities_too {
                let identities: Vec<_> = changed
                    .profile
                    .identities
                    .iter()
                    .map(|identity| &identity.key)
                    .collect();
                let owners = store::identities::owners(connection, keys, &identities).await?;
                Registry::of_ids([], owners).require_free(&changed.profile, &changed.id)?;
            }
            if !store::customers::update(connection, keys, &changed, identities_too).await? {
                return Err(store::raced("write the customer"));
            }
            transaction.commit(changed).await
        })
        .await
}

/// Deletes a customer with identities, timeline and value. The keys of the purchases stay taken, so that they do not
/// come back with the next import.
pub(crate) async fn delete(
    ports: &Ports,
    tenant: &str,
    id: &str,
    etag: &str,
    allow_missing: bool,
) -> Result<(), Error> {
    let keys = &ports.privacy.keys(tenant).await?;
    ports
        .store
        .write("delete_customer", |transaction| async move {
            let connection = transaction.connection();
            // Nobody values the customer or adds to the purchases while they are deleted.
            counters::hold(connection, tenant, Counter::Evaluations).await?;
            store::customers::hold(connection, tenant, &[id.to_owned()], Hold::Deleted).await?;
            let current = match store::customers::get(connection, keys, id).await? {
                Some(current) => current,
                None if allow_missing => return transaction.abandon(()).await,
                None => return Err(customer::not_found(id)),
            };
            current.require_etag(etag)?;
            store::values::delete(connection, tenant, id).await?;
            store::stage_changes::delete(connection, tenant, id).await?;
            store::purchases::delete(connection, tenant, id).await?;
            store::customers::delete(connection, tenant, id).await?;
            let deleted = events::customer_deleted(&ports.clock, tenant, id);
            outbox::append(connection, vec![deleted]).await?;
            transaction.commit(()).await
        })
        .await
}
