//! Decisions that belong together.

use std::{borrow::Cow, collections::HashMap};

use jiff::Timestamp;
use rapport_clock::Clock;
use rapport_status::Result;

use crate::{
    domain::{
        ledger::{self, Account, Command, Outcome, Posting},
        member,
        wallet::AccountKey,
    },
    store::accounts::Ledger,
};

/// Decides commands on one or several accounts, each on what the ones before have left. Nothing is carried out: whoever
/// asked carries all of it out, or none when one of them is refused.
pub(super) struct Trial<'t> {
    ledgers: &'t HashMap<AccountKey, Ledger>,
    clock: &'t Clock,
    now: Timestamp,
    postings: Vec<(AccountKey, Posting)>,
}

impl<'t> Trial<'t> {
    pub(super) fn new(ledgers: &'t HashMap<AccountKey, Ledger>, clock: &'t Clock, now: Timestamp) -> Self {
        Self {
            ledgers,
            clock,
            now,
            postings: Vec::new(),
        }
    }

    /// Decides one more command, and tells what whoever asked for it is told.
    pub(super) fn decide(&mut self, key: &AccountKey, command: &Command) -> Result<Outcome> {
        let account = self.account(key)?;
        let clock = self.clock;
        let posting = ledger::decide(&account, command, self.now, &mut || clock.new_id())?;
        let outcome = posting.outcome.clone();
        self.postings.push((key.clone(), posting));
        Ok(outcome)
    }

    /// An account with everything decided so far carried out.
    pub(super) fn account(&self, key: &AccountKey) -> Result<Cow<'t, Account>> {
        let known = self.ledgers.get(key);
        let ledger = known.ok_or_else(|| member::not_found(&key.member))?;
        let mut account = Cow::Borrowed(&ledger.account);
        for (_, posting) in self.postings.iter().filter(|(changed, _)| changed == key) {
            for change in &posting.changes {
                account.to_mut().apply(change);
            }
        }
        Ok(account)
    }

    /// What was decided, in order.
    pub(super) fn finish(self) -> Vec<(AccountKey, Posting)> {
        self.postings
    }
}
