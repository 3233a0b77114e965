//! Methods of wallets.

use rapport_contract::{
    loyalty::v1::{CreateWalletRequest, GetWalletRequest, UpdateWalletRequest, Wallet},
    name,
};
use rapport_listing::FieldMask;
use rapport_server::listing::refused;
use rapport_status::{Error, FieldViolation, Reason, Result};

use super::Rpc;
use crate::{
    domain::wallet,
    usecase::wallets::{self, Change},
    wire,
};

/// What an update of a wallet can change.
const UPDATABLE: &[&str] = &[
    "title",
    "kind",
    "expiry",
    "burn_order",
    "debt_policy",
    "pending_days",
];

impl Rpc {
    pub(super) async fn create_wallet(&self, tenant: &str, request: CreateWalletRequest) -> Result<Wallet> {
        let [_] = name::PROGRAM.require("parent", &request.parent)?;
        let (terms, mut violations) = wire::read_wallet(&request.wallet.unwrap_or_default());
        violations.extend(terms.check());
        refuse(violations)?;
        let wallet = wallets::create(
            &self.store,
            &self.clock,
            tenant,
            &request.parent,
            &request.wallet_id,
            &terms,
        )
        .await?;
        Ok(wire::wallet(&request.parent, &wallet))
    }

    pub(super) async fn wallet(&self, tenant: &str, request: GetWalletRequest) -> Result<Wallet> {
        let (program, id) = parts("name", &request.name)?;
        let wallet = wallets::get(&self.store, tenant, &program, &id).await?;
        Ok(wire::wallet(&program, &wallet))
    }

    pub(super) async fn update_wallet(&self, tenant: &str, request: UpdateWalletRequest) -> Result<Wallet> {
        let message = request.wallet.unwrap_or_default();
        let (program, id) = parts("wallet.name", &message.name)?;
        let paths = request.update_mask.unwrap_or_default().paths;
        let mask =
            FieldMask::check(&paths, UPDATABLE, &populated(&message)).map_err(|error| refused(&error))?;
        let (terms, violations) = wire::read_wallet(&message);
        refuse(violations)?;
        let change = Change {
            program,
            id,
            etag: message.etag,
            terms,
            mask,
        };
        let wallet = wallets::update(&self.store, &self.clock, tenant, &change).await?;
        Ok(wire::wallet(&change.program, &wallet))
    }
}

/// The program and the id of a wallet. An id that no wallet can have is that of no wallet.
fn parts(field: &str, name: &str) -> Result<(String, String)> {
    let [program, id] = name::WALLET.require(field, name)?;
    let program = name::PROGRAM.format([program]);
    if id.contains('.') {
        return Err(wallet::not_found(&program, id));
    }
    Ok((program, id.to_owned()))
}

/// The fields that are set: those that an update without a mask changes.
fn populated(message: &Wallet) -> Vec<&'static str> {
    let set = [
        !message.title.is_empty(),
        message.kind != 0,
        message.expiry.is_some(),
        message.burn_order != 0,
        message.debt_policy != 0,
        message.pending_days != 0,
    ];
    let fields = UPDATABLE.iter().zip(set);
    fields.filter(|(_, set)| *set).map(|(name, _)| *name).collect()
}

fn refuse(violations: Vec<FieldViolation>) -> Result<()> {
    if violations.is_empty() {
        return Ok(());
    }
    Err(Error::invalid(Reason::InvalidWallet, violations))
}
