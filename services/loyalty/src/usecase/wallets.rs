//! Creates, reads and changes wallets.

use rapport_clock::Clock;
use rapport_status::{Error, FieldViolation, Reason, Result};
use rapport_storage::Store;

use crate::{
    domain::{
        program::{self, MOST_WALLETS, Program},
        wallet::{self, Wallet, WalletTerms},
    },
    store::{programs, wallets},
};

/// Adds a wallet to a program. The same wallet with the same terms again gives the one that is there.
pub(crate) async fn create(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    program: &str,
    id: &str,
    terms: &WalletTerms,
) -> Result<Wallet> {
    let now = clock.now();
    let new = &Wallet {
        id: id.to_owned(),
        terms: terms.clone(),
        create_time: now,
        update_time: now,
        version: 1,
    };
    store
        .write("create_wallet", |transaction| async move {
            let connection = transaction.connection();
            let known = find_program(connection, tenant, program).await?;
            match known.wallets.get(id) {
                Some(wallet) if wallet.terms == new.terms => {
                    let wallet = wallet.clone();
                    return transaction.abandon(wallet).await;
                }
                Some(_) => return Err(wallet::already_exists(program, id)),
                None => {}
            }
            if known.wallets.len() >= MOST_WALLETS {
                let full = format!("the program has {MOST_WALLETS} wallets, the most that one can have");
                return Err(Error::invalid(
                    Reason::InvalidWallet,
                    vec![FieldViolation::new("wallet_id", full)],
                ));
            }
            wallets::insert(connection, tenant, program, new).await?;
            programs::touch(connection, tenant, program).await?;
            transaction.commit(new.clone()).await
        })
        .await
}

/// Reads a wallet.
pub(crate) async fn get(store: &Store, tenant: &str, program: &str, id: &str) -> Result<Wallet> {
    let known = find_program(store.read(), tenant, program).await?;
    known.wallet(id).cloned()
}

/// A change of a wallet.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// `programs/{program}`.
    pub(crate) program: String,
    /// Id of the wallet.
    pub(crate) id: String,
    /// The etag that it must have, unless empty.
    pub(crate) etag: String,
    /// The new values of the fields that change.
    pub(crate) terms: WalletTerms,
    /// Whether a field changes, by its name.
    pub(crate) mask: rapport_listing::FieldMask,
}

impl Change {
    /// The terms after the change.
    fn applied_to(&self, current: &WalletTerms) -> WalletTerms {
        let mut terms = current.clone();
        if self.mask.contains("title") {
            terms.title.clone_from(&self.terms.title);
        }
        if self.mask.contains("kind") {
            terms.kind = self.terms.kind;
        }
        if self.mask.contains("expiry") {
            terms.expiry.clone_from(&self.terms.expiry);
        }
        if self.mask.contains("burn_order") {
            terms.burn_order = self.terms.burn_order;
        }
        if self.mask.contains("debt_policy") {
            terms.debt = self.terms.debt;
        }
        if self.mask.contains("pending_days") {
            terms.pending_days = self.terms.pending_days;
        }
        terms
    }
}

/// Changes a wallet. A change that changes nothing leaves the etag as it is.
pub(crate) async fn update(store: &Store, clock: &Clock, tenant: &str, change: &Change) -> Result<Wallet> {
    store
        .write("update_wallet", |transaction| async move {
            let connection = transaction.connection();
            let known = find_program(connection, tenant, &change.program).await?;
            let mut wallet = known.wallet(&change.id)?.clone();
            wallet.check_etag(&change.program, &change.etag)?;
            let terms = change.applied_to(&wallet.terms);
            let violations = terms.check();
            if !violations.is_empty() {
                return Err(Error::invalid(Reason::InvalidWallet, violations));
            }
            if terms == wallet.terms {
                return transaction.abandon(wallet).await;
            }
            wallet.terms = terms;
            wallet.update_time = clock.now();
            wallet.version += 1;
            let is_first = wallet.version == 1;
            if is_first {
                wallets::insert(connection, tenant, &change.program, &wallet).await?;
            } else if !wallets::update(connection, tenant, &change.program, &wallet).await? {
                return Err(Error::new(
                    Reason::TransactionConflict,
                    "the wallet was changed at the same moment; nothing was changed. Send it again",
                ));
            }
            programs::touch(connection, tenant, &change.program).await?;
            transaction.commit(wallet).await
        })
        .await
}

async fn find_program(
    connection: &impl sea_orm::ConnectionTrait,
    tenant: &str,
    name: &str,
) -> Result<Program> {
    let found = programs::find(connection, tenant, name).await?;
    found.ok_or_else(|| program::not_found(name))
}
