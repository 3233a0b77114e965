//! Creates, reads and changes programs.

use std::collections::BTreeMap;

use rapport_clock::Clock;
use rapport_listing::TokenKey;
use rapport_status::{Error, Reason, Result};
use rapport_storage::Store;

use super::listing::Listing;
use crate::{
    domain::program::{self, Program, Terms},
    store::programs,
};

/// Creates a program. The same name with the same terms gives the program that is there.
pub(crate) async fn create(
    store: &Store,
    clock: &Clock,
    tenant: &str,
    name: &str,
    terms: &Terms,
) -> Result<Program> {
    let now = clock.now();
    let new = Program::new(name.to_owned(), terms.clone(), BTreeMap::new(), (now, now), 1);
    let new = &new;
    store
        .write("create_program", |transaction| async move {
            match programs::find(transaction.connection(), tenant, name).await? {
                Some(known) if known.terms == new.terms => transaction.abandon(known).await,
                Some(_) => Err(program::already_exists(name)),
                None => {
                    programs::insert(transaction.connection(), tenant, new).await?;
                    transaction.commit(new.clone()).await
                }
            }
        })
        .await
}

/// Reads a program.
pub(crate) async fn get(store: &Store, tenant: &str, name: &str) -> Result<Program> {
    let found = programs::find(store.read(), tenant, name).await?;
    found.ok_or_else(|| program::not_found(name))
}

/// Reads a page of programs.
pub(crate) async fn list(
    store: &Store,
    tenant: &str,
    listing: &Listing,
    key: &TokenKey,
) -> Result<(Vec<Program>, String)> {
    let scope = format!("programs of {tenant}");
    let page = listing.page(&programs::SCHEMA, "create_time desc", &scope, key)?;
    programs::list(store.read(), tenant, &page).await
}

/// A change of a program.
#[derive(Debug, Clone)]
pub(crate) struct Change {
    /// The program.
    pub(crate) name: String,
    /// The etag that it must have, unless empty.
    pub(crate) etag: String,
    /// The new values of the fields that change.
    pub(crate) terms: Terms,
    /// Whether a field changes, by its name.
    pub(crate) mask: rapport_listing::FieldMask,
}

impl Change {
    /// The terms after the change.
    fn applied_to(&self, current: &Terms) -> Terms {
        let mut terms = current.clone();
        if self.mask.contains("title") {
            terms.title.clone_from(&self.terms.title);
        }
        if self.mask.contains("earning_rule") {
            terms.earning_rule = self.terms.earning_rule;
        }
        if self.mask.contains("compensation_rules") {
            terms.compensation.clone_from(&self.terms.compensation);
        }
        if self.mask.contains("lifetime_months") {
            terms.lifetime_months = self.terms.lifetime_months;
        }
        if self.mask.contains("enrols_automatically") {
            terms.enrols_automatically = self.terms.enrols_automatically;
        }
        if self.mask.contains("time_zone") {
            terms.time_zone.clone_from(&self.terms.time_zone);
        }
        terms
    }
}

/// Changes a program. A change that changes nothing leaves the etag as it is.
pub(crate) async fn update(store: &Store, clock: &Clock, tenant: &str, change: &Change) -> Result<Program> {
    store
        .write("update_program", |transaction| async move {
            let found = programs::find(transaction.connection(), tenant, &change.name).await?;
            let program = found.ok_or_else(|| program::not_found(&change.name))?;
            program.check_etag(&change.etag)?;
            let terms = change.applied_to(&program.terms);
            let violations = terms.check();
            if !violations.is_empty() {
                return Err(Error::invalid(Reason::InvalidProgram, violations));
            }
            if terms == program.terms {
                return transaction.abandon(program).await;
            }
            let program = program.changed(terms, clock.now());
            if programs::update(transaction.connection(), tenant, &program).await? {
                transaction.commit(program).await
            } else {
                Err(Error::new(
                    Reason::TransactionConflict,
                    "the program was changed at the same moment; nothing was changed. Send it again",
                ))
            }
        })
        .await
}
