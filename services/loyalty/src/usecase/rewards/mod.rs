//! Rewards: the catalogue, code pools, what members have redeemed, and vouchers. Redemptions are changed by
//! [`postings`](super::postings), with the points.

pub(crate) mod catalogue;
pub(crate) mod pools;
pub(crate) mod redemptions;
pub(crate) mod vouchers;

use rapport_status::Result;
use sea_orm::ConnectionTrait;

use crate::{
    domain::program::{self, Program},
    store::programs,
};

async fn program_of(connection: &impl ConnectionTrait, tenant: &str, name: &str) -> Result<Program> {
    let found = programs::find(connection, tenant, name).await?;
    found.ok_or_else(|| program::not_found(name))
}
