//! Reads redemptions.

use rapport_listing::TokenKey;
use rapport_status::Result;
use rapport_storage::Store;
use uuid::Uuid;

use crate::{
    domain::{member, rewards::redemption},
    store::{
        members,
        rewards::redemptions::{self, Kept},
        snapshot,
    },
    usecase::listing::Listing,
};

/// Reads a redemption.
pub(crate) async fn get(store: &Store, tenant: &str, member: &str, id: Uuid) -> Result<Kept> {
    let view = snapshot(store).await?;
    let found = redemptions::find(&view, tenant, member, id).await?;
    found.ok_or_else(|| redemption::not_found(&format!("{member}/redemptions/{id}")))
}

/// Reads a page of the redemptions of a member.
pub(crate) async fn list(
    store: &Store,
    tenant: &str,
    member: &str,
    listing: &Listing,
    key: &TokenKey,
) -> Result<(Vec<Kept>, String)> {
    let scope = format!("redemptions of {tenant} by {member}");
    let page = listing.page(&redemptions::SCHEMA, "reserve_time desc", &scope, key)?;
    let view = snapshot(store).await?;
    if members::find(&view, tenant, member).await?.is_none() {
        return Err(member::not_found(member));
    }
    redemptions::list(&view, tenant, member, &page).await
}
